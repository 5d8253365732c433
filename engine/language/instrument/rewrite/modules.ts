import type * as t from "@babel/types";
import { isFunction } from "../syntax.ts";
import { endStatement, eraseDeclaration, isOnlyTypes } from "./eraseTypes.ts";
import { refuse } from "./classes.ts";
import type { Rewriter } from "./rewriter.ts";

/** A file is a module or a script; TypeScript in `.cts` may look like both. */
function refuseInScript(node: t.Node, r: Rewriter): void {
  const advice = "write `import … from` and `export` throughout, or `require` and `export =`";
  if (r.format === "commonjs") refuse(node, `this file mixes two kinds of modules: ${advice}`, r);
}

/** Imports that are only types go, as TypeScript lets them. */
export function importDeclaration(node: t.ImportDeclaration, r: Rewriter): void {
  if (!r.typescript) return;
  if (node.importKind === "type") {
    eraseDeclaration(node, r);
    return;
  }
  const { specifiers } = node;
  refuseInScript(node, r);
  if (specifiers.length === 0) return;
  const kept = specifiers.filter((specifier) => isUsed(specifier, r));
  if (kept.length === specifiers.length) return;
  if (kept.length === 0) {
    eraseDeclaration(node, r);
    return;
  }
  const named = specifiers.filter(({ type }) => type === "ImportSpecifier");
  const keptNamed = named.filter((specifier) => kept.includes(specifier));
  const other = specifiers.find(({ type }) => type !== "ImportSpecifier");
  if (other === undefined || kept.includes(other)) {
    if (keptNamed.length === 0 && named.length > 0) {
      const comma = r.tokenAfter(other!.end!);
      r.edits.erase(comma, closingBrace(named.at(-1)!.end!, r) + 1);
      return;
    }
  } else {
    // `import Type, { value }`
    r.edits.erase(other.start!, r.tokenAfter(r.tokenAfter(other.end!) + 1));
  }
  for (const specifier of named) if (!kept.includes(specifier)) eraseListed(specifier, r);
}

function isUsed(specifier: t.ImportDeclaration["specifiers"][number], r: Rewriter): boolean {
  if (specifier.type === "ImportSpecifier" && specifier.importKind === "type") return false;
  return (r.scopes.of(specifier.local)?.references.length ?? 0) > 0;
}

/** One item of a list in braces, with its comma. */
function eraseListed(item: t.Node, r: Rewriter): void {
  const next = r.tokenAfter(item.end!);
  r.edits.erase(item.start!, r.text[next] === "," ? next + 1 : item.end!);
}

function closingBrace(from: number, r: Rewriter): number {
  const next = r.tokenAfter(from);
  return r.text[next] === "," ? r.tokenAfter(next + 1) : next;
}

export function exportNamedDeclaration(node: t.ExportNamedDeclaration, r: Rewriter): void {
  const { declaration, specifiers } = node;
  if (declaration?.type === "ClassDeclaration") r.exported.set(declaration, node);
  if (!r.typescript) {
    if (declaration) r.visit(declaration);
    return;
  }
  if (node.exportKind === "type" || (declaration && isOnlyTypes(declaration))) {
    eraseDeclaration(node, r);
    return;
  }
  refuseInScript(node, r);
  if (declaration) {
    r.visit(declaration);
  } else {
    for (const specifier of specifiers) {
      if (specifier.type === "ExportSpecifier" && isOnlyType(specifier, node, r)) eraseListed(specifier, r);
    }
  }
}

/** `export { T }` where T is only a type. */
function isOnlyType(specifier: t.ExportSpecifier, { source }: t.ExportNamedDeclaration, r: Rewriter): boolean {
  if (specifier.exportKind === "type") return true;
  return !source && specifier.local.type === "Identifier" && r.scopes.of(specifier.local) === undefined;
}

export function exportAllDeclaration(node: t.ExportAllDeclaration, r: Rewriter): void {
  if (node.exportKind === "type") eraseDeclaration(node, r);
}

export function exportDefaultDeclaration(node: t.ExportDefaultDeclaration, r: Rewriter): void {
  const { declaration } = node;
  if (isOnlyTypes(declaration)) {
    eraseDeclaration(node, r);
    return;
  }
  refuseInScript(node, r);
  if (declaration.type === "ClassDeclaration") r.exported.set(declaration, node);
  r.visit(declaration);
  if (r.typescript && !isFunction(declaration)) endStatement(declaration, r);
}

/** `export = value`, in a file that is loaded by `require`. */
export function exportAssignment(node: t.TSExportAssignment, r: Rewriter): void {
  if (r.format === "module") refuse(node, "`export =` works only in .cts files: use `export default`", r);
  r.edits.replace(node.start!, node.expression.start!, "module.exports = ");
  r.visit(node.expression);
}

/** `import name = require("…")`, `import name = Namespace.member` */
export function importEquals(node: t.TSImportEqualsDeclaration, r: Rewriter): void {
  const { moduleReference, id } = node;
  if (node.importKind === "type" || (r.scopes.of(id)?.references.length ?? 0) === 0) {
    eraseDeclaration(node, r);
    return;
  }
  if (moduleReference.type === "TSExternalModuleReference" && r.format === "module") {
    refuse(node, "`import … = require(…)` works only in .cts files: use `import … from`", r);
  }
  r.edits.replace(node.start!, id.start!, "const ");
}
