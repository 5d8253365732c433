import type * as t from "@babel/types";
import { runtimeName, type Taking } from "../../runtime/runtime.ts";
import { bare } from "../syntax.ts";
import type { Rewriter } from "./rewriter.ts";

/** Where a pattern could take elements of typed arrays, which the language itself would give untraced. */
export function takingOf(pattern: t.Node): Taking {
  const node = bare(pattern);
  switch (node.type) {
    case "AssignmentPattern":
      return takingOf(node.left);
    case "ObjectPattern": {
      const members = node.properties.map((property) =>
        property.type === "RestElement" ? 0 : takingOf(property.value),
      );
      const elements = takesElements(node) ? 1 : 0;
      return members.some(Boolean) ? { members, elements } : elements;
    }
    case "ArrayPattern": {
      const items = itemsOf(node);
      return items.some(Boolean) ? { items } : 0;
    }
    default:
      return 0;
  }
}

/** A pattern after `...` takes the items from there on. */
function itemsOf({ elements }: t.ArrayPattern): Taking[] {
  return elements.flatMap((element) => {
    if (element === null) return [0];
    if (element.type !== "RestElement") return [takingOf(element)];
    const rest = bare(element.argument);
    return rest.type === "ArrayPattern" ? itemsOf(rest) : [0];
  });
}

function takesElements({ properties }: t.ObjectPattern): boolean {
  return properties.some((property) => {
    if (property.type === "RestElement") return true;
    const key = bare(property.key);
    if (key.type === "StringLiteral") return /^\d/.test(key.value);
    return property.computed || key.type === "NumericLiteral";
  });
}

/** What stands around a value that a pattern takes apart. */
export function takenText(taking: Exclude<Taking, 0>): { readonly head: string; readonly tail: string } {
  if (taking === 1) return { head: `${runtimeName}.parts(`, tail: ")" };
  return { head: `${runtimeName}.taken(`, tail: `, ${quoted(taking)})` };
}

/** The same around what a loop takes apart turn by turn. */
export function takenTurns(taking: Exclude<Taking, 0>): { readonly head: string; readonly tail: string } {
  return { head: `${runtimeName}.each(`, tail: `, ${quoted(taking)})` };
}

/** As text, of which nothing is made each time that it is come by. */
const quoted = (taking: Taking): string => `'${JSON.stringify(taking)}'`;

/** Visits the value that a pattern takes apart. */
export function visitTaken(pattern: t.Node, value: t.Node, r: Rewriter, visit: (node: t.Node) => void = r.visit): void {
  const taking = takingOf(pattern);
  if (taking === 0) {
    visit(value);
    return;
  }
  const { head, tail } = takenText(taking);
  r.wrap(value, head, tail, visit);
}

/**
 * Parameters that may take elements get their values one after the other, as they do natively, but by way of the runtime:
 *
 *     ({ 0: a }, b = a, ...c)  →  ($1, $2 = void 0, ...{ [itself]: $3, [nothing]: { 0: { 0: a }, 1: b = a, 2: c } = { 0: parts($1), 1: $2, 2: $3 } })
 *
 * The function's `length` stays. What `nothing` names no array has, so that there the default is taken; `itself` gives
 * the array of what is left over.
 *
 * @param visit Visits the parameter with this index.
 */
export function visitParameters(parameters: readonly t.Node[], r: Rewriter, visit: (index: number) => void): void {
  const first = parameters.findIndex((parameter) => takingOfParameter(parameter) !== 0);
  parameters.forEach((_, index) => {
    if (first < 0 || index < first) visit(index);
  });
  if (first < 0) return;
  const moved = parameters.slice(first).map((parameter) => ({ parameter, name: r.name() }));
  const { names, patterns } = openingOf(moved, r);
  r.edits.before(startOf(parameters[first]!), `${names}...{${patterns}`);
  moved.forEach(({ parameter }, k) => {
    if (parameter.type === "RestElement") r.edits.replace(parameter.start!, parameter.argument.start!, `${k}: `);
    else r.edits.before(startOf(parameter), `${k}: `);
    visit(first + k);
  });
  const last = parameters.at(-1)!;
  const comma = r.tokenAfter(last.end!);
  if (r.text[comma] === ",") r.edits.erase(comma, comma + 1);
  const values = moved.map(({ parameter, name }, k) => {
    const taking = takingOfParameter(parameter);
    if (taking === 0) return `${k}: ${name}`;
    const { head, tail } = takenText(taking);
    return `${k}: ${head}${name}${tail}`;
  });
  r.edits.after(last.end!, `} = {${values.join(", ")}}}`);
}

interface MovedParameter {
  readonly parameter: t.Node;
  readonly name: string;
}

function openingOf(moved: readonly MovedParameter[], r: Rewriter): { names: string; patterns: string } {
  let names = "";
  let patterns = "";
  for (const { parameter, name } of moved) {
    if (parameter.type === "RestElement") patterns = `[${runtimeName}.itself()]: ${name}, `;
    else names += `${name}${isOptional(parameter, r) ? " = void 0" : ""}, `;
  }
  return { names, patterns: `${patterns}[${runtimeName}.nothing]: {` };
}

function isOptional(parameter: t.Node, r: Rewriter): boolean {
  if (parameter.type === "TSParameterProperty") return isOptional(parameter.parameter, r);
  return parameter.type === "AssignmentPattern";
}

/** The modifiers of a parameter that becomes a field are taken away. */
function startOf(parameter: t.Node): number {
  return parameter.type === "TSParameterProperty" ? parameter.parameter.start! : parameter.start!;
}

function takingOfParameter(parameter: t.Node): Taking {
  if (parameter.type === "TSParameterProperty") return takingOf(parameter.parameter);
  if (parameter.type !== "RestElement") return takingOf(parameter);
  const taking = takingOf(parameter.argument);
  // What is left over stands in an array, whose elements are what they are.
  return taking === 1 ? 0 : taking;
}

/**
 * A setter takes one parameter and nothing left over: the rest of it becomes an arrow function, which knows the same
 * `this`, `super` and `arguments`.
 */
export function visitSetterParameter(
  { params: [parameter], body }: t.ObjectMethod | t.ClassMethod | t.ClassPrivateMethod,
  r: Rewriter,
  visit: () => void,
): void {
  if (parameter === undefined || takingOfParameter(parameter) === 0) {
    visit();
    return;
  }
  const value = r.name();
  r.edits.before(parameter.start!, `${value}${isOptional(parameter, r) ? " = void 0" : ""}) { (`);
  r.edits.before(parameter.start!, "(");
  visitParameters([parameter], r, visit);
  r.edits.before(body.start!, "=> ");
  r.edits.after(body.end!, `)(${value}); }`);
}
