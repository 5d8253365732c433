import type * as t from "@babel/types";
import { endOfName, type FunctionNode } from "../syntax.ts";
import type { Rewriter } from "./rewriter.ts";

/** What stands after an identifier's name where it is declared: `?`, `!` and its type. */
export function eraseAfterName(identifier: t.Identifier, r: Rewriter): void {
  const { typeAnnotation, optional } = identifier;
  if (!typeAnnotation && optional !== true) return;
  const nameEnd = endOfName(r.text, identifier);
  if (typeAnnotation) r.edits.erase(nameEnd, typeAnnotation.end!);
  else if (optional === true) r.edits.erase(nameEnd, r.tokenAfter(nameEnd) + 1);
}

export function eraseAnnotation(pattern: t.ObjectPattern | t.ArrayPattern | t.RestElement, r: Rewriter): void {
  const { typeAnnotation } = pattern;
  if (!typeAnnotation) return;
  let start = typeAnnotation.start!;
  // `{ a }?: T`
  while (/[\s?]/.test(r.text.charAt(start - 1))) start--;
  r.edits.erase(start, typeAnnotation.end!);
}

/** The types around an expression; parentheses stay. */
export function eraseAround(outer: t.Node, inner: t.Node, r: Rewriter): void {
  for (let node = outer; node !== inner;) {
    if (node.type === "ParenthesizedExpression") {
      node = node.expression;
      continue;
    }
    const { expression } = node as t.TSAsExpression;
    r.edits.erase(node.start!, expression.start!);
    eraseTail(expression.end!, node.end!, r);
    node = expression;
  }
}

/** Takes types away from the end of an expression, where the next line might then be read as going on with it. */
function eraseTail(start: number, end: number, r: Rewriter): void {
  r.edits.erase(start, end);
  r.erasedTails.add(end);
}

/** Ends a statement or class member that its erased type ended. */
export function endStatement(node: t.Node, r: Rewriter): void {
  if (r.erasedTails.has(node.end!)) r.edits.after(node.end!, ";");
}

export function wrapperExpression(
  node:
    | t.TSAsExpression
    | t.TSSatisfiesExpression
    | t.TSNonNullExpression
    | t.TSTypeAssertion
    | t.TSInstantiationExpression,
  r: Rewriter,
): void {
  const { expression } = node;
  if (r.text.slice(node.start!, expression.start!).includes("\n")) {
    // `return <T>⏎x` must not become `return ⏎x`.
    r.edits.before(node.start!, "(");
    r.edits.after(node.end!, ")");
  }
  r.edits.erase(node.start!, expression.start!);
  r.visit(expression);
  eraseTail(expression.end!, node.end!, r);
}

export function eraseTypeArguments({ typeArguments }: { readonly typeArguments?: t.Node | null }, r: Rewriter): void {
  if (typeArguments) r.edits.erase(typeArguments.start!, typeArguments.end!);
}

/** Type parameters, the type of `this` and the result's type. Parameters are erased where they are visited. */
export function eraseSignature(node: FunctionNode, r: Rewriter): void {
  const { typeParameters, returnType, params } = node;
  if (typeParameters) {
    const { start, end } = typeParameters;
    if (node.type === "ArrowFunctionExpression" && r.text.slice(start!, end!).includes("\n")) {
      // No line may end between `async` and the parameters.
      const parenthesis = r.tokenAfter(end!);
      r.edits.replace(start!, start! + 1, "(");
      r.edits.erase(start! + 1, parenthesis + 1);
    } else {
      r.edits.erase(start!, end!);
    }
  }
  const first = params[0];
  if (first?.type === "Identifier" && first.name === "this") {
    const next = r.tokenAfter(first.end!);
    r.edits.erase(first.start!, r.text[next] === "," ? next + 1 : first.end!);
  }
  if (returnType) eraseReturnType(node, returnType, r);
  if ("accessibility" in node || node.type === "ClassMethod") eraseModifiers(node, r);
  if ("optional" in node && node.optional === true && "key" in node) {
    const mark = r.tokenAfter(node.computed ? r.tokenAfter(node.key.end!) + 1 : node.key.end!);
    if (r.text[mark] === "?") r.edits.erase(mark, mark + 1);
  }
}

function eraseReturnType(node: FunctionNode, returnType: t.Node, r: Rewriter): void {
  const { start, end } = returnType;
  if (node.type === "ArrowFunctionExpression" && r.text.slice(start!, end!).includes("\n")) {
    // No line may end between the parameters and the arrow: the parenthesis goes behind the type.
    let parenthesis = start! - 1;
    while (r.text[parenthesis] !== ")") parenthesis--;
    r.edits.erase(parenthesis, end! - 1);
    r.edits.replace(end! - 1, end!, ")");
  } else {
    r.edits.erase(start!, end!);
  }
}

/** `?`, `!` and the type behind a field's key. */
export function eraseAfterKey(
  { typeAnnotation }: t.ClassProperty | t.ClassPrivateProperty | t.ClassAccessorProperty,
  keyEnd: number,
  r: Rewriter,
): void {
  if (!r.typescript) return;
  const mark = r.tokenAfter(keyEnd);
  if (r.text[mark] === "?" || r.text[mark] === "!") r.edits.erase(mark, mark + 1);
  if (typeAnnotation) r.edits.erase(typeAnnotation.start!, typeAnnotation.end!);
}

const modifiers = /(?:public|private|protected|readonly|override|abstract|declare)\b/y;

/** `public`, `readonly`, … before a class member's name. */
export function eraseModifiers(member: t.Node, r: Rewriter): void {
  if (!r.typescript || r.headed.has(member)) return;
  let at = member.start!;
  const { decorators } = member as { decorators?: t.Decorator[] | null };
  if (decorators?.length) at = r.tokenAfter(decorators.at(-1)!.end!);
  for (;;) {
    modifiers.lastIndex = at;
    const modifier = modifiers.exec(r.text);
    if (modifier !== null && isModifier(r.tokenAfter(modifiers.lastIndex), r)) {
      r.edits.erase(at, r.tokenAfter(modifiers.lastIndex));
      at = r.tokenAfter(modifiers.lastIndex);
    } else if (
      r.text.startsWith("static", at) &&
      isModifier(r.tokenAfter(at + 6), r) &&
      !/[\w$]/.test(r.text[at + 6]!)
    ) {
      at = r.tokenAfter(at + 6);
    } else {
      return;
    }
  }
}

/** Whether a word is a modifier, and not itself the member's name, by what follows it. */
function isModifier(next: number, r: Rewriter): boolean {
  return !/[(=;:?!<},]/.test(r.text[next] ?? ";");
}

export function eraseClassTypes(node: t.ClassDeclaration | t.ClassExpression, r: Rewriter): void {
  const { typeParameters, superTypeArguments, superClass, id, body } = node;
  const implemented = node.implements;
  if (typeParameters) r.edits.erase(typeParameters.start!, typeParameters.end!);
  eraseTypeArguments({ typeArguments: superTypeArguments ?? null }, r);
  if (implemented?.length) {
    const before = superTypeArguments ?? superClass ?? typeParameters ?? id;
    const start = before?.end ?? r.text.indexOf("implements", node.start!);
    r.edits.erase(start, r.tokenAfter(implemented.at(-1)!.end!));
    r.edits.before(body.start!, " ");
  }
  if ("abstract" in node && node.abstract === true) {
    const at = node.decorators?.length ? r.tokenAfter(node.decorators.at(-1)!.end!) : node.start!;
    r.edits.erase(at, r.tokenAfter(at + "abstract".length));
  }
}

/** A statement or class member that is only types. The semicolon keeps its neighbours apart. */
export function eraseDeclaration(node: t.Node, r: Rewriter): void {
  r.edits.erase(node.start!, node.end! - 1);
  const last = r.text[node.end! - 1]!;
  r.edits.replace(node.end! - 1, node.end!, last === "\n" ? ";\n" : ";");
}

/** Whether a statement is only types. */
export function isOnlyTypes(node: t.Node): boolean {
  switch (node.type) {
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
    case "TSDeclareFunction":
    case "TSNamespaceExportDeclaration":
      return true;
    case "TSModuleDeclaration":
      return node.declare === true || node.id.type === "StringLiteral" || !hasValues(node.body);
    case "VariableDeclaration":
    case "ClassDeclaration":
    case "FunctionDeclaration":
    case "TSEnumDeclaration":
      return node.declare === true;
    default:
      return false;
  }
}

function hasValues(body: t.Node): boolean {
  if (body.type !== "TSModuleBlock") return false;
  return body.body.some((statement) => {
    if (statement.type === "ExportNamedDeclaration") {
      if (statement.exportKind === "type" && !statement.declaration) return false;
      return !statement.declaration || !isOnlyTypes(statement.declaration);
    }
    return !isOnlyTypes(statement);
  });
}
