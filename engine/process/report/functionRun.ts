import type { Adjoints } from "../../differentiate/reverse.ts";
import type { Subject } from "../../diagnose/subject.ts";
import type { InstrumentedFile } from "../../language/instrument/instrumentedFile.ts";
import type { TracedParameter } from "../../language/runtime/tracedCalls.ts";
import { custom, customRuleOf } from "../../primitives/custom.ts";
import { operationName } from "../../primitives/names.ts";
import type { Primal } from "../../primitives/rule.ts";
import type { Site, SiteTable } from "../../tape/site.ts";
import { constantOperation, inputOperation, type Tape } from "../../tape/tape.ts";
import type { FunctionOutline, SourceRange, Summary } from "../protocol.ts";
import { constantText } from "./constantText.ts";
import { Edges } from "./edges.ts";
import { nameNodes } from "./names.ts";
import { ScopeTree } from "./scopeTree.ts";
import { SiteIndex } from "./siteIndex.ts";
import { BackwardOrder } from "./backwardOrder.ts";
import { summarize } from "./summaries.ts";

export interface FunctionRunParts {
  readonly outline: FunctionOutline;
  readonly tape: Tape;
  readonly adjoints: Adjoints;
  /** The node of the result. */
  readonly output: number;
  readonly sites: SiteTable;
  readonly sources: ReadonlyMap<string, InstrumentedFile>;
  readonly parameters: readonly TracedParameter[];
}

/** One traced run of one function: what every question is answered from. What is worked out from it is kept. */
export class FunctionRun {
  readonly outline: FunctionOutline;
  readonly tape: Tape;
  readonly adjoints: Adjoints;
  readonly output: number;
  readonly sites: SiteTable;
  readonly sources: ReadonlyMap<string, InstrumentedFile>;
  readonly parameters: readonly TracedParameter[];
  #names: ReadonlyMap<number, string> | undefined;
  #edges: Edges | undefined;
  #order: BackwardOrder | undefined;
  #siteIndex: SiteIndex | undefined;
  #scopeTree: ScopeTree | undefined;
  /** By site. One object for all nodes of a site is sent only once in an answer. */
  readonly #ranges = new Map<number, SourceRange>();

  constructor(parts: FunctionRunParts) {
    this.outline = parts.outline;
    this.tape = parts.tape;
    this.adjoints = parts.adjoints;
    this.output = parts.output;
    this.sites = parts.sites;
    this.sources = parts.sources;
    this.parameters = parts.parameters;
  }

  /** What it is diagnosed as. */
  get subject(): Subject {
    const { tape, adjoints, sites, output, parameters, sources } = this;
    return { tape, adjoints, sites, output, parameters, sources, file: this.outline.source.file };
  }

  get name(): string {
    return this.outline.name;
  }

  /** Nodes of the tape. Those after the output are there too: the run made them, the result does not depend on them. */
  get length(): number {
    return this.tape.length;
  }

  get edges(): Edges {
    return (this.#edges ??= new Edges(this.tape, this.adjoints));
  }

  get order(): BackwardOrder {
    return (this.#order ??= new BackwardOrder(this.tape, this.adjoints));
  }

  get siteIndex(): SiteIndex {
    return (this.#siteIndex ??= new SiteIndex(this.tape, this.sites.length));
  }

  get scopeTree(): ScopeTree {
    return (this.#scopeTree ??= new ScopeTree(this));
  }

  operation(node: number): string {
    const operation = this.tape.operation[node]!;
    const name = operation === custom.code ? customRuleOf(this.tape.attributes(node)).name : undefined;
    return name ?? operationName(operation);
  }

  isInput(node: number): boolean {
    return this.tape.operation[node] === inputOperation;
  }

  isConstant(node: number): boolean {
    return this.tape.operation[node] === constantOperation;
  }

  primal(node: number): Primal {
    return this.tape.primalOf(node);
  }

  /** A tensor that the output does not depend on has no stored adjoint: it is zero. */
  adjoint(node: number): Primal {
    return this.tape.isTensor(node) ? (this.adjoints.tensor(node) ?? 0) : this.adjoints.scalar(node);
  }

  value(node: number): Summary {
    return summarize(this.primal(node));
  }

  adjointSummary(node: number): Summary {
    if (this.tape.isTensor(node) && this.adjoints.tensor(node) === undefined)
      return { norm: 0, min: 0, max: 0, mean: 0, finite: true };
    return summarize(this.adjoint(node));
  }

  /** The variable that the node's value was given to, or the parameter it is. */
  nodeName(node: number): string | undefined {
    return (this.#names ??= nameNodes(this.tape, this.sites)).get(node);
  }

  /** The name; of the result without one, the function's. */
  shownName(node: number): string | undefined {
    return this.nodeName(node) ?? (node === this.output ? this.name : undefined);
  }

  /** The name, else the expression's text. */
  label(node: number, longest = 40): string {
    return this.shownName(node) ?? (this.text(node, longest) || this.operation(node));
  }

  /** The text of the expression that made the node, in one line. */
  text(node: number, longest = 80): string {
    const site = this.siteOf(node);
    if (site !== undefined && this.isConstant(node) && this.tape.site[node] === 0) {
      const operand = constantText(this.tape, node, this.edges.firstUser(node), this.siteText(site));
      return shorten(operand ?? this.operation(node), longest);
    }
    return site === undefined ? (this.nodeName(node) ?? "") : shorten(this.siteText(site), longest);
  }

  siteText(site: Site): string {
    return this.sources.get(site.file)?.text.slice(site.start, site.end) ?? "";
  }

  /** Where the node was made; of a constant tensor, where it was first used. */
  siteOf(node: number): Site | undefined {
    const number = this.tape.site[node]!;
    if (number !== 0) return this.sites.get(number);
    if (!this.isConstant(node)) return undefined;
    const user = this.edges.firstUser(node);
    return user < 0 || this.tape.site[user] === 0 ? undefined : this.sites.get(this.tape.site[user]!);
  }

  /** A node without a place of its own stands at its function. */
  source(node: number): SourceRange {
    const number = this.tape.site[node]!;
    const known = number === 0 ? undefined : this.#ranges.get(number);
    if (known !== undefined) return known;
    const range = this.#range(node);
    if (number !== 0) this.#ranges.set(number, range);
    return range;
  }

  #range(node: number): SourceRange {
    const site = this.siteOf(node);
    return site === undefined ? this.outline.nameSource : rangeOf(site);
  }

  line(node: number): number {
    return this.source(node).line;
  }
}

export function rangeOf({ file, line, column, endLine, endColumn }: Site): SourceRange {
  return { file, line, column, endLine, endColumn };
}

/** One line of at most `longest` characters. */
export function shorten(text: string, longest: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 1).trimEnd()}…`;
}
