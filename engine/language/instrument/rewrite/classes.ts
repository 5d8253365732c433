import type * as t from "@babel/types";
import { SourceSyntaxError } from "../parse.ts";
import { runtimeName } from "../../runtime/runtime.ts";
import { bare, boundIdentifiers } from "../syntax.ts";
import { decoratedMember } from "./decoratedMembers.ts";
import { decorateClass, isDecorated, type DecoratedClass } from "./decorators.ts";
import { endStatement, eraseClassTypes, eraseDeclaration, eraseModifiers } from "./eraseTypes.ts";
import { functionNode } from "./functions.ts";
import { propertyKey } from "./operators.ts";
import type { Host, Rewriter } from "./rewriter.ts";
import { visitStatements } from "./statements.ts";

export function classNode(node: t.ClassDeclaration | t.ClassExpression, r: Rewriter): void {
  const outerStrict = r.strict;
  r.strict = true;
  r.functions.push({ start: node.start!, end: node.end! });
  decorateClass(node, r, (decorated) => {
    if (r.typescript) eraseClassTypes(node, r);
    if (node.superClass) r.visit(node.superClass);
    if (r.typescript) declareParameterProperties(node.body, r);
    for (const member of node.body.body) classMember(member, node, decorated, r);
  });
  r.strict = outerStrict;
}

function classMember(
  member: t.ClassBody["body"][number],
  node: t.ClassDeclaration | t.ClassExpression,
  decorated: DecoratedClass | undefined,
  r: Rewriter,
): void {
  if (decorated !== undefined && isDecorated(member, r)) {
    decoratedMember(member, decorated, r);
    if (!(member.type === "ClassMethod" && member.kind === "constructor")) return;
  }
  switch (member.type) {
    case "TSDeclareMethod":
    case "TSIndexSignature":
      eraseDeclaration(member, r);
      return;
    case "ClassAccessorProperty":
      accessorField(member, r);
      return;
    case "ClassProperty":
    case "ClassPrivateProperty":
      field(member, r);
      return;
    case "ClassMethod":
      if (member.kind === "constructor") constructorMethod(member, Boolean(node.superClass), r);
      else functionNode(member, r);
      return;
    case "ClassPrivateMethod":
      functionNode(member, r);
      return;
    case "StaticBlock":
      staticBlock(member, r);
      return;
    default:
      r.visit(member);
  }
}

function field(member: t.ClassProperty | t.ClassPrivateProperty, r: Rewriter): void {
  if (member.type === "ClassProperty") {
    if (member.declare === true || member.abstract === true) {
      eraseDeclaration(member, r);
      return;
    }
    eraseModifiers(member, r);
    if (member.computed) propertyKey(member.key, r);
  } else {
    eraseModifiers(member, r);
  }
  const { key, typeAnnotation, value } = member;
  if (r.typescript) {
    const computed = member.type === "ClassProperty" && member.computed;
    let start = computed ? r.tokenAfter(key.end!) + 1 : key.end!;
    // `x?: T`, `x!: T`
    const mark = r.tokenAfter(start);
    if (r.text[mark] === "?" || r.text[mark] === "!") {
      r.edits.erase(mark, mark + 1);
      start = mark + 1;
    }
    if (typeAnnotation) {
      r.edits.erase(typeAnnotation.start!, typeAnnotation.end!);
      if (!value) r.erasedTails.add(typeAnnotation.end!);
    }
  }
  if (value) r.visitOutsideBodies(value);
  if (r.typescript) endStatement(member, r);
}

/** `accessor x = v` → `get x() {…} set x($1) {…} #$2 = v` */
function accessorField(member: t.ClassAccessorProperty, r: Rewriter): void {
  if (member.abstract === true || member.declare === true) {
    eraseDeclaration(member, r);
    return;
  }
  eraseModifiers(member, r);
  const { key, computed, typeAnnotation, value } = member;
  const [word, wordEnd] = accessorWord(member, r);
  r.edits.replace(word, wordEnd, "get");
  let keyEnd = key.end!;
  let name = r.text.slice(key.start!, keyEnd);
  if (computed) {
    const known = r.temporary();
    r.wrap(key, `${known} = ${runtimeName}.propertyKey(`, ")");
    keyEnd = r.tokenAfter(keyEnd) + 1;
    name = `[${known}]`;
  }
  const mark = r.tokenAfter(keyEnd);
  if (r.text[mark] === "?" || r.text[mark] === "!") r.edits.erase(mark, mark + 1);
  if (typeAnnotation) r.edits.erase(typeAnnotation.start!, typeAnnotation.end!);
  const isStatic = member.static ? "static " : "";
  const [held, given] = [`#${r.name()}`, r.name()];
  r.edits.after(
    keyEnd,
    `() {return this.${held};} ${isStatic}set ${name}(${given}) {this.${held} = ${given};} ${isStatic}${held}`,
  );
  if (value) {
    const property = key.type === "PrivateName" ? `"#${key.id.name}"` : name;
    const { head, tail } = isNameless(value) ? namedAfter(property) : { head: "", tail: "" };
    r.visitOutsideBodies(value, (node) => r.wrap(node, head, tail));
  }
  if (r.text[member.end! - 1] !== ";") r.edits.after(member.end!, ";");
}

/** Where the keyword stands: the first word of that name, since what may come before it are other modifiers. */
function accessorWord({ start, decorators }: t.ClassAccessorProperty, r: Rewriter): [start: number, end: number] {
  const words = /\w+/y;
  words.lastIndex = decorators?.length ? r.tokenAfter(decorators.at(-1)!.end!) : start!;
  for (;;) {
    const at = words.lastIndex;
    if (words.exec(r.text)?.[0] === "accessor") return [at, words.lastIndex];
    words.lastIndex = r.tokenAfter(words.lastIndex);
  }
}

/** What stands around a function without a name so that it is named after the field, not after what holds it. */
function namedAfter(property: string): { readonly head: string; readonly tail: string } {
  const isName = /^[\w$]/.test(property) && !/^\d/.test(property);
  const inBrackets = `[${isName ? JSON.stringify(property) : property}]`;
  return { head: `{${property}: `, tail: `}${property.startsWith("[") ? property : inBrackets}` };
}

export function isNameless(value: t.Node): boolean {
  const node = bare(value);
  if (node.type === "ArrowFunctionExpression") return true;
  return (node.type === "FunctionExpression" || node.type === "ClassExpression") && !node.id;
}

/** As TypeScript does, fields for the constructor's parameters come first. */
function declareParameterProperties(body: t.ClassBody, r: Rewriter): void {
  for (const member of body.body) {
    if (member.type !== "ClassMethod" || member.kind !== "constructor") continue;
    const fields = parameterProperties(member).map((name) => `${name};`);
    if (fields.length > 0) r.edits.after(body.start! + 1, fields.join(""));
  }
}

function parameterProperties({ params }: t.ClassMethod): string[] {
  return params
    .filter((parameter) => parameter.type === "TSParameterProperty")
    .flatMap((parameter) => boundIdentifiers(parameter).map(({ name }) => name));
}

/** Parameters with modifiers become fields, once `super` has made the object. */
function constructorMethod(node: t.ClassMethod, derived: boolean, r: Rewriter): void {
  const names = parameterProperties(node);
  const assignments = names.map((name) => `this.${name} = ${name}`);
  const outer = r.afterSuper;
  r.afterSuper = derived && names.length > 0 ? `, ${assignments.join(", ")}, this)` : undefined;
  functionNode(node, r);
  r.afterSuper = outer;
  if (!derived && names.length > 0) r.edits.after(node.body.start! + 1, `${assignments.join(";")};`);
}

function staticBlock(node: t.StaticBlock, r: Rewriter): void {
  const host: Host = { temporaries: [], operations: 0, frame: undefined };
  r.within(host, () => visitStatements(node.body, r));
  r.host.operations += host.operations;
  if (host.temporaries.length === 0) return;
  const brace = r.tokenAfter(node.start! + "static".length);
  r.edits.after(brace + 1, `let ${host.temporaries.join(", ")};`);
}

/** Throws that a construct is not supported. */
export function refuse(node: t.Node, sentence: string, r: Rewriter): never {
  const { start, end } = node.loc!;
  throw new SourceSyntaxError({
    code: "syntax-error",
    severity: "error",
    message: `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`,
    source: {
      file: r.file,
      line: start.line,
      column: start.column + 1,
      endLine: end.line,
      endColumn: end.column + 1,
    },
  });
}
