import type * as t from "@babel/types";
import type { SiteKind, SiteTable } from "../../../tape/site.ts";
import type { Edits } from "../edits.ts";
import type { Assignment, Operand, TextRange } from "../instrumentedFile.ts";
import type { LexicalScopes, Variable } from "../lexicalScopes.ts";
import { runtimeName } from "../../runtime/runtime.ts";
import { bare, forEachChild, skipTrivia } from "../syntax.ts";
import type { StaticKnowledge } from "../untraced.ts";
import { rewriters } from "./rewriters.ts";

/** Where temporaries are declared: the body of a function, a static block or the file; or an expression outside of those. */
export interface Host {
  readonly temporaries: string[];
  /** Operations and calls seen so far: what makes nodes. */
  operations: number;
  /** The variable that holds the frame of a generator or async function. */
  readonly frame: string | undefined;
  /** Whether it waits anywhere. */
  suspends?: boolean;
}

/** What `@` means: the language's decorators, or those of TypeScript's `experimentalDecorators` and what it makes of fields. */
export type DecoratorKind = "standard" | "experimental, fields defined" | "experimental, fields assigned";

export interface RewriteInput {
  readonly file: string;
  readonly edits: Edits;
  readonly scopes: LexicalScopes;
  readonly known: StaticKnowledge;
  readonly sites: SiteTable;
  readonly typescript: boolean;
  readonly strict: boolean;
  readonly format: "module" | "commonjs";
  readonly decorators: DecoratorKind;
  /** Whether the file as a whole has a value, as a text that is handed to `eval` has. */
  readonly hasValue: boolean;
}

/** The state of one walk over a file: what is being changed, and where the walk is. */
export class Rewriter {
  readonly file: string;
  readonly text: string;
  readonly edits: Edits;
  readonly scopes: LexicalScopes;
  readonly known: StaticKnowledge;
  readonly typescript: boolean;
  readonly format: "module" | "commonjs";
  readonly decorators: DecoratorKind;
  strict: boolean;
  host: Host = { temporaries: [], operations: 0, frame: undefined };

  /** Sites by the variable whose values they are. */
  readonly assignments = new Map<Variable, Assignment[]>();
  readonly operands: Operand[] = [];
  /** Where functions and classes stand. */
  readonly functions: TextRange[] = [];
  /** Where what was written instead of an expression starts with a parenthesis, which might call the line before. */
  readonly parenthesised = new Set<number>();
  /** Where expressions ended with a type that has been taken away. */
  readonly erasedTails = new Set<number>();
  /** What follows a call of `super` in a constructor whose parameters become fields. */
  afterSuper: string | undefined;
  /** Class members whose head, up to the key, has been written anew. */
  readonly headed = new Set<t.Node>();
  /** Classes, and the statements that export them. */
  readonly exported = new Map<t.Node, t.ExportNamedDeclaration | t.ExportDefaultDeclaration>();
  /** The enum whose members are being visited. */
  enumName: string | undefined;
  /** Traceable functions: their ids, and the sites of their parameters' defaults. */
  readonly functionIds = new Map<t.Node, number>();
  readonly parameterSites = new Map<t.Node, { name: string; index: number; site: number }[]>();
  /** The functions whose defaults are asked for by `$adjoint.parameter`. */
  traceable: ReadonlySet<t.Node> = new Set();

  readonly #sites: SiteTable;
  /** The host of a text that is handed to `eval`. */
  readonly #valued: Host | undefined;
  readonly #names = new Map<t.Node, Variable>();
  readonly #prefix: string;
  #temporaries = 0;

  constructor(input: RewriteInput) {
    this.file = input.file;
    this.edits = input.edits;
    this.text = input.edits.text;
    this.scopes = input.scopes;
    this.known = input.known;
    this.typescript = input.typescript;
    this.format = input.format;
    this.strict = input.strict;
    this.decorators = input.decorators;
    this.#sites = input.sites;
    this.#valued = input.hasValue ? this.host : undefined;
    let prefix = "$t";
    while (this.text.includes(prefix)) prefix += "_";
    this.#prefix = prefix;
  }

  // ------------------------------------------------------------------------------------------------------- the walk

  readonly visit = (node: t.Node): void => {
    const rewrite = rewriters[node.type] as ((node: t.Node, rewriter: Rewriter) => void) | undefined;
    if (rewrite !== undefined) rewrite(node, this);
    else forEachChild(node, this.visit);
  };

  visitAll(nodes: readonly (t.Node | null)[]): void {
    for (const node of nodes) if (node !== null) this.visit(node);
  }

  visitChildren(node: t.Node): void {
    forEachChild(node, this.visit);
  }

  // ---------------------------------------------------------------------------------------------------------- sites

  site(node: t.Node, kind: SiteKind = "expression", name?: string): number {
    const { start, end } = node.loc!;
    return this.#sites.add({
      file: this.file,
      start: node.start!,
      end: node.end!,
      line: start.line,
      column: start.column + 1,
      endLine: end.line,
      endColumn: end.column + 1,
      ...(name === undefined ? {} : { name }),
      kind,
    });
  }

  /** A site at an identifier's name, without its type. */
  nameSite({ name, start, loc }: t.Identifier, kind: SiteKind): number {
    const { line, column } = loc!.start;
    const end = start! + name.length;
    const columns = { column: column + 1, endColumn: column + 1 + name.length };
    return this.#sites.add({ file: this.file, start: start!, end, line, endLine: line, ...columns, name, kind });
  }

  /** The site of an operation, which is named after the variable that it is assigned to. */
  operation(node: t.Node): number {
    this.host.operations++;
    const variable = this.#names.get(node);
    const site = this.site(node, "expression", variable?.name);
    if (variable !== undefined) this.givesValueTo(variable, site, node.end!);
    return site;
  }

  nameOperation(node: t.Node, variable: Variable): void {
    this.#names.set(node, variable);
  }

  givesValueTo(variable: Variable, site: number, end: number): void {
    const assignments = this.assignments.get(variable);
    if (assignments === undefined) this.assignments.set(variable, [{ site, end }]);
    else assignments.push({ site, end });
  }

  /** Notes that an identifier or member is the `input`-th operand of the operation at `site`. */
  operand(node: t.Node, site: number, input: number): void {
    const inner = bare(node);
    if (inner.type === "Identifier") {
      this.operands.push({ start: inner.start!, end: inner.start! + inner.name.length, site, input });
    } else if (inner.type === "MemberExpression") {
      this.operands.push({ start: inner.start!, end: inner.end!, site, input });
    }
  }

  // ----------------------------------------------------------------------------------------------------------- text

  /** Where the next token after `offset` starts. */
  tokenAfter(offset: number): number {
    return skipTrivia(this.text, offset);
  }

  /** Visits `node` with text put around it. */
  wrap(node: t.Node, head: string, tail: string, visit: (node: t.Node) => void = this.visit): void {
    const sequence = node.type === "SequenceExpression";
    this.edits.before(node.start!, sequence ? `${head}(` : head);
    visit(node);
    this.edits.after(node.end!, sequence ? `)${tail}` : tail);
  }

  /** Like `wrap`, with text that starts with a parenthesis. */
  parenthesise(node: t.Node, head: string, tail: string, visit: (node: t.Node) => void): void {
    this.parenthesised.add(node.start!);
    this.wrap(node, head, tail, visit);
  }

  call(name: string, site: number): string {
    return `${runtimeName}.${name}(${site}, `;
  }

  /** Whether what statements come to is the value of the whole: then no others may be put between them. */
  get keepsValue(): boolean {
    return this.host === this.#valued;
  }

  // ---------------------------------------------------------------------------------------------------- temporaries

  /** A new variable of the innermost function. */
  temporary(): string {
    const name = this.name();
    this.host.temporaries.push(name);
    return name;
  }

  name(): string {
    return `${this.#prefix}${++this.#temporaries}`;
  }

  within(host: Host, body: () => void): void {
    const outer = this.host;
    this.host = host;
    body();
    this.host = outer;
  }

  /** Visits an expression that stands outside of any body: its temporaries become parameters of an arrow function around it. */
  visitOutsideBodies(node: t.Node, visit: (node: t.Node) => void = this.visit): void {
    const host: Host = { temporaries: [], operations: 0, frame: undefined };
    this.within(host, () => visit(node));
    this.host.operations += host.operations;
    if (host.temporaries.length === 0) return;
    this.edits.outermostBefore(node.start!, `((${host.temporaries.join(", ")}) => (`);
    this.edits.after(node.end!, "))()");
  }
}
