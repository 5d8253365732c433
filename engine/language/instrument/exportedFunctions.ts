import type * as t from "@babel/types";
import { assignedExports } from "./scriptExports.ts";
import { bare, isFunction, rangeOf, type FunctionNode } from "./syntax.ts";

/** A function that a module exports, under one of its names. */
export interface ExportedFunction {
  readonly name: string;
  readonly node: FunctionNode;
  /** The identifier that names it, or the word `default`. */
  readonly nameRange: { readonly start: number; readonly end: number };
  /** The statement that it stands in. */
  readonly statement: t.Node;
}

export type NamelessFunction = Omit<ExportedFunction, "name">;

/** In the order in which the functions stand in the text. */
export function exportedFunctions(program: t.Program): ExportedFunction[] {
  const local = new Map<string, NamelessFunction>();
  const found: ExportedFunction[] = [];
  for (const statement of program.body) {
    const declaration = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
    if (!declaration) continue;
    for (const [name, item] of functionsOf(declaration, statement)) {
      local.set(name, item);
      if (statement.type === "ExportNamedDeclaration") found.push({ name, ...item });
    }
  }
  for (const statement of program.body) {
    if (statement.type === "ExportNamedDeclaration" && !statement.source) {
      for (const specifier of statement.specifiers) {
        if (specifier.type !== "ExportSpecifier" || specifier.exportKind === "type") continue;
        const item = local.get(exportedName(specifier.local));
        if (item !== undefined) found.push({ name: exportedName(specifier.exported), ...item });
      }
    } else if (statement.type === "ExportDefaultDeclaration") {
      const value = bare(statement.declaration);
      const item = value.type === "Identifier" ? local.get(value.name) : defaultFunction(value, statement);
      if (item !== undefined) found.push({ name: "default", ...item });
    }
  }
  if (!program.body.some(({ type }) => isModuleSyntax(type))) found.push(...assignedExports(program, local));
  return found.sort((a, b) => a.node.start! - b.node.start!);
}

const isModuleSyntax = (type: string): boolean => type.startsWith("Import") || type.startsWith("Export");

const exportedName = (node: t.Identifier | t.StringLiteral): string =>
  node.type === "Identifier" ? node.name : node.value;

function* functionsOf(declaration: t.Node, statement: t.Node): Generator<[string, NamelessFunction]> {
  if (declaration.type === "FunctionDeclaration" && declaration.id && declaration.declare !== true) {
    yield [declaration.id.name, { node: declaration, nameRange: rangeOf(declaration.id), statement }];
  } else if (declaration.type === "VariableDeclaration") {
    for (const { id, init } of declaration.declarations) {
      const value = init ? bare(init) : undefined;
      if (id.type !== "Identifier" || value === undefined || !isFunction(value)) continue;
      yield [id.name, { node: value, nameRange: rangeOf(id), statement }];
    }
  }
}

function defaultFunction(value: t.Node, statement: t.Node): NamelessFunction | undefined {
  if (!isFunction(value)) return undefined;
  if ("id" in value && value.id) return { node: value, nameRange: rangeOf(value.id), statement };
  const start = statement.start! + "export ".length;
  return { node: value, nameRange: { start, end: start + "default".length }, statement };
}

/**
 * Whether a function could be differentiated as far as its text tells: it takes a parameter that may be a number, runs
 * to its end in one go, and does not say that it returns something else.
 */
export function mayBeDifferentiable(node: FunctionNode): boolean {
  const { params, returnType } = node;
  if (("generator" in node && node.generator === true) || params.length === 0) return false;
  if (returnType?.type === "TSTypeAnnotation" && isNoNumberType(returnType.typeAnnotation)) return false;
  return params.some((parameter) => parameter.type !== "RestElement" && mayBeNumeric(parameter));
}

/** Why a function that cannot be differentiated cannot. */
export function whyUnsuited(node: FunctionNode): string {
  if ("generator" in node && node.generator === true) return "it is a generator";
  if (node.params.length === 0) return "it has no parameters";
  return node.params.some(mayBeNumeric) ? "it returns no number" : "none of its parameters is a number";
}

export function isTraceable(node: FunctionNode): boolean {
  if (!mayBeDifferentiable(node)) return false;
  return node.params.every(
    (parameter) => parameter.type === "AssignmentPattern" || parameter.type === "RestElement" || isThis(parameter),
  );
}

/** TypeScript's `this` parameter. */
export const isThis = (parameter: t.Node): boolean => parameter.type === "Identifier" && parameter.name === "this";

function mayBeNumeric(parameter: t.Node): boolean {
  if (parameter.type === "AssignmentPattern") {
    if (isNoNumber(bare(parameter.right))) return false;
    return mayBeNumeric(parameter.left);
  }
  if (parameter.type !== "Identifier") return true;
  if (isThis(parameter)) return false;
  const { typeAnnotation } = parameter;
  return typeAnnotation?.type !== "TSTypeAnnotation" || !isNoNumberType(typeAnnotation.typeAnnotation);
}

function isNoNumber({ type, ...rest }: t.Node): boolean {
  switch (type) {
    case "StringLiteral":
    case "TemplateLiteral":
    case "BooleanLiteral":
    case "NullLiteral":
    case "RegExpLiteral":
    case "BigIntLiteral":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
    case "ClassExpression":
      return true;
    case "Identifier":
      return (rest as { name: string }).name === "undefined";
    default:
      return false;
  }
}

function isNoNumberType(type: t.Node): boolean {
  switch (type.type) {
    case "TSStringKeyword":
    case "TSBooleanKeyword":
    case "TSVoidKeyword":
    case "TSNeverKeyword":
    case "TSNullKeyword":
    case "TSUndefinedKeyword":
    case "TSBigIntKeyword":
    case "TSSymbolKeyword":
    case "TSFunctionType":
    case "TSTypePredicate":
    case "TSTemplateLiteralType":
      return true;
    case "TSLiteralType":
      return type.literal.type === "StringLiteral" || type.literal.type === "BooleanLiteral";
    case "TSUnionType":
      return type.types.every(isNoNumberType);
    case "TSParenthesizedType":
      return isNoNumberType(type.typeAnnotation);
    case "TSTypeReference": {
      const [argument] = type.typeArguments?.params ?? [];
      const isPromise = type.typeName.type === "Identifier" && type.typeName.name === "Promise";
      return isPromise && argument !== undefined && isNoNumberType(argument);
    }
    default:
      return false;
  }
}
