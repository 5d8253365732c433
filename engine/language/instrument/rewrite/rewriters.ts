import type * as t from "@babel/types";
import { assignmentExpression, updateExpression } from "./assignments.ts";
import { callExpression, newExpression } from "./calls.ts";
import { classNode, refuse } from "./classes.ts";
import { enumDeclaration, namespaceDeclaration } from "./enums.ts";
import { eraseTypeArguments, wrapperExpression } from "./eraseTypes.ts";
import { awaitExpression, functionNode, yieldExpression } from "./functions.ts";
import {
  exportAllDeclaration,
  exportAssignment,
  exportDefaultDeclaration,
  exportNamedDeclaration,
  importDeclaration,
  importEquals,
} from "./modules.ts";
import {
  binaryExpression,
  conditionalExpression,
  logicalExpression,
  memberExpression,
  propertyKey,
  reference,
  unaryExpression,
} from "./operators.ts";
import { optionalChain } from "./optionalChains.ts";
import { runtimeName } from "../../runtime/runtime.ts";
import type { Rewriter } from "./rewriter.ts";
import {
  expressionStatement,
  ifStatement,
  labeledStatement,
  loop,
  switchStatement,
  tryStatement,
  variableDeclaration,
  visitStatements,
} from "./statements.ts";

type Rewriters = { readonly [Type in t.Node["type"]]?: (node: Extract<t.Node, { type: Type }>, r: Rewriter) => void };

/** What is done with each kind of node. Those that are not listed stay; their children are visited. */
export const rewriters: Rewriters = {
  ArrowFunctionExpression: functionNode,
  AssignmentExpression: assignmentExpression,
  AwaitExpression: awaitExpression,
  BinaryExpression: binaryExpression,
  BlockStatement: (node, r) => visitStatements(node.body, r),
  CallExpression: callExpression,
  ClassDeclaration: classNode,
  ClassExpression: classNode,
  ConditionalExpression: conditionalExpression,
  DoWhileStatement: (node, r) => loop(node, r),
  ExportAllDeclaration: exportAllDeclaration,
  ExportDefaultDeclaration: exportDefaultDeclaration,
  ExportNamedDeclaration: exportNamedDeclaration,
  ExpressionStatement: expressionStatement,
  ForInStatement: (node, r) => loop(node, r),
  ForOfStatement: (node, r) => loop(node, r),
  ForStatement: (node, r) => loop(node, r),
  FunctionDeclaration: functionNode,
  FunctionExpression: functionNode,
  // A name that stands for a value stays, unless it is a member of the enum around it.
  Identifier: (node, r) => enumMember(node, r),
  IfStatement: ifStatement,
  ImportDeclaration: importDeclaration,
  JSXElement: (node, r) => refuse(node, "JSX cannot run here: write plain function calls", r),
  JSXFragment: (node, r) => refuse(node, "JSX cannot run here: write plain function calls", r),
  LabeledStatement: labeledStatement,
  LogicalExpression: logicalExpression,
  MemberExpression: memberExpression,
  NewExpression: newExpression,
  ObjectMethod: functionNode,
  ObjectProperty: (node, r) => {
    if (node.computed) propertyKey(node.key, r);
    if (!node.shorthand) r.visit(node.value);
    else if (isEnumMember(node.value, r)) r.edits.before(node.start!, `${(node.value as t.Identifier).name}: `);
    if (node.shorthand) r.visit(node.value);
  },
  ObjectExpression: (node, r) => {
    for (const property of node.properties) {
      if (property.type === "SpreadElement") r.wrap(property.argument, `${runtimeName}.parts(`, ")");
      else r.visit(property);
    }
  },
  OptionalCallExpression: optionalChain,
  OptionalMemberExpression: optionalChain,
  Program: (node, r) => visitStatements(node.body, r),
  SwitchStatement: switchStatement,
  TSAsExpression: wrapperExpression,
  TSEnumDeclaration: enumDeclaration,
  TSExportAssignment: exportAssignment,
  TSImportEqualsDeclaration: importEquals,
  TSInstantiationExpression: wrapperExpression,
  TSModuleDeclaration: namespaceDeclaration,
  TSNonNullExpression: wrapperExpression,
  TSSatisfiesExpression: wrapperExpression,
  TSTypeAssertion: wrapperExpression,
  TaggedTemplateExpression: (node, r) => {
    reference(node.tag, r);
    eraseTypeArguments(node, r);
    r.visit(node.quasi);
  },
  TryStatement: tryStatement,
  UnaryExpression: unaryExpression,
  UpdateExpression: (node, r) => updateExpression(node, r),
  VariableDeclaration: variableDeclaration,
  WhileStatement: (node, r) => loop(node, r),
  YieldExpression: yieldExpression,
};

function isEnumMember(node: t.Node, r: Rewriter): boolean {
  return node.type === "Identifier" && r.scopes.of(node)?.kind === "enumMember";
}

function enumMember(node: t.Identifier, r: Rewriter): void {
  if (isEnumMember(node, r)) r.edits.before(node.start!, `${r.enumName!}.`);
}
