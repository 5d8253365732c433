import type * as t from "@babel/types";
import type { Variable } from "../language/instrument/lexicalScopes.ts";
import { bare, isWrapper, type FunctionNode } from "../language/instrument/syntax.ts";
import type { Structure } from "../language/runtime/parameters.ts";
import { around, typeOf } from "./around.ts";
import { builtinOf, isContainer, isNumber, keyOf, methodName } from "./expressions.ts";
import { isFresh } from "./fresh.ts";
import type { Program } from "./program.ts";
import type { Spot } from "./spots.ts";
import { elementOf, propertyOf } from "./structures.ts";
import { ofElements, within, type Selection } from "./selection.ts";

/** What the parameters of a function that is being followed were called with. */
interface Call {
  readonly given: ReadonlyMap<Variable, { readonly value: t.Node; readonly from: Call | undefined }>;
  readonly depth: number;
}

const deeper = (call: Call | undefined): Call => ({ given: call?.given ?? new Map(), depth: (call?.depth ?? 0) + 1 });

const number: Structure = { kind: "number", node: 0 };
/** Helpers of helpers are followed so far. */
const deepest = 6;
/** A list with more numbers than this is scaled as a whole. */
const mostNumbers = 4;

const arrayOfNumbers = /^(?:readonly )?number(?:\[\])+$|^(?:Readonly)?Array<number>$/;

const initializers: ReadonlySet<string> = new Set([
  ...["heNormal", "heUniform", "glorotNormal", "glorotUniform", "lecunNormal"],
]);
/** Functions of the library that only arrange their first argument. */
const arranging: ReadonlySet<string> = new Set([
  "tensor",
  "ensureShape",
  "reshape",
  "transpose",
  "stack",
  "concatenate",
]);

/**
 * Finds where in the text to put a factor so that the value of an expression is multiplied with it: at a number that
 * stands there already, at an option that is a scale, in what a loop or a function fills an array with, else around it.
 */
export class Scaler {
  readonly #program: Program;
  readonly #replaceInitializer: ((callee: t.Node, name: string) => Spot[] | undefined) | undefined;

  /** `replaceInitializer`: what to do to the name of one of the library's initialisers in the place of scaling it. */
  constructor(program: Program, replaceInitializer?: (callee: t.Node, name: string) => Spot[] | undefined) {
    this.#program = program;
    this.#replaceInitializer = replaceInitializer;
  }

  /** `value` is what the expression gave; only what is `wanted` of it is scaled. Undefined where there is no way. */
  scale(expression: t.Node, value: Structure, wanted: Selection): Spot[] | undefined {
    return this.#scale(expression, value, wanted, undefined) ?? around(this.#program, expression, value);
  }

  #scale(
    expression: t.Node,
    value: Structure | undefined,
    wanted: Selection,
    call: Call | undefined,
  ): Spot[] | undefined {
    const node = bare(expression);
    switch (node.type) {
      case "ConditionalExpression": {
        const branches = [node.consequent, node.alternate].map((branch) => this.#inner(branch, value, wanted, call));
        return together(branches);
      }
      case "ArrayExpression":
        return this.#list(node, value, wanted, call);
      case "ObjectExpression":
        return this.#object(node, value, wanted, call);
      case "CallExpression":
        return this.#call(node, value, wanted, call);
      case "NewExpression":
        return isContainer(node) ? this.#argument(node.arguments, value, wanted, call) : undefined;
      case "Identifier":
        return this.#variable(node, value, wanted, call);
      default:
        return value === undefined || value.kind === "number" || value.kind === "tensor"
          ? this.#factor(node, call)
          : undefined;
    }
  }

  /** The same, or else around it. */
  #inner(
    expression: t.Node,
    value: Structure | undefined,
    wanted: Selection,
    call: Call | undefined,
  ): Spot[] | undefined {
    return this.#scale(expression, value, wanted, call) ?? (value && around(this.#program, expression, value));
  }

  // ------------------------------------------------------------------------------------------------------ numbers

  /** A number in a product that can be multiplied instead of the whole. */
  #factor(expression: t.Node, call: Call | undefined): Spot[] | undefined {
    const node = bare(expression);
    switch (node.type) {
      case "NumericLiteral":
        return node.value === 0
          ? []
          : [{ start: node.start!, end: node.end!, text: { before: "", number: node.value, after: "" } }];
      case "UnaryExpression":
        return node.operator === "-" || node.operator === "+" ? this.#factor(node.argument, call) : undefined;
      case "BinaryExpression":
        if (node.operator === "/") return this.#factor(node.left, call);
        if (node.operator !== "*") return undefined;
        return nonEmpty(this.#factor(node.left, call)) ?? nonEmpty(this.#factor(node.right, call));
      case "Identifier": {
        const variable = this.#program.variableOf(node);
        if (variable === undefined) return undefined;
        const given = call?.given.get(variable);
        if (given !== undefined) return this.#inner(given.value, number, "all", given.from);
        const value = variable.references.length === 1 ? this.#program.onlyValue(variable) : undefined;
        return value && this.#factor(value, call);
      }
      default:
        return undefined;
    }
  }

  // ---------------------------------------------------------------------------------------------- arrays and objects

  #list(
    node: t.ArrayExpression,
    value: Structure | undefined,
    wanted: Selection,
    call: Call | undefined,
  ): Spot[] | undefined {
    const spots = node.elements.map((element, k) => {
      if (element === null) return [];
      if (element.type === "SpreadElement") return this.#inner(element.argument, value, ofElements(wanted), call);
      const part = isNumber(element) ? "all" : within(wanted, k);
      return part === undefined ? [] : this.#inner(element, elementOf(value, k), part, call);
    });
    const all = together(spots);
    // What begins as one list of numbers is scaled as one.
    const whole =
      wanted === "all" ||
      node.elements.every((element) => element && isNumber(element)) ||
      (value?.kind === "array" && wanted.size === value.elements.length);
    if (all === undefined || all.length <= mostNumbers || !whole || value === undefined || !this.#mayBeMapped(node))
      return all;
    return around(this.#program, node, value) ?? all;
  }

  /** A `map` gives an array of any length: where the text says more, only its numbers may change. */
  #mayBeMapped(list: t.ArrayExpression): boolean {
    const type = typeOf(this.#program, list);
    return type === undefined || arrayOfNumbers.test(type);
  }

  #object(
    node: t.ObjectExpression,
    value: Structure | undefined,
    wanted: Selection,
    call: Call | undefined,
  ): Spot[] | undefined {
    const spots: (Spot[] | undefined)[] = [];
    for (const property of node.properties) {
      if (property.type !== "ObjectProperty") continue;
      const name = keyOf(property);
      const part = name === undefined ? undefined : within(wanted, name);
      if (part !== undefined) spots.push(this.#inner(property.value, propertyOf(value, name!), part, call));
    }
    return nonEmpty(together(spots));
  }

  // -------------------------------------------------------------------------------------------------------- calls

  #call(
    node: t.CallExpression,
    value: Structure | undefined,
    wanted: Selection,
    call: Call | undefined,
  ): Spot[] | undefined {
    const { callee, arguments: values } = node;
    const library = this.#program.libraryName(callee);
    if (library !== undefined) {
      if (initializers.has(library))
        return this.#replaceInitializer?.(callee, library) ?? this.#option(node, 2, "gain", call);
      if (library === "full") return values[1] && this.#inner(values[1], number, "all", call);
      return arranging.has(library) ? this.#argument(values, undefined, "all", call) : undefined;
    }
    const method = methodName(callee);
    const builtin = builtinOf(callee);
    const element = elementOf(value, 0);
    if (this.#program.usesLibrary && method === "normal" && values.length > 0)
      return this.#option(node, 1, "scale", call, ["mean"]);
    if (this.#program.usesLibrary && method === "uniform" && values.length > 0)
      return this.#option(node, 1, "high", call, ["low"]);
    if (builtin === "Array.from" || builtin === "Float64Array.from" || builtin === "Float32Array.from")
      return values[1] === undefined
        ? this.#argument(values, value, wanted, call)
        : this.#results(values[1], element, ofElements(wanted), call);
    if (builtin === "Object.freeze" || builtin === "structuredClone")
      return this.#argument(values, value, wanted, call);
    if (method === "map" && values[0] !== undefined && value?.kind === "array")
      return this.#results(values[0], element, ofElements(wanted), call);
    if (method === "fill" && values.length === 1) return this.#inner(values[0]!, element, ofElements(wanted), call);
    const called = this.#program.functionOf(callee);
    return called && this.#returned(called, value, wanted, this.#callOf(called, values, call));
  }

  #argument(
    values: t.CallExpression["arguments"],
    value: Structure | undefined,
    wanted: Selection,
    call: Call | undefined,
  ): Spot[] | undefined {
    const [first] = values;
    return first === undefined || bare(first).type === "NumericLiteral"
      ? undefined
      : this.#scale(first, value, wanted, call);
  }

  /** What a callback gives for each element. */
  #results(
    callback: t.Node,
    element: Structure | undefined,
    wanted: Selection,
    call: Call | undefined,
  ): Spot[] | undefined {
    const called = this.#program.functionOf(callback);
    return called && this.#returned(called, element, wanted, deeper(call));
  }

  #returned(
    called: FunctionNode,
    value: Structure | undefined,
    wanted: Selection,
    call: Call | undefined,
  ): Spot[] | undefined {
    const isOther = ("generator" in called && called.generator === true) || called.async;
    if ((call?.depth ?? 0) > deepest || isOther || this.#program.callsItself(called)) return undefined;
    return nonEmpty(together(this.#program.returned(called).map((result) => this.#inner(result, value, wanted, call))));
  }

  #callOf(called: FunctionNode, values: t.CallExpression["arguments"], from: Call | undefined): Call {
    const given = new Map(from?.given);
    called.params.forEach((parameter, index) => {
      const pattern = parameter.type === "AssignmentPattern" ? parameter.left : parameter;
      const variable = this.#program.variableOf(pattern);
      const value = values[index] ?? (parameter.type === "AssignmentPattern" ? parameter.right : undefined);
      if (variable !== undefined && value !== undefined && value.type !== "SpreadElement")
        given.set(variable, { value, from: values[index] === undefined ? undefined : from });
    });
    return { ...deeper(from), given };
  }

  /** An option that scales what is drawn, with others that go along with it where they are given; 1 where it is left out. */
  #option(
    node: t.CallExpression,
    index: number,
    name: string,
    call: Call | undefined,
    along: readonly string[] = [],
  ): Spot[] | undefined {
    const options = node.arguments[index];
    if (node.arguments.length < index) return undefined;
    if (options === undefined) {
      const end = node.arguments.at(-1)!.end!;
      return [{ start: end, end, text: { before: `, { ${name}: `, number: 1, after: " }" } }];
    }
    const object = bare(options);
    if (object.type !== "ObjectExpression" || object.properties.length === 0) return undefined;
    const properties = object.properties.filter(
      (property): property is t.ObjectProperty =>
        property.type === "ObjectProperty" && [name, ...along].includes(keyOf(property) ?? ""),
    );
    const spots = properties.map(({ value }) => this.#inner(value, number, "all", call));
    if (!properties.some((property) => keyOf(property) === name)) {
      const start = object.properties[0]!.start!;
      spots.push([{ start, end: start, text: { before: `${name}: `, number: 1, after: ", " } }]);
    }
    return together(spots);
  }

  // ----------------------------------------------------------------------------------------------------- variables

  #variable(
    node: t.Identifier,
    value: Structure | undefined,
    wanted: Selection,
    call: Call | undefined,
  ): Spot[] | undefined {
    const variable = this.#program.variableOf(node);
    if (variable === undefined) return undefined;
    const given = call?.given.get(variable);
    if (given !== undefined) return this.#inner(given.value, value, wanted, given.from);
    const only = this.#program.onlyValue(variable);
    if (only === undefined) return undefined;
    return isFresh(this.#program, only)
      ? this.#filled(variable, value, wanted, call)
      : this.#inner(only, value, wanted, call);
  }

  /** What an array that begins empty is filled with: `w.push(x)`, `w[i][j] = x`. */
  #filled(
    { references }: Variable,
    value: Structure | undefined,
    wanted: Selection,
    call: Call | undefined,
  ): Spot[] | undefined {
    const spots: (Spot[] | undefined)[] = [];
    for (const reference of references) {
      let at = this.#outside(reference);
      let [element, part] = [value, wanted];
      for (;;) {
        const member = this.#program.parent(at);
        if (member?.type !== "MemberExpression" || member.object !== at) break;
        const around = this.#outside(member);
        const use = this.#program.parent(around);
        if (!member.computed) {
          if (methodName(member) !== "push" || use?.type !== "CallExpression" || use.callee !== around) break;
          for (const pushed of use.arguments)
            spots.push(
              pushed.type === "SpreadElement"
                ? this.#inner(pushed.argument, element, part, call)
                : this.#inner(pushed, elementOf(element, 0), ofElements(part), call),
            );
          break;
        }
        [element, part] = [elementOf(element, 0), ofElements(part)];
        if (use?.type === "AssignmentExpression" && use.left === around) {
          const keeps = use.operator === "=" || use.operator === "+=" || use.operator === "-=";
          spots.push(keeps ? this.#inner(use.right, element, part, call) : undefined);
          break;
        }
        at = around;
      }
    }
    return nonEmpty(together(spots));
  }

  /** The expression with the parentheses and types around it. */
  #outside(node: t.Node): t.Node {
    let outer = node;
    for (;;) {
      const parent = this.#program.parent(outer);
      if (parent === undefined || !isWrapper(parent)) return outer;
      outer = parent;
    }
  }
}

/** Undefined where there is no way for one of them. */
function together(parts: readonly (readonly Spot[] | undefined)[]): Spot[] | undefined {
  const all: Spot[] = [];
  for (const part of parts) {
    if (part === undefined) return undefined;
    all.push(...part);
  }
  return all;
}

function nonEmpty(spots: Spot[] | undefined): Spot[] | undefined {
  return spots === undefined || spots.length === 0 ? undefined : spots;
}
