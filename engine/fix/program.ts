import type * as t from "@babel/types";
import { resolveScopes, type LexicalScopes, type Variable } from "../language/instrument/lexicalScopes.ts";
import { LineTable } from "../language/instrument/lineTable.ts";
import { parse } from "../language/instrument/parse.ts";
import { bare, forEachChild, isFunction, type FunctionNode } from "../language/instrument/syntax.ts";
import type { SourceRange } from "../language/instrument/sourceReport.ts";

/** A parameter of a function that the file declares. */
export interface DeclaredParameter {
  readonly of: FunctionNode;
  readonly index: number;
  readonly default: t.Node | undefined;
}

/** A file's syntax tree with the questions that edits ask of it. */
export class Program {
  readonly file: string;
  readonly text: string;
  readonly root: t.Program;
  readonly scopes: LexicalScopes;
  readonly #lines: LineTable;
  readonly #parents = new Map<t.Node, t.Node>();
  readonly #functions = new Map<t.Identifier, FunctionNode>();
  readonly #parameters = new Map<t.Identifier, DeclaredParameter>();
  /** Local name → exported name; namespaces under `*`. */
  readonly #library = new Map<string, string>();

  /** @throws SourceSyntaxError */
  constructor(file: string, text: string) {
    const { program, format } = parse(file, text);
    this.file = file;
    this.text = text;
    this.root = program;
    this.scopes = resolveScopes(program, format === "module");
    this.#lines = new LineTable(text);
    this.#index(program);
    for (const statement of program.body) {
      if (statement.type !== "ImportDeclaration" || statement.source.value !== "adjoint") continue;
      for (const specifier of statement.specifiers) {
        const { name } = specifier.local;
        if (specifier.type === "ImportNamespaceSpecifier") this.#library.set(name, "*");
        else if (specifier.type === "ImportSpecifier") {
          const { imported } = specifier;
          this.#library.set(name, imported.type === "Identifier" ? imported.name : imported.value);
        }
      }
    }
  }

  get usesLibrary(): boolean {
    return this.#library.size > 0;
  }

  /** The call that stands at a place. */
  callAt(source: SourceRange): t.CallExpression | undefined {
    return this.nodeAt(source, "CallExpression");
  }

  /** What of a kind stands at a place. */
  nodeAt<T extends t.Node["type"]>(
    { file, line, column, endLine, endColumn }: SourceRange,
    type: T,
  ): Extract<t.Node, { type: T }> | undefined {
    if (file !== this.file) return undefined;
    const start = this.#lines.offset({ line, column });
    const end = this.#lines.offset({ line: endLine, column: endColumn });
    for (const node of this.#parents.keys())
      if (node.type === type && node.start === start && node.end === end) return node as Extract<t.Node, { type: T }>;
    return undefined;
  }

  parent(node: t.Node): t.Node | undefined {
    return this.#parents.get(node);
  }

  range(start: number, end: number): SourceRange {
    return this.#lines.range(this.file, start, end);
  }

  textOf(node: t.Node): string {
    return this.text.slice(node.start!, node.end!);
  }

  /** The name that the library exports what is called by. */
  libraryName(callee: t.Node): string | undefined {
    const called = bare(callee);
    if (called.type === "Identifier")
      return this.scopes.of(called)?.kind === "import" ? this.#library.get(called.name) : undefined;
    if (called.type !== "MemberExpression" || called.property.type !== "Identifier" || called.computed)
      return undefined;
    const object = bare(called.object);
    return object.type === "Identifier" && this.#library.get(object.name) === "*" ? called.property.name : undefined;
  }

  variableOf(node: t.Node): Variable | undefined {
    return node.type === "Identifier" ? this.scopes.of(node) : undefined;
  }

  parameterOf(variable: Variable): DeclaredParameter | undefined {
    const [declaration] = variable.declarations;
    return variable.kind === "parameter" && declaration !== undefined ? this.#parameters.get(declaration) : undefined;
  }

  /** The function that an expression is, or names. */
  functionOf(expression: t.Node): FunctionNode | undefined {
    const value = bare(expression);
    if (isFunction(value)) return value;
    const variable = this.variableOf(value);
    const [declaration] = variable?.declarations ?? [];
    if (variable === undefined || declaration === undefined || variable.assignments > 0) return undefined;
    if (variable.kind === "function") return this.#functions.get(declaration);
    const only = this.onlyValue(variable);
    return only !== undefined && isFunction(bare(only)) ? (bare(only) as FunctionNode) : undefined;
  }

  /** The one expression that a variable ever holds the value of. */
  onlyValue({ kind, writes, hasOtherWrites, assignments }: Variable): t.Node | undefined {
    return kind !== "parameter" && !hasOtherWrites && assignments === 0 ? writes[0] : undefined;
  }

  /** The expressions that a function may return. */
  returned({ body }: FunctionNode): t.Node[] {
    if (body.type !== "BlockStatement") return [body];
    const found: t.Node[] = [];
    const visit = (node: t.Node): void => {
      if (isFunction(node)) return;
      if (node.type === "ReturnStatement" && node.argument) found.push(node.argument);
      forEachChild(node, visit);
    };
    forEachChild(body, visit);
    return found;
  }

  /** Whether a function names itself. */
  callsItself(called: FunctionNode): boolean {
    const names = (node: t.Node): boolean => {
      if (node.type === "Identifier" && this.functionOf(node) === called) return true;
      let found = false;
      forEachChild(node, (child) => {
        found ||= names(child);
      });
      return found;
    };
    return names(called.body);
  }

  #index(node: t.Node): void {
    if (isFunction(node)) {
      if ("id" in node && node.id) this.#functions.set(node.id, node);
      node.params.forEach((parameter, index) => {
        const pattern = parameter.type === "AssignmentPattern" ? parameter.left : parameter;
        if (pattern.type === "Identifier")
          this.#parameters.set(pattern, {
            of: node,
            index,
            default: parameter.type === "AssignmentPattern" ? parameter.right : undefined,
          });
      });
    }
    forEachChild(node, (child) => {
      this.#parents.set(child, node);
      this.#index(child);
    });
  }
}
