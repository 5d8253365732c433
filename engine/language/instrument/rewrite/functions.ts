import type * as t from "@babel/types";
import { runtimeName } from "../../runtime/runtime.ts";
import { bare, boundIdentifiers, isFunction, type FunctionNode } from "../syntax.ts";
import { eraseSignature } from "./eraseTypes.ts";
import { propertyKey } from "./operators.ts";
import { observations, visitPattern } from "./patterns.ts";
import type { Host, Rewriter } from "./rewriter.ts";
import { visitParameters, visitSetterParameter } from "./takenApart.ts";
import { patternText } from "../outline.ts";
import { visitStatements } from "./statements.ts";

export function functionNode(node: FunctionNode, r: Rewriter): void {
  const { body } = node;
  const site = r.site(node, "call", functionName(node));
  r.functions.push({ start: node.start!, end: node.end! });
  if (r.typescript) eraseSignature(node, r);
  if ("computed" in node && node.computed && !r.headed.has(node)) propertyKey(node.key, r);
  const outerStrict = r.strict;
  const directives = body.type === "BlockStatement" ? body.directives : [];
  if (directives.some(({ value }) => value.value === "use strict")) r.strict = true;
  if (r.traceable.has(node)) tracedParameters(node, site, r);
  else if ("kind" in node && node.kind === "set")
    visitSetterParameter(node, r, () => node.params.forEach((parameter) => parameterPattern(parameter, r)));
  else visitParameters(node.params, r, (index) => parameterPattern(node.params[index]!, r));

  const suspends = node.async || ("generator" in node && node.generator === true);
  const host: Host = {
    temporaries: [],
    operations: 0,
    frame: suspends ? r.name() : undefined,
  };
  r.within(host, () => {
    if (body.type === "BlockStatement") visitStatements(body.body, r);
    else r.visit(body);
    finishBody(node, site, host, r);
  });
  r.strict = outerStrict;
}

/** Puts what a body needs at its start and end: temporaries, its scope, what its parameters hold. */
function finishBody(node: FunctionNode, site: number, host: Host, r: Rewriter): void {
  const { body } = node;
  const isBlock = body.type === "BlockStatement";
  let head = host.temporaries.length > 0 ? `let ${host.temporaries.join(", ")};` : "";
  let tail = "";
  if (host.operations > 0 && !(isBlock && hasClashingDeclarations(node, body, r))) {
    if (host.frame === undefined) {
      const scope = r.name();
      head += `const ${scope} = ${runtimeName}.scope();${runtimeName}.enter(${site});try {`;
      tail = `} finally {${runtimeName}.leave(${scope});}`;
    } else {
      head += `const ${host.frame} = ${runtimeName}.frame(${site});try {`;
      tail = `} finally {${runtimeName}.leaveFrame(${host.frame});}`;
    }
    for (const parameter of node.params) head += observations(parameter, r);
  } else if (host.frame !== undefined && host.suspends === true) {
    head += `const ${host.frame} = ${runtimeName}.frame(${site});`;
  }
  if (head === "") return;
  if (isBlock) {
    const last = body.directives.at(-1);
    r.edits.after(last === undefined ? body.start! + 1 : last.end!, last === undefined ? head : `;${head}`);
    r.edits.before(body.end! - 1, tail);
  } else {
    r.edits.outermostBefore(body.start!, `{${head}return `);
    r.edits.after(body.end!, `;${tail}}`);
  }
}

/**
 * Functions declared directly in a body become, inside `try`, functions of a block: the language then refuses two of one
 * name, or a variable of that name. Such a body gets no scope of its own.
 */
function hasClashingDeclarations(node: FunctionNode, body: t.BlockStatement, r: Rewriter): boolean {
  const declared = new Set<string>();
  const parameters = new Set(node.params.flatMap((parameter) => boundIdentifiers(parameter).map(({ name }) => name)));
  for (const statement of body.body) {
    if (statement.type !== "FunctionDeclaration" || !statement.id) continue;
    const { name } = statement.id;
    const variable = r.scopes.of(statement.id);
    if (declared.has(name) || parameters.has(name) || name === "arguments" || variable === undefined) return true;
    if (variable.declarations.length > 1 || variable.kind !== "function") return true;
    declared.add(name);
  }
  return declared.size > 0 && r.scopes.dynamic;
}

function parameterPattern(parameter: t.Node, r: Rewriter): void {
  if (parameter.type === "TSParameterProperty") {
    const { parameter: inner } = parameter;
    r.edits.erase(parameter.start!, inner.start!);
    parameterPattern(inner, r);
  } else if (!(parameter.type === "Identifier" && parameter.name === "this")) {
    visitPattern(parameter, r, (node) => r.visitOutsideBodies(node));
  }
}

/** The defaults of a traceable function become its independent variables when the engine itself calls it. */
function tracedParameters(node: FunctionNode, functionId: number, r: Rewriter): void {
  const sites: { name: string; index: number; site: number }[] = [];
  r.functionIds.set(node, functionId);
  r.parameterSites.set(node, sites);
  visitParameters(node.params, r, (index) => {
    const parameter = node.params[index]!;
    visitPattern(parameter, r, (value) => {
      const name = parameterName(parameter, value, r);
      if (name === undefined || isFunction(bare(value)) || bare(value).type === "ClassExpression") {
        r.visitOutsideBodies(value);
        return;
      }
      const site = r.site(name.node, "expression", name.text);
      for (const identifier of boundIdentifiers(name.node)) {
        const variable = r.scopes.of(identifier);
        if (variable !== undefined && name.node.type === "Identifier") r.givesValueTo(variable, site, value.end!);
      }
      sites.push({ name: name.text, index, site });
      const head = `${runtimeName}.parameter(${functionId}, ${index}, ${JSON.stringify(name.text)}, ${site}, `;
      r.wrap(value, head, ")", (inner) => r.visitOutsideBodies(inner));
    });
  });
}

/** What a parameter, or a property of one that is taken apart, is called in the gradient. */
function parameterName(parameter: t.Node, value: t.Node, r: Rewriter): { text: string; node: t.Node } | undefined {
  const owner = patternOf(parameter, value);
  if (owner === undefined) return undefined;
  if (owner.type === "Identifier") return { text: owner.name, node: owner };
  return { text: patternText(owner, r.text), node: owner };
}

/** The left side of which `value` is the default. */
function patternOf(pattern: t.Node, value: t.Node): t.Node | undefined {
  switch (pattern.type) {
    case "AssignmentPattern":
      return pattern.right === value ? pattern.left : patternOf(pattern.left, value);
    case "ObjectPattern":
      return firstOf(pattern.properties, (property) =>
        property.type === "ObjectProperty" ? patternOf(property.value, value) : undefined,
      );
    case "ArrayPattern":
      return firstOf(pattern.elements, (element) => (element === null ? undefined : patternOf(element, value)));
    default:
      return undefined;
  }
}

function firstOf<T, U>(items: readonly T[], find: (item: T) => U | undefined): U | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function functionName(node: FunctionNode): string | undefined {
  if ("id" in node && node.id) return node.id.name;
  if ("key" in node) {
    if (node.key.type === "Identifier" && !("computed" in node && node.computed)) return node.key.name;
    if (node.key.type === "PrivateName") return `#${node.key.id.name}`;
  }
  return undefined;
}

/** Where an expression waits, the scope is kept and restored. */
export function awaitExpression(node: t.AwaitExpression, r: Rewriter): void {
  const { frame } = r.host;
  if (frame === undefined) {
    r.visit(node.argument);
    return;
  }
  r.host.suspends = true;
  r.edits.before(node.start!, `${runtimeName}.resume(${frame}, `);
  r.wrap(node.argument, `${runtimeName}.suspend(${frame}, `, ")");
  r.edits.after(node.end!, ")");
}

export function yieldExpression(node: t.YieldExpression, r: Rewriter): void {
  const frame = r.host.frame!;
  r.host.suspends = true;
  r.edits.before(node.start!, `${runtimeName}.resume(${frame}, `);
  if (node.argument) r.wrap(node.argument, `${runtimeName}.suspend(${frame}, `, ")");
  else r.edits.after(node.end!, ` ${runtimeName}.suspend(${frame}, void 0)`);
  r.edits.after(node.end!, ")");
}
