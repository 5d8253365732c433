import type * as t from "@babel/types";
import type { ExportedFunction, NamelessFunction } from "./exportedFunctions.ts";
import { bare, isFunction, rangeOf } from "./syntax.ts";

/** `exports.f = …`, `module.exports = …`, `export = …`: what a script exports. */
export function* assignedExports(
  program: t.Program,
  local: ReadonlyMap<string, NamelessFunction>,
): Generator<ExportedFunction> {
  for (const statement of program.body) {
    if (statement.type === "TSExportAssignment") yield* exportsIn(statement.expression, statement, local);
    if (statement.type !== "ExpressionStatement") continue;
    // `exports = module.exports = …`, `exports.f = exports.g = …`
    let { expression }: { expression: t.Node } = statement;
    const targets: t.Node[] = [];
    for (; expression.type === "AssignmentExpression" && expression.operator === "="; expression = expression.right)
      targets.push(expression.left);
    for (const target of targets) {
      const name = nameInExports(target);
      if (name === "") yield* exportsIn(expression, statement, local);
      else if (name !== undefined) {
        const item = functionAt(expression, statement, (target as t.MemberExpression).property, local);
        if (item !== undefined) yield { name, ...item };
      }
    }
  }
}

/** The name that an assignment's target gives an export; empty where it is all of them. */
function nameInExports(target: t.Node): string | undefined {
  if (target.type !== "MemberExpression" || target.computed || target.property.type !== "Identifier") return undefined;
  const { object, property } = target;
  const isModule = object.type === "Identifier" && object.name === "module";
  if (isModule) return property.name === "exports" ? "" : undefined;
  const isExports = object.type === "Identifier" && object.name === "exports";
  return isExports || nameInExports(object) === "" ? property.name : undefined;
}

function* exportsIn(
  value: t.Node,
  statement: t.Node,
  local: ReadonlyMap<string, NamelessFunction>,
): Generator<ExportedFunction> {
  const inner = bare(value);
  if (inner.type !== "ObjectExpression") {
    const item = inner.type === "Identifier" ? local.get(inner.name) : functionAt(inner, statement, inner, local);
    if (item !== undefined) yield { name: "default", ...item };
    return;
  }
  for (const property of inner.properties) {
    if (property.type === "SpreadElement" || property.computed || property.key.type !== "Identifier") continue;
    const held = property.type === "ObjectMethod" ? property : property.value;
    const item = functionAt(held, statement, property.key, local);
    if (item !== undefined) yield { name: property.key.name, ...item };
  }
}

/** A function, or the name of one. */
function functionAt(
  value: t.Node,
  statement: t.Node,
  name: t.Node,
  local: ReadonlyMap<string, NamelessFunction>,
): NamelessFunction | undefined {
  const inner = bare(value);
  if (inner.type === "Identifier") return local.get(inner.name);
  if (!isFunction(inner) || (inner.type === "ObjectMethod" && inner.kind !== "method")) return undefined;
  const named = "id" in inner && inner.id ? inner.id : name;
  const nameRange = named.type === "Identifier" ? rangeOf(named) : { start: inner.start!, end: inner.start! + 1 };
  return { node: inner, nameRange, statement };
}
