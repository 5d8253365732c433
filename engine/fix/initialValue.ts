import type * as t from "@babel/types";
import { exportedFunctions } from "../language/instrument/exportedFunctions.ts";
import { exportedModels } from "../language/instrument/exportedModels.ts";
import { bare } from "../language/instrument/syntax.ts";
import type { Structure } from "../language/runtime/parameters.ts";
import type { TracedParameter } from "../language/runtime/tracedCalls.ts";
import { keyOf } from "./expressions.ts";
import type { Program } from "./program.ts";
import { within, type Selection } from "./selection.ts";

/** The expression that a parameter begins with. */
export interface InitialValue {
  readonly expression: t.Node;
  readonly structure: Structure;
  readonly wanted: Selection;
}

/** Of each parameter of an exported function, or model, that is wanted; undefined where one stands nowhere in the text. */
export function initialValues(
  program: Program,
  name: string,
  parameters: readonly TracedParameter[],
  wanted: ReadonlyMap<string, Selection>,
): InitialValue[] | undefined {
  const expressionOf = defaultsOf(program, name) ?? modelParameters(program, name);
  if (expressionOf === undefined) return undefined;
  const found: InitialValue[] = [];
  for (const [root, selection] of wanted) {
    const structure = parameters.find((parameter) => parameter.name === root)?.structure;
    const values = structure && expressionOf(root, structure, selection);
    if (values === undefined || values.length === 0) return undefined;
    found.push(...values);
  }
  return found;
}

type Finder = (root: string, structure: Structure, wanted: Selection) => InitialValue[] | undefined;

function defaultsOf(program: Program, name: string): Finder | undefined {
  const found = exportedFunctions(program.root).find((candidate) => candidate.name === name);
  if (found === undefined) return undefined;
  return (root, structure, wanted) => {
    const expression = found.node.params.map((parameter) => defaultIn(parameter, root)).find((value) => value);
    return expression && [{ expression, structure, wanted }];
  };
}

/** The default of the variable called `name` in a parameter, which may be a pattern. */
function defaultIn(pattern: t.Node, name: string): t.Node | undefined {
  if (pattern.type === "AssignmentPattern") {
    if (pattern.left.type === "Identifier") return pattern.left.name === name ? pattern.right : undefined;
    return defaultIn(pattern.left, name) ?? propertyIn(pattern.right, name);
  }
  if (pattern.type !== "ObjectPattern") return undefined;
  for (const property of pattern.properties) {
    const found = property.type === "RestElement" ? undefined : defaultIn(property.value, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function propertyIn(expression: t.Node, name: string): t.Node | undefined {
  const object = bare(expression);
  if (object.type !== "ObjectExpression") return undefined;
  for (const property of object.properties)
    if (property.type === "ObjectProperty" && keyOf(property) === name) return property.value;
  return undefined;
}

/** What `defineModel` was given as `parameters`: an object, or a function that returns one. */
function modelParameters(program: Program, name: string): Finder | undefined {
  const call = exportedModels(program.root).find((candidate) => candidate.name === name);
  const made = call && bare(call.node);
  const [definition] = made?.type === "CallExpression" ? made.arguments : [];
  const parameters = definition && propertyIn(definition, "parameters");
  if (parameters === undefined) return undefined;
  const called = program.functionOf(parameters);
  const results = called === undefined ? [parameters] : program.returned(called);
  return (_, structure, wanted) =>
    results.flatMap((result): InitialValue[] => {
      const object = bare(result);
      if (object.type !== "ObjectExpression" || structure.kind !== "object")
        return [{ expression: result, structure, wanted }];
      return structure.entries.flatMap(([key, value]) => {
        const part = within(wanted, key);
        const expression = propertyIn(object, key);
        return part === undefined || expression === undefined ? [] : [{ expression, structure: value, wanted: part }];
      });
    });
}
