import type * as t from "@babel/types";
import type { LexicalScopes, Variable } from "./lexicalScopes.ts";
import { bare } from "./syntax.ts";

/** What can be told of values before anything runs. */
export interface StaticKnowledge {
  /** Never a traced number nor a tensor, whatever runs. */
  isUntraced(expression: t.Node): boolean;
  /** True or false. */
  isBoolean(expression: t.Node): boolean;
  /** No number and no object: a string, boolean, null, undefined or function. */
  isNoNumber(expression: t.Node): boolean;
  isUntracedVariable(variable: Variable): boolean;
  /** The property of the global Math that an expression names, also by a constant read from it. */
  mathProperty(expression: t.Node): string | undefined;
  /** The name of the global variable that an expression is. */
  globalName(expression: t.Node): string | undefined;
}

/** Optimistic: a variable is untraced until one of its writes is not. */
export function analyse(scopes: LexicalScopes): StaticKnowledge {
  const untraced = new Set<Variable>();
  const math = new Map<Variable, string>();
  const knowledge = new Knowledge(scopes, untraced, math);
  if (scopes.dynamic) return knowledge;
  for (const variable of scopes.variables) {
    const name = knowledge.mathConstant(variable);
    if (name !== undefined) math.set(variable, name);
    if (!variable.hasOtherWrites) untraced.add(variable);
  }
  for (let changed = true; changed;) {
    changed = false;
    for (const variable of untraced) {
      if (variable.writes.every((write) => knowledge.isUntraced(write))) continue;
      untraced.delete(variable);
      changed = true;
    }
  }
  return knowledge;
}

const comparisons = new Set(["<", "<=", ">", ">=", "==", "!=", "===", "!==", "in", "instanceof"]);
const bitwise = new Set(["&", "|", "^", "<<", ">>", ">>>"]);

class Knowledge implements StaticKnowledge {
  readonly #scopes: LexicalScopes;
  readonly #untraced: ReadonlySet<Variable>;
  readonly #math: ReadonlyMap<Variable, string>;

  constructor(scopes: LexicalScopes, untraced: ReadonlySet<Variable>, math: ReadonlyMap<Variable, string>) {
    this.#scopes = scopes;
    this.#untraced = untraced;
    this.#math = math;
  }

  isUntracedVariable(variable: Variable): boolean {
    return this.#untraced.has(variable);
  }

  isUntraced(expression: t.Node): boolean {
    const node = bare(expression);
    switch (node.type) {
      case "NumericLiteral":
      case "StringLiteral":
      case "BooleanLiteral":
      case "NullLiteral":
      case "BigIntLiteral":
      case "RegExpLiteral":
      case "TemplateLiteral":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
      case "ClassExpression":
        return true;
      case "Identifier": {
        const variable = this.#scopes.of(node);
        if (variable !== undefined) return this.#untraced.has(variable);
        return !this.#scopes.dynamic && (node.name === "undefined" || node.name === "NaN" || node.name === "Infinity");
      }
      case "UnaryExpression":
        if (node.operator === "-" || node.operator === "+") return this.isUntraced(node.argument);
        return node.operator !== "throw";
      case "UpdateExpression":
        return this.isUntraced(node.argument);
      case "BinaryExpression":
        if (comparisons.has(node.operator) || bitwise.has(node.operator)) return true;
        return this.isUntraced(node.left) && this.isUntraced(node.right);
      case "LogicalExpression":
        return this.isUntraced(node.left) && this.isUntraced(node.right);
      case "ConditionalExpression":
        return this.isUntraced(node.consequent) && this.isUntraced(node.alternate);
      case "AssignmentExpression":
        if (node.operator === "=") return this.isUntraced(node.right);
        if (bitwise.has(node.operator.slice(0, -1))) return true;
        return bare(node.left).type === "Identifier" && this.isUntraced(node.left) && this.isUntraced(node.right);
      case "SequenceExpression":
        return this.isUntraced(node.expressions.at(-1)!);
      case "CallExpression":
        return this.mathProperty(node.callee) !== undefined && node.arguments.every((value) => this.isUntraced(value));
      case "MemberExpression": {
        const property = this.mathProperty(node);
        return property !== undefined && /^[A-Z]/.test(property);
      }
      default:
        return false;
    }
  }

  isBoolean(expression: t.Node): boolean {
    const node = bare(expression);
    switch (node.type) {
      case "BooleanLiteral":
        return true;
      case "UnaryExpression":
        return node.operator === "!" || node.operator === "delete";
      case "BinaryExpression":
        return comparisons.has(node.operator);
      case "LogicalExpression":
        return this.isBoolean(node.left) && this.isBoolean(node.right);
      default:
        return false;
    }
  }

  isNoNumber(expression: t.Node): boolean {
    const node = bare(expression);
    switch (node.type) {
      case "StringLiteral":
      case "TemplateLiteral":
      case "NullLiteral":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        return true;
      case "Identifier":
        return node.name === "undefined" && this.#scopes.of(node) === undefined;
      case "UnaryExpression":
        return node.operator === "typeof" || node.operator === "void";
      default:
        return this.isBoolean(node);
    }
  }

  globalName(expression: t.Node): string | undefined {
    const node = bare(expression);
    if (node.type !== "Identifier" || this.#scopes.dynamic || this.#scopes.of(node) !== undefined) return undefined;
    return node.name;
  }

  mathProperty(expression: t.Node): string | undefined {
    const node = bare(expression);
    if (node.type === "Identifier") {
      const variable = this.#scopes.of(node);
      return variable === undefined ? undefined : this.#math.get(variable);
    }
    if (node.type !== "MemberExpression" || this.globalName(node.object) !== "Math") return undefined;
    if (!node.computed) return node.property.type === "Identifier" ? node.property.name : undefined;
    return node.property.type === "StringLiteral" ? node.property.value : undefined;
  }

  /** `const sin = Math.sin`, `const { sin, cos: c } = Math`: which of Math's properties a variable is. */
  mathConstant(variable: Variable): string | undefined {
    if (variable.kind !== "const" || variable.declarations.length !== 1) return undefined;
    if (variable.property !== undefined) {
      return this.globalName(variable.property.of) === "Math" ? variable.property.name : undefined;
    }
    const [write] = variable.writes;
    return write === undefined || variable.writes.length > 1 ? undefined : this.mathProperty(write);
  }
}
