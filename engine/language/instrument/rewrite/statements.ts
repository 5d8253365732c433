import type * as t from "@babel/types";
import type { Variable } from "../lexicalScopes.ts";
import { runtimeName, type Taking } from "../../runtime/runtime.ts";
import { bare, boundIdentifiers } from "../syntax.ts";
import { assignedValue } from "./assignments.ts";
import { endStatement, eraseAfterName, eraseDeclaration, isOnlyTypes } from "./eraseTypes.ts";
import { test, unused } from "./operators.ts";
import { observations, visitPattern } from "./patterns.ts";
import type { Rewriter } from "./rewriter.ts";
import { takenText, takenTurns, takingOf, visitTaken } from "./takenApart.ts";

/** Visits the statements of a block. Only there can others be put between them. */
export function visitStatements(statements: readonly t.Statement[], r: Rewriter): void {
  for (const statement of statements) {
    if (r.typescript && isOnlyTypes(statement)) {
      eraseDeclaration(statement, r);
      continue;
    }
    r.visit(statement);
    if (r.typescript) endStatement(statement, r);
    if (statement.type === "ExpressionStatement") {
      if (r.parenthesised.has(statement.start!)) r.edits.outermostBefore(statement.start!, ";");
    } else {
      const declaration = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
      if (declaration?.type === "VariableDeclaration") observeDeclared(declaration, statement.end!, r);
    }
  }
}

/** After a declaration that takes a value apart: what its variables hold. */
function observeDeclared({ declarations }: t.VariableDeclaration, end: number, r: Rewriter): void {
  if (r.keepsValue) return;
  let statements = "";
  for (const { id, init } of declarations) {
    if (id.type !== "Identifier" && init && r.known.globalName(init) !== "Math") statements += observations(id, r);
  }
  if (statements !== "") r.edits.after(end, `;${statements}`);
}

export function expressionStatement(node: t.ExpressionStatement, r: Rewriter): void {
  if (r.keepsValue) {
    r.visit(node.expression);
    return;
  }
  unused(node.expression, r);
  const expression = bare(node.expression);
  if (expression.type !== "AssignmentExpression" || expression.operator !== "=") return;
  const target = bare(expression.left);
  if (target.type !== "ArrayPattern" && target.type !== "ObjectPattern") return;
  const statements = observations(target, r);
  if (statements === "") return;
  r.edits.outermostBefore(node.start!, "{");
  r.edits.after(node.end!, `;${statements}}`);
}

export function variableDeclaration(node: t.VariableDeclaration, r: Rewriter): void {
  for (const { id, init } of node.declarations) {
    if (id.type !== "Identifier") {
      visitPattern(id, r);
      if (init) visitTaken(id, init, r);
      continue;
    }
    eraseDefinite(id, r);
    if (!init) continue;
    const variable = r.scopes.of(id);
    // `using` hands the value itself to the language.
    if (variable === undefined || node.kind === "using" || node.kind === "await using") r.visit(init);
    else assignedValue(variable, id, init, r);
  }
}

/** `let x!: T` */
function eraseDefinite(id: t.Identifier, r: Rewriter): void {
  if (!id.typeAnnotation) return;
  eraseAfterName(id, r);
  r.erasedTails.add(id.end!);
}

// ---------------------------------------------------------------------------------------------------------- branches

export function ifStatement(node: t.IfStatement, r: Rewriter): void {
  test(node.test, r);
  r.visit(node.consequent);
  if (node.alternate) r.visit(node.alternate);
}

export function switchStatement(node: t.SwitchStatement, r: Rewriter): void {
  compared(node.discriminant, r);
  for (const { test: value, consequent } of node.cases) {
    if (value) compared(value, r);
    visitStatements(consequent, r);
  }
}

function compared(node: t.Node, r: Rewriter): void {
  if (r.known.isUntraced(node)) r.visit(node);
  else r.wrap(node, `${runtimeName}.primal(`, ")");
}

/** What is thrown inside loops and calls is caught in the scope that `try` stands in. */
export function tryStatement(node: t.TryStatement, r: Rewriter): void {
  const { block, handler, finalizer } = node;
  const before = r.host.operations;
  visitStatements(block.body, r);
  if (handler) {
    if (handler.param) visitPattern(handler.param, r);
    if (r.host.operations > before && !r.keepsValue) {
      const scope = r.temporary();
      r.edits.after(block.start! + 1, `${scope} = ${runtimeName}.scope();`);
      const resume = r.host.frame === undefined ? "" : `${runtimeName}.resume(${r.host.frame}, void 0);`;
      r.edits.after(handler.body.start! + 1, `${resume}${runtimeName}.leave(${scope});`);
    }
    if (handler.param) takeCaughtApart(handler.param, handler.body, r);
    visitStatements(handler.body.body, r);
  }
  if (finalizer) visitStatements(finalizer.body, r);
}

/** `catch ({ 0: a }) {…}` → `catch ($1) {let { 0: a } = $adjoint.parts($1);{…}}` */
function takeCaughtApart(pattern: t.Node, { start, end }: t.BlockStatement, r: Rewriter): void {
  const taking = takingOf(pattern);
  if (taking === 0) return;
  const caught = r.name();
  const { head, tail } = takenText(taking);
  const text = r.edits.take(pattern.start!, pattern.end!, caught);
  r.edits.after(start! + 1, `let ${text} = ${head}${caught}${tail};{`);
  r.edits.before(end! - 1, "}");
}

// ------------------------------------------------------------------------------------------------------------- loops

type Loop = t.ForStatement | t.ForInStatement | t.ForOfStatement | t.WhileStatement | t.DoWhileStatement;

export function labeledStatement(node: t.LabeledStatement, r: Rewriter): void {
  let { body } = node;
  while (body.type === "LabeledStatement") body = body.body;
  if (isLoop(body)) loop(body, r, node);
  else r.visit(node.body);
}

function isLoop({ type }: t.Node): boolean {
  return type.startsWith("For") || type === "WhileStatement" || type === "DoWhileStatement";
}

/** @param statement The loop with its labels. */
export function loop(node: t.Node, r: Rewriter, statement: t.Node = node): void {
  const loopNode = node as Loop;
  const variable = loopVariable(loopNode);
  const site = r.site(loopNode, "iteration", variable?.name);
  const { body } = loopNode;
  let operations = 0;
  const visitBody = (): void => {
    const before = r.host.operations;
    if (body.type === "BlockStatement") visitStatements(body.body, r);
    else r.visit(body);
    operations = r.host.operations - before;
  };

  let observed = "";
  let takenApart = "";
  switch (loopNode.type) {
    case "ForStatement":
      if (loopNode.init?.type === "VariableDeclaration") r.visit(loopNode.init);
      else if (loopNode.init) unused(loopNode.init, r);
      if (loopNode.test) test(loopNode.test, r);
      if (loopNode.update) unused(loopNode.update, r);
      visitBody();
      break;
    case "ForInStatement":
    case "ForOfStatement":
      takenApart = loopHead(loopNode, r);
      visitBody();
      if (loopNode.type === "ForOfStatement" && operations > 0) observed = observations(targetOf(loopNode), r);
      break;
    case "WhileStatement":
      test(loopNode.test, r);
      visitBody();
      break;
    case "DoWhileStatement":
      visitBody();
      test(loopNode.test, r);
  }
  if (r.keepsValue) return;
  const resumes = loopNode.type === "ForOfStatement" && loopNode.await && r.host.frame !== undefined;
  if (operations === 0 && !resumes && takenApart === "") return;
  if (resumes) r.host.suspends = true;

  const outer = r.temporary();
  const counter = variable !== undefined && isCounter(loopNode, variable, r) ? variable.name : undefined;
  const turn = counter ?? r.temporary();
  r.edits.outermostBefore(
    statement.start!,
    `{${outer} = ${runtimeName}.scope();${counter === undefined ? `${turn} = 0;` : ""}`,
  );
  const frame = r.host.frame ?? "";
  const iterate = `${runtimeName}.iterate(${outer}, ${site}, ${counter ?? `${turn}++`});`;
  const inside = takenApart === "" ? observed : `${takenApart}${observed}{`;
  const head = `${resumes ? `${runtimeName}.resume(${frame}, void 0);` : ""}${iterate}`;
  const close = takenApart === "" ? "" : "}";
  const tail = resumes ? `${close}} finally {${runtimeName}.suspend(${frame}, void 0);}` : close;
  const opened = resumes ? `${head}try {${inside}` : `${head}${inside}`;
  if (body.type === "BlockStatement") {
    r.edits.after(body.start! + 1, opened);
    r.edits.before(body.end! - 1, tail);
  } else {
    r.edits.outermostBefore(body.start!, `{${opened}`);
    r.edits.after(body.end!, `${tail}}`);
  }
  r.edits.after(
    statement.end!,
    `${resumes ? `${runtimeName}.resume(${frame}, void 0);` : ""}${runtimeName}.leave(${outer});}`,
  );
}

/** @returns What is to stand at the start of the body. */
function loopHead(node: t.ForInStatement | t.ForOfStatement, r: Rewriter): string {
  if (node.left.type !== "VariableDeclaration") visitPattern(node.left, r);
  else {
    for (const { id, init } of node.left.declarations) {
      visitPattern(id, r);
      if (init) visitTaken(id, init, r);
    }
  }
  // The keys of for-in are text.
  const taking = node.type === "ForOfStatement" ? takingOf(targetOf(node)) : 0;
  if (node.type === "ForOfStatement" && node.await) {
    if (r.host.frame !== undefined) r.wrap(node.right, `${runtimeName}.suspend(${r.host.frame}, `, ")");
    else r.visit(node.right);
    return taking === 0 ? "" : takeAwaitedApart(node, taking, r);
  }
  const { head, tail } = taking === 0 ? { head: "", tail: "" } : takenTurns(taking);
  r.wrap(node.right, head, tail);
  return "";
}

/** `for await (const { 0: a } of b) …` → `for await (const $1 of b) {const { 0: a } = $adjoint.parts($1);{…}}` */
function takeAwaitedApart(node: t.ForOfStatement, taking: Exclude<Taking, 0>, r: Rewriter): string {
  const { left } = node;
  const pattern = targetOf(node);
  const { head, tail } = takenText(taking);
  const declared = left.type === "VariableDeclaration" ? left.kind : undefined;
  const item = declared === undefined ? r.temporary() : r.name();
  const text = `${r.edits.take(pattern.start!, pattern.end!, item)} = ${head}${item}${tail}`;
  return declared === undefined ? `(${text});` : `${declared} ${text};`;
}

const targetOf = ({ left }: t.ForInStatement | t.ForOfStatement): t.Node =>
  left.type === "VariableDeclaration" ? left.declarations[0]!.id : left;

/** The variable that tells a loop's turns apart. */
function loopVariable(node: Loop): t.Identifier | undefined {
  if (node.type === "ForStatement") {
    const { init } = node;
    const id = init?.type === "VariableDeclaration" ? init.declarations[0]?.id : undefined;
    return id?.type === "Identifier" ? id : undefined;
  }
  if (node.type === "WhileStatement" || node.type === "DoWhileStatement") return undefined;
  return boundIdentifiers(bare(targetOf(node)))[0];
}

/** `for (let i = 0; …; i++)`, with i never set elsewhere: it can number the turns itself. */
function isCounter(node: Loop, id: t.Identifier, r: Rewriter): boolean {
  if (node.type !== "ForStatement" || node.init?.type !== "VariableDeclaration" || !node.update) return false;
  const init = node.init.declarations[0]!.init;
  const variable: Variable | undefined = r.scopes.of(id);
  if (init?.type !== "NumericLiteral" || !Number.isInteger(init.value) || variable === undefined) return false;
  const { update } = node;
  return (
    update.type === "UpdateExpression" &&
    bare(update.argument).type === "Identifier" &&
    r.scopes.of(bare(update.argument) as t.Identifier) === variable &&
    variable.assignments === 1 &&
    variable.declarations.length === 1 &&
    r.known.isUntracedVariable(variable)
  );
}

/** Declares the temporaries of the code outside of functions. */
export function finishFile(program: t.Program, r: Rewriter): void {
  const { temporaries } = r.host;
  if (temporaries.length === 0) return;
  const declaration = `let ${temporaries.join(", ")};`;
  const last = program.directives.at(-1);
  if (last !== undefined) r.edits.after(last.end!, `;${declaration}`);
  else r.edits.outermostBefore(program.body[0]!.start!, declaration);
}
