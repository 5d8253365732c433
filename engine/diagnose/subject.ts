import type { Adjoints } from "../differentiate/reverse.ts";
import type { InstrumentedFile } from "../language/instrument/instrumentedFile.ts";
import type { TracedParameter } from "../language/runtime/tracedCalls.ts";
import { operationName } from "../primitives/names.ts";
import type { SiteTable } from "../tape/site.ts";
import { inputOperation, type Tape } from "../tape/tape.ts";

/** A traced run to look for findings in. */
export interface Subject {
  readonly tape: Tape;
  readonly adjoints: Adjoints;
  readonly sites: SiteTable;
  /** The node of the result; −1 where the result is a constant. */
  readonly output: number;
  readonly parameters: readonly TracedParameter[];
  /** The files of the program, for the words in messages. */
  readonly sources: ReadonlyMap<string, InstrumentedFile>;
  /** Sites at which the runtime saw the gradient end outside of the tape: bitwise operators, whole-number arrays, leaks. */
  readonly ended?: readonly number[];
  /** The model file: lines of other files are named with their file. */
  readonly file: string;
}

/** "line 13", or "line 13 of layers.ts" elsewhere. */
export function lineOf(subject: Subject, site: number): string {
  return lineAt(subject, subject.sites.get(site));
}

export function lineAt(
  { file }: Subject,
  { line, file: where }: { readonly line: number; readonly file: string },
): string {
  return where === file ? `line ${line}` : `line ${line} of ${where.replace(/^.*[/\\]/, "")}`;
}

/** The text of a site in one line of at most `longest` characters. */
export function textOf({ sites, sources }: Subject, site: number, longest = 40): string {
  const { file, start, end } = sites.get(site);
  return shortened(sources.get(file)?.text.slice(start, end) ?? "", longest);
}

export function shortened(given: string, longest = 40): string {
  const text = given.replace(/\s+/g, " ").trim();
  return text.length <= longest ? text : `${text.slice(0, longest - 1).trimEnd()}…`;
}

/** "`sqrt(x)` on line 3", with the operation's name where there is no text. */
export function expressionOf(subject: Subject, node: number): string {
  const site = subject.tape.site[node]!;
  const operation = operationOf(subject, node);
  if (site === 0) return operation;
  return `\`${textOf(subject, site) || operation}\` on ${lineOf(subject, site)}`;
}

export function operationOf({ tape }: Subject, node: number): string {
  return operationName(tape.operation[node]!);
}

export function isInput({ tape }: Subject, node: number): boolean {
  return tape.operation[node] === inputOperation;
}

/** The name of a parameter as a whole: "w" of its element `w[0][1]`, "p.w" of a member. */
export function parameterName(name: string): string {
  return name.replace(/(\[\d+\])+$/, "");
}

/** Whether one of the nodes among the inputs of `node` satisfies `test`. */
export function someInput(tape: Tape, node: number, test: (input: number) => boolean): boolean {
  let found = false;
  tape.forEachWord(node, (word) => {
    if (word >= 0 && !found) found = test(word);
  });
  return found;
}

/** "0.236", "−28.5", "2.6e+12", "∞": `digits` significant digits, as short as they can be. */
export function figure(x: number, digits = 3): string {
  if (Number.isNaN(x)) return "NaN";
  const size = Math.abs(x);
  const sign = x < 0 ? "−" : "";
  if (size === Infinity) return `${sign}∞`;
  if (size < 1e6 && (Number.isInteger(size) || size >= 10 ** digits)) return `${sign}${String(Math.round(size))}`;
  const short = size >= 1e6 || size < 1e-4 ? size.toExponential(digits - 1) : size.toPrecision(digits);
  const [mantissa, exponent] = short.split("e") as [string, string | undefined];
  const trimmed = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return sign + (exponent === undefined ? trimmed : `${trimmed}e${exponent}`);
}

/** "a", "a and b", "a, b and c". */
export function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)!}`;
}
