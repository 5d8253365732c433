import type * as t from "@babel/types";

/** The parts of each node that hold what runs, in the order of the text. Types and names of properties are not among them. */
const childKeys: Partial<Record<t.Node["type"], readonly string[]>> = {
  ArrayExpression: ["elements"],
  ArrayPattern: ["elements"],
  ArrowFunctionExpression: ["params", "body"],
  AssignmentExpression: ["left", "right"],
  AssignmentPattern: ["left", "right"],
  AwaitExpression: ["argument"],
  BinaryExpression: ["left", "right"],
  BlockStatement: ["body"],
  CallExpression: ["callee", "arguments"],
  CatchClause: ["param", "body"],
  ClassAccessorProperty: ["decorators", "value"],
  ClassBody: ["body"],
  ClassDeclaration: ["decorators", "id", "superClass", "body"],
  ClassExpression: ["decorators", "id", "superClass", "body"],
  ClassMethod: ["decorators", "params", "body"],
  ClassPrivateMethod: ["decorators", "params", "body"],
  ClassPrivateProperty: ["decorators", "value"],
  ClassProperty: ["decorators", "value"],
  ConditionalExpression: ["test", "consequent", "alternate"],
  Decorator: ["expression"],
  DoWhileStatement: ["body", "test"],
  ExportDefaultDeclaration: ["declaration"],
  ExportNamedDeclaration: ["declaration", "specifiers"],
  ExpressionStatement: ["expression"],
  ForInStatement: ["left", "right", "body"],
  ForOfStatement: ["left", "right", "body"],
  ForStatement: ["init", "test", "update", "body"],
  FunctionDeclaration: ["id", "params", "body"],
  FunctionExpression: ["id", "params", "body"],
  IfStatement: ["test", "consequent", "alternate"],
  ImportExpression: ["source", "options"],
  LabeledStatement: ["body"],
  LogicalExpression: ["left", "right"],
  MemberExpression: ["object"],
  NewExpression: ["callee", "arguments"],
  ObjectExpression: ["properties"],
  ObjectMethod: ["params", "body"],
  ObjectPattern: ["properties"],
  ObjectProperty: ["value"],
  OptionalCallExpression: ["callee", "arguments"],
  OptionalMemberExpression: ["object"],
  ParenthesizedExpression: ["expression"],
  Program: ["body"],
  RestElement: ["argument"],
  ReturnStatement: ["argument"],
  SequenceExpression: ["expressions"],
  SpreadElement: ["argument"],
  StaticBlock: ["body"],
  SwitchCase: ["test", "consequent"],
  SwitchStatement: ["discriminant", "cases"],
  TSAsExpression: ["expression"],
  TSExportAssignment: ["expression"],
  TSInstantiationExpression: ["expression"],
  TSModuleBlock: ["body"],
  TSModuleDeclaration: ["body"],
  TSNonNullExpression: ["expression"],
  TSParameterProperty: ["parameter"],
  TSSatisfiesExpression: ["expression"],
  TSTypeAssertion: ["expression"],
  TaggedTemplateExpression: ["tag", "quasi"],
  TemplateLiteral: ["expressions"],
  ThrowStatement: ["argument"],
  TryStatement: ["block", "handler", "finalizer"],
  UnaryExpression: ["argument"],
  UpdateExpression: ["argument"],
  VariableDeclaration: ["declarations"],
  VariableDeclarator: ["id", "init"],
  WhileStatement: ["test", "body"],
  WithStatement: ["object", "body"],
  YieldExpression: ["argument"],
};

/** Nodes whose key, or property, is an expression where `computed` is set. */
interface WithKey {
  readonly computed?: boolean;
  readonly key?: t.Node;
  readonly property?: t.Node;
}

/** Calls `visit` with each child that runs, in the order of the text. */
export function forEachChild(node: t.Node, visit: (child: t.Node) => void): void {
  const { computed, key: name, property } = node as WithKey;
  if (computed === true && name !== undefined) visit(name);
  const keys = childKeys[node.type];
  if (keys !== undefined) {
    for (const key of keys) {
      const child = (node as unknown as Record<string, t.Node | (t.Node | null)[] | null | undefined>)[key];
      if (child === null || child === undefined) continue;
      if (!Array.isArray(child)) visit(child);
      else for (const item of child) if (item !== null) visit(item);
    }
  }
  if (computed === true && property !== undefined) visit(property);
}

type Wrapper =
  | t.ParenthesizedExpression
  | t.TSAsExpression
  | t.TSSatisfiesExpression
  | t.TSNonNullExpression
  | t.TSTypeAssertion
  | t.TSInstantiationExpression;

/** What wraps an expression without doing anything when it runs: parentheses and types. */
export function isWrapper(node: t.Node): node is Wrapper {
  switch (node.type) {
    case "ParenthesizedExpression":
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "TSTypeAssertion":
    case "TSInstantiationExpression":
      return true;
    default:
      return false;
  }
}

/** An expression without the parentheses and types around it. */
export function bare(node: t.Node): t.Node {
  let inner = node;
  while (isWrapper(inner)) inner = inner.expression;
  return inner;
}

/** Where the next token after `offset` starts. */
export function skipTrivia(text: string, offset: number): number {
  for (let at = offset; ;) {
    const code = text.charCodeAt(at);
    if (code === 0x2f && text.charCodeAt(at + 1) === 0x2a) {
      at = text.indexOf("*/", at + 2) + 2;
    } else if (code === 0x2f && text.charCodeAt(at + 1) === 0x2f) {
      while (at < text.length && !isLineEnd(text.charCodeAt(at))) at++;
    } else if (isSpace(code)) {
      at++;
    } else {
      return at;
    }
  }
}

export const isLineEnd = (code: number): boolean =>
  code === 0x0a || code === 0x0d || code === 0x2028 || code === 0x2029;

function isSpace(code: number): boolean {
  if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) return true;
  return code >= 0xa0 && /\s/.test(String.fromCharCode(code));
}

export type FunctionNode =
  | t.FunctionDeclaration
  | t.FunctionExpression
  | t.ArrowFunctionExpression
  | t.ObjectMethod
  | t.ClassMethod
  | t.ClassPrivateMethod;

const identifierName = /(?:[\p{ID_Continue}$\u200c\u200d]|\\u(?:[\da-f]{4}|\{[\da-f]+\}))+/iuy;

/** Where an identifier's name ends in the text: its type may follow in the same node, and the name may be spelt with escapes. */
export function endOfName(text: string, { start, name }: t.Identifier): number {
  if (text.startsWith(name, start!)) return start! + name.length;
  identifierName.lastIndex = start!;
  return identifierName.test(text) ? identifierName.lastIndex : start! + name.length;
}

export function isFunction(node: t.Node): node is FunctionNode {
  switch (node.type) {
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
    case "ObjectMethod":
    case "ClassMethod":
    case "ClassPrivateMethod":
      return true;
    default:
      return false;
  }
}

/** The identifiers that a declaration's left side binds. */
export function boundIdentifiers(pattern: t.Node, found: t.Identifier[] = []): t.Identifier[] {
  switch (pattern.type) {
    case "Identifier":
      found.push(pattern);
      break;
    case "ObjectPattern":
      for (const property of pattern.properties) {
        boundIdentifiers(property.type === "RestElement" ? property.argument : property.value, found);
      }
      break;
    case "ArrayPattern":
      for (const element of pattern.elements) if (element !== null) boundIdentifiers(element, found);
      break;
    case "AssignmentPattern":
      boundIdentifiers(pattern.left, found);
      break;
    case "RestElement":
      boundIdentifiers(pattern.argument, found);
      break;
    case "TSParameterProperty":
      boundIdentifiers(pattern.parameter, found);
      break;
    default:
      if (isWrapper(pattern)) boundIdentifiers(pattern.expression, found);
  }
  return found;
}

/** `A.B.C` from left to right. */
export function namespaceNames({ id }: t.TSModuleDeclaration): t.Identifier[] {
  const names: t.Identifier[] = [];
  let node: t.Node = id;
  for (; node.type === "TSQualifiedName"; node = node.left) names.unshift(node.right);
  if (node.type === "Identifier") names.unshift(node);
  return names;
}

/** Where a name stands, without its type. */
export const rangeOf = ({ start, name }: t.Identifier): { start: number; end: number } => ({
  start: start!,
  end: start! + name.length,
});
