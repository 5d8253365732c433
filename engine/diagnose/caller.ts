import type * as t from "@babel/types";
import { resolveScopes, type LexicalScopes, type Variable } from "../language/instrument/lexicalScopes.ts";
import { LineTable } from "../language/instrument/lineTable.ts";
import { parse } from "../language/instrument/parse.ts";
import type { SourceRange } from "../language/instrument/sourceReport.ts";
import { forEachChild, isFunction, type FunctionNode } from "../language/instrument/syntax.ts";
import { inputOperation } from "../tape/tape.ts";
import { lineAt, lineOf, shortened, textOf, type Subject } from "./subject.ts";

/** A place in the program. */
export interface Place {
  readonly range: SourceRange;
  readonly text: string;
}

/**
 * The call by which a node came about, where it stands in a function that several places of the program call, as a product
 * of a matrix and a vector, or in one like a sigmoid that a file declares: there is nothing amiss with such a function, but with what
 * this call is made with. Undefined where the node's own line is to be told, and where it is not clear which call it was.
 *
 * @param parts nodes of different layers or steps: a function that makes two of them is no tool of one
 */
export function callerOf(subject: Subject, node: number, parts: readonly number[]): Place | undefined {
  const { scopes, scope: scopeOf } = subject.tape;
  let caller: Call | undefined;
  for (let scope = scopeOf[node]!; scope !== 0; scope = scopes.parent(scope)) {
    if (scopes.iteration(scope) >= 0) continue;
    const site = scopes.site(scope);
    if (site === 0 || subject.sites.get(site).file === "") continue;
    const called = programOf(subject).functionAt(subject, site);
    if (called === undefined) return undefined;
    if (called.file.isCallback(called.node)) continue;
    const calls = programOf(subject).callsOf(called.file, called.node);
    const makesSeveral = parts.filter((part) => isWithin(subject, part, scope)).length > 1;
    const isShared = calls.length > 1 || (calls.length === 1 && isOfOneNumber(called.node));
    if (!isShared || makesSeveral || callsItself(called, calls)) break;
    const here = programOf(subject).callIn(subject, scope, calls);
    if (here === undefined) return undefined;
    caller = here;
  }
  if (caller === undefined) return undefined;
  const { file, call } = caller;
  return { range: file.lines.range(file.name, call.start!, call.end!), text: file.text.slice(call.start!, call.end!) };
}

/** A function of one variable written as one expression: what stands there is no more than its name, as of a sigmoid. */
function isOfOneNumber({ params, body }: FunctionNode): boolean {
  const [only] = body.type === "BlockStatement" && body.body.length === 1 ? body.body : [];
  return (
    params.length === 1 &&
    params[0]!.type === "Identifier" &&
    (body.type !== "BlockStatement" || only?.type === "ReturnStatement")
  );
}

function callsItself({ file, node }: Callee, calls: readonly Call[]): boolean {
  return calls.some((each) => each.file === file && each.call.start! >= node.start! && each.call.end! <= node.end!);
}

function isWithin({ tape: { scope: scopeOf, scopes } }: Subject, node: number, scope: number): boolean {
  for (let at = scopeOf[node]!; at >= scope; at = scopes.parent(at)) if (at === scope) return true;
  return false;
}

interface Call {
  readonly file: ParsedFile;
  readonly call: t.Node;
}

interface Callee {
  readonly file: ParsedFile;
  readonly node: FunctionNode;
}

const programs = new WeakMap<Subject, ParsedProgram>();

function programOf(subject: Subject): ParsedProgram {
  const program = programs.get(subject) ?? new ParsedProgram(subject);
  programs.set(subject, program);
  return program;
}

/** The files of a run as syntax trees. */
class ParsedProgram {
  readonly #files = new Map<string, ParsedFile>();

  /** The function as a whole, which has no scope of its own. */
  readonly #traced: { readonly file: string; readonly start: number } | undefined;

  constructor({ sources, sites, tape }: Subject) {
    for (const { file, text } of sources.values())
      if (!/[\\/]node_modules[\\/]/.test(file)) this.#files.set(file, new ParsedFile(file, text));
    const input = sites.get(tape.length > 0 && tape.operation[0] === inputOperation ? tape.site[0]! : 0);
    const file = this.#files.get(input.file);
    const start = file?.functionAt(input.start)?.start;
    this.#traced = file === undefined || start == null ? undefined : { file: file.name, start };
  }

  functionAt({ sites }: Subject, site: number): Callee | undefined {
    const { file: name, start } = sites.get(site);
    const file = this.#files.get(name);
    const node = file?.functions.get(start);
    return file === undefined || node === undefined ? undefined : { file, node };
  }

  /** The calls of a function, in all files. */
  callsOf(file: ParsedFile, called: FunctionNode): Call[] {
    const variable = file.variableOf(called);
    if (variable === undefined) return [];
    const calls = file.callsOf(variable).map((call) => ({ file, call }));
    for (const other of this.#files.values())
      if (other !== file)
        for (const imported of other.importsOf(variable.name))
          calls.push(...other.callsOf(imported).map((call) => ({ file: other, call })));
    return calls;
  }

  /** Which of the calls opened a scope: they follow each other as in the text, each after its arguments. */
  callIn({ tape: { scopes }, sites }: Subject, scope: number, calls: readonly Call[]): Call | undefined {
    const parent = scopes.parent(scope);
    let around = parent;
    while (around !== 0 && scopes.iteration(around) >= 0) around = scopes.parent(around);
    const { file, start } = around === 0 ? (this.#traced ?? sites.get(0)) : sites.get(scopes.site(around));
    const own = calls
      .filter(({ file: where, call }) => where.name === file && where.functionAround(call)?.start === start)
      .sort((a, b) => a.call.end! - b.call.end!);
    if (own.length < 2) return own[0];
    const turn = around === parent ? undefined : sites.get(scopes.site(parent));
    const within = own.filter(({ call }) => turn === undefined || (call.start! >= turn.start && call.end! <= turn.end));
    // Between the calls that follow one reference others are made, as the product is whose elements a sigmoid is taken of.
    let [before, all, runs, run, last] = [0, 0, 0, 0, 0];
    for (let other = parent + 1; other < scopes.length; other++) {
      if (scopes.parent(other) !== parent) continue;
      const site = scopes.site(other);
      if (site === scopes.site(scope)) {
        if (site !== last) runs++;
        if (other === scope) run = runs - 1;
        if (other < scope) before++;
        all++;
      }
      last = site;
    }
    if (runs === within.length) return within[run];
    const inTurns = within.length > 0 && all % within.length === 0 && !within.some(isRepeated);
    return inTurns ? within[before % within.length] : undefined;
  }
}

/** Handed to something that may call it any number of times, as map does. */
function isRepeated({ call }: Call): boolean {
  return call.type !== "CallExpression";
}

class ParsedFile {
  readonly name: string;
  readonly text: string;
  readonly lines: LineTable;
  /** By where they begin. */
  readonly functions = new Map<number, FunctionNode>();
  readonly #scopes: LexicalScopes;
  readonly #body: readonly t.Statement[];
  readonly #parents = new Map<t.Node, t.Node>();

  constructor(name: string, text: string) {
    const { program, format } = parse(name, text);
    this.name = name;
    this.text = text;
    this.lines = new LineTable(text);
    this.#body = program.body;
    this.#scopes = resolveScopes(program, format === "module");
    this.#index(program);
  }

  #index(node: t.Node): void {
    if (isFunction(node)) this.functions.set(node.start!, node);
    forEachChild(node, (child) => {
      this.#parents.set(child, node);
      this.#index(child);
    });
  }

  /** The variable that holds a function from its declaration on. */
  variableOf(node: FunctionNode): Variable | undefined {
    return this.#scopes.variables.find(
      ({ declarations, writes }) =>
        ("id" in node && node.id != null && declarations.includes(node.id)) || writes.includes(node),
    );
  }

  /** A function that stands as an argument. */
  isCallback(node: FunctionNode): boolean {
    const parent = this.#parents.get(node);
    return parent?.type === "CallExpression" && parent.callee !== node;
  }

  importsOf(name: string): Variable[] {
    const locals = this.#body.flatMap((statement): t.Identifier[] =>
      statement.type !== "ImportDeclaration"
        ? []
        : statement.specifiers.flatMap((specifier) => {
            if (specifier.type !== "ImportSpecifier") return [];
            const { imported, local } = specifier;
            return (imported.type === "Identifier" ? imported.name : imported.value) === name ? [local] : [];
          }),
    );
    return this.#scopes.variables.filter(({ declarations }) => locals.includes(declarations[0]!));
  }

  /** The calls of what a variable holds; of one that is handed on as an argument, the argument. */
  callsOf({ references }: Variable): t.Node[] {
    return references.flatMap((reference): t.Node[] => {
      const parent = this.#parents.get(reference);
      if (parent?.type !== "CallExpression") return [];
      return [parent.callee === reference ? parent : reference];
    });
  }

  /** The innermost function around an offset. */
  functionAt(offset: number): FunctionNode | undefined {
    const around = [...this.functions.values()].filter(({ start, end }) => start! <= offset && end! > offset);
    return around.reduce<FunctionNode | undefined>(
      (a, b) => (a === undefined || b.start! > a.start! ? b : a),
      undefined,
    );
  }

  functionAround(node: t.Node): FunctionNode | undefined {
    for (let at = this.#parents.get(node); at !== undefined; at = this.#parents.get(at)) if (isFunction(at)) return at;
    return undefined;
  }
}

/** How a finding's place is told: the line and the text, and the call, where that is told in place of its site. */
export interface Told {
  /** "line 3", "line 3 of layers.ts" */
  readonly line: string;
  readonly text: string;
  readonly called?: SourceRange;
}

/** The call of a shared function that `node` comes of, if it stands on another line, or else `site`. */
export function toldAt(subject: Subject, site: number, node: number, parts: readonly number[]): Told {
  const own = { line: lineOf(subject, site), text: textOf(subject, site) };
  const caller = site > 0 ? callerOf(subject, node, parts) : undefined;
  if (caller === undefined) return own;
  const { range, text } = caller;
  const { file, line } = subject.sites.get(site);
  if (range.file === file && range.line === line) return own;
  return { line: lineAt(subject, range), text: shortened(text), called: range };
}
