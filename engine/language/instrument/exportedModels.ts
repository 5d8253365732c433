import type * as t from "@babel/types";
import { bare } from "./syntax.ts";

/** A model that a module exports: `export const m = defineModel({ … })`. */
export interface ExportedModel {
  readonly name: string;
  /** The call of `defineModel`. */
  readonly node: t.Node;
  /** The identifier that names it, or the word `default`. */
  readonly nameRange: { readonly start: number; readonly end: number };
  /** The statement that it stands in. */
  readonly statement: t.Node;
}

/** In the order in which the models stand in the text. */
export function exportedModels(program: t.Program): ExportedModel[] {
  const isDefinition = definitionsIn(program);
  const local = new Map<string, Omit<ExportedModel, "name">>();
  const found: ExportedModel[] = [];
  for (const statement of program.body) {
    const exported = statement.type === "ExportNamedDeclaration";
    const declaration = exported ? statement.declaration : statement;
    if (declaration?.type !== "VariableDeclaration") continue;
    for (const { id, init } of declaration.declarations) {
      if (id.type !== "Identifier" || !init || !isDefinition(init)) continue;
      const item = { node: init, nameRange: { start: id.start!, end: id.start! + id.name.length }, statement };
      local.set(id.name, item);
      if (exported) found.push({ name: id.name, ...item });
    }
  }
  for (const statement of program.body) {
    if (statement.type === "ExportNamedDeclaration" && !statement.source) {
      for (const specifier of statement.specifiers) {
        if (specifier.type !== "ExportSpecifier" || specifier.exportKind === "type") continue;
        const from = specifier.local;
        const item = local.get(from.type === "Identifier" ? from.name : from.value);
        const { exported } = specifier;
        if (item !== undefined)
          found.push({ name: exported.type === "Identifier" ? exported.name : exported.value, ...item });
      }
    } else if (statement.type === "ExportDefaultDeclaration") {
      const value = bare(statement.declaration);
      if (value.type === "Identifier") {
        const item = local.get(value.name);
        if (item !== undefined) found.push({ name: "default", ...item });
      } else if (isDefinition(value)) {
        const start = statement.start! + "export ".length;
        found.push({ name: "default", node: value, nameRange: { start, end: start + "default".length }, statement });
      }
    }
  }
  return found.sort((a, b) => a.node.start! - b.node.start!);
}

/** Whether an expression is a call of what the file imports as `defineModel` from "adjoint". */
function definitionsIn(program: t.Program): (expression: t.Node) => boolean {
  const names = new Set<string>();
  const namespaces = new Set<string>();
  for (const statement of program.body) {
    if (statement.type !== "ImportDeclaration" || statement.source.value !== "adjoint") continue;
    for (const specifier of statement.specifiers) {
      if (specifier.type === "ImportNamespaceSpecifier") namespaces.add(specifier.local.name);
      if (specifier.type !== "ImportSpecifier") continue;
      const { imported } = specifier;
      if ((imported.type === "Identifier" ? imported.name : imported.value) === "defineModel")
        names.add(specifier.local.name);
    }
  }
  return (expression) => {
    const value = bare(expression);
    if (value.type !== "CallExpression") return false;
    const callee = bare(value.callee);
    if (callee.type === "Identifier") return names.has(callee.name);
    return (
      callee.type === "MemberExpression" &&
      callee.object.type === "Identifier" &&
      namespaces.has(callee.object.name) &&
      callee.property.type === "Identifier" &&
      callee.property.name === "defineModel"
    );
  };
}
