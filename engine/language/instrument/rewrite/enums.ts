import type * as t from "@babel/types";
import { bare, namespaceNames } from "../syntax.ts";
import { refuse } from "./classes.ts";
import type { Rewriter } from "./rewriter.ts";
import { visitStatements } from "./statements.ts";

/** An enum becomes an object, filled where its members stand. Members of one enum may name each other. */
export function enumDeclaration(node: t.TSEnumDeclaration, r: Rewriter): void {
  const { id, body } = node;
  const { name } = id;
  const brace = r.tokenAfter(id.end!);
  openObject(node, id, brace, r);
  const strings = new Set<string>();
  const outer = r.enumName;
  r.enumName = name;
  let previous: string | undefined;
  for (const member of body.members) {
    const { id: key, initializer } = member;
    const text = key.type === "Identifier" ? key.name : key.value;
    const quoted = JSON.stringify(text);
    const next = r.tokenAfter(member.end!);
    const isString = initializer ? isText(initializer, strings) : false;
    if (isString) strings.add(text);
    const [head, tail] = isString
      ? [`${name}[${quoted}] = `, ";"]
      : [`${name}[${name}[${quoted}] = `, `] = ${quoted};`];
    if (initializer) {
      r.edits.replace(member.start!, initializer.start!, head);
      r.visit(initializer);
      r.edits.after(member.end!, tail);
    } else {
      const value = previous === undefined ? "0" : `${name}[${previous}] + 1`;
      r.edits.replace(member.start!, member.end!, `${head}${value}${tail}`);
    }
    if (r.text[next] === ",") r.edits.erase(next, next + 1);
    previous = quoted;
  }
  r.enumName = outer;
  r.edits.after(node.end!, `)(${name} || (${name} = {}));`);
}

/** Whether an initializer is text, which then has no way back from value to name. */
function isText(initializer: t.Node, strings: ReadonlySet<string>): boolean {
  const node = bare(initializer);
  switch (node.type) {
    case "StringLiteral":
    case "TemplateLiteral":
      return true;
    case "Identifier":
      return strings.has(node.name);
    case "MemberExpression":
      return node.property.type === "Identifier" && strings.has(node.property.name);
    case "BinaryExpression":
      return node.operator === "+" && (isText(node.left, strings) || isText(node.right, strings));
    default:
      return false;
  }
}

/** `enum E {` and `namespace N {` → `var E; (function (E) {`, where a second one of the same name adds to the first. */
function openObject(node: t.Node, { name, start }: t.Identifier, brace: number, r: Rewriter): void {
  const first = r.scopes.of(identifierAt(node)!)?.declarations[0]?.start === start;
  r.edits.replace(node.start!, brace, `${first ? `var ${name}; ` : ""}(function (${name}) `);
}

function identifierAt(node: t.Node): t.Identifier | undefined {
  if (node.type === "TSModuleDeclaration") return namespaceNames(node)[0];
  const { id } = node as { id?: t.Node };
  return id?.type === "Identifier" ? id : undefined;
}

/** A namespace becomes an object that gets what it exports. Exported variables that change later are refused. */
export function namespaceDeclaration(node: t.TSModuleDeclaration, r: Rewriter): void {
  const { body } = node;
  const [outermost, ...inner] = namespaceNames(node) as [t.Identifier, ...t.Identifier[]];
  const id = inner.at(-1) ?? outermost;
  const brace = r.tokenAfter(id.end!);
  openObject(node, outermost, brace, r);
  // `namespace A.B {` is one inside the other.
  let around = outermost.name;
  let close = `)(${around} || (${around} = {}));`;
  for (const { name } of inner) {
    r.edits.before(brace, `{(function (${name}) `);
    close = `)(${around}.${name} ||= {});}${close}`;
    around = name;
  }
  let exports = "";
  const statements = body.body.map((statement) => {
    if (statement.type !== "ExportNamedDeclaration" || !statement.declaration) return statement;
    const { declaration } = statement;
    exports += exportedNames(declaration, r)
      .map((name) => exportGetter(id.name, name))
      .join("");
    r.edits.erase(statement.start!, declaration.start!);
    return declaration;
  });
  visitStatements(statements, r);
  r.edits.after(body.start! + 1, exports);
  r.edits.after(node.end!, close);
}

function exportedNames(declaration: t.Declaration, r: Rewriter): string[] {
  if (declaration.type === "VariableDeclaration") {
    return declaration.declarations.map(({ id }) => {
      if (id.type === "Identifier") return id.name;
      return refuse(id, "a namespace can only export plain variables", r);
    });
  }
  if ("declare" in declaration && declaration.declare === true) return [];
  switch (declaration.type) {
    case "FunctionDeclaration":
    case "ClassDeclaration":
    case "TSEnumDeclaration":
      return [declaration.id!.name];
    case "TSModuleDeclaration":
      return namespaceNames(declaration)
        .slice(0, 1)
        .map(({ name }) => name);
    default:
      return [];
  }
}

/** Reads and writes the variable itself, so that both sides see it change. */
function exportGetter(namespace: string, name: string): string {
  const accessors = `get: () => ${name}, set: ($value) => { ${name} = $value; }`;
  return `Object.defineProperty(${namespace}, "${name}", { enumerable: true, configurable: true, ${accessors} });`;
}
