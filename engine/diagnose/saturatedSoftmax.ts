import { dataOf, type Primal } from "../primitives/rule.ts";
import { toldAt } from "./caller.ts";
import type { Finding } from "./finding.ts";
import { figure, operationOf, type Subject } from "./subject.ts";
import { carried } from "./traits.ts";

/** p beyond which p(1 − p) is under a twentieth of its largest, ¼, as for sigmoids. */
const nearlyAll = (1 + Math.sqrt(0.95)) / 2;
/** Half of the rows, as of a layer's outputs. */
const largestShare = 0.5;
/** Scores so far below the largest are masks. */
const masked = 5000;
/** Of fewer rows or columns none is the rule. */
const fewestRows = 4;
const fewestColumns = 3;

interface Rows {
  readonly rows: number;
  readonly columns: number;
  readonly held: number;
  /** Of the scores about the mean of their row. */
  readonly spread: number;
}

/**
 * Softmaxes whose rows mix other values, as in attention, and give nearly all weight to one of them: next to no gradient
 * gets back to the scores. Scores of queries and keys of size d that are not divided by √d do that (Vaswani et al.,
 * Attention Is All You Need, 2017, §3.2.1). The probabilities of a classifier may be as sure as they like.
 */
export function saturatedSoftmax(subject: Subject): Finding[] {
  const { tape, adjoints, output } = subject;
  const mixing = new Set<number>();
  for (let node = 0; node <= output; node++)
    if (operationOf(subject, node) === "matmul" && adjoints.reached(node))
      for (const input of tape.inputsOf(node)) mixing.add(carried(tape, input));
  const found = new Map<number, Rows & { readonly node: number }>();
  const consider = (node: number, rows: Rows | undefined): void => {
    const site = tape.site[node]!;
    if (rows === undefined || rows.rows < fewestRows || rows.held < largestShare * rows.rows) return;
    const before = found.get(site);
    if (before === undefined || rows.held / rows.rows > before.held / before.rows) found.set(site, { ...rows, node });
  };
  for (const node of mixing) consider(node, rowsOf(subject, node));
  for (const [node, rows] of writtenRows(subject)) consider(node, rows);
  return [...found].map(([site, rows]) => findingOf(subject, site, rows));
}

/** Undefined where it is no softmax along the last axis. */
function rowsOf(subject: Subject, node: number): Rows | undefined {
  const { tape } = subject;
  const shape = tape.shapeOf(node);
  const columns = shape.at(-1) ?? 0;
  const scores = scoresOf(subject, node);
  if (columns < fewestColumns || scores === undefined) return undefined;
  const [given, shares] = [dataOf(scores), dataOf(tape.primalOf(node))];
  if (given.length !== shares.length) return undefined;
  const counter = new RowCounter();
  for (let start = 0; start < shares.length; start += columns)
    if (!counter.add(given.subarray(start, start + columns), shares.subarray(start, start + columns))) return undefined;
  return counter.rows;
}

/** What a softmax, also one written as a quotient of exponentials, is taken of. */
function scoresOf(subject: Subject, node: number): Primal | undefined {
  const { tape } = subject;
  const operation = operationOf(subject, node);
  if (operation === "softmax") return tape.inputPrimals(node)[0];
  const above = operation === "div" ? tape.input0[node]! : -1;
  return above >= 0 && operationOf(subject, above) === "exp" ? tape.inputPrimals(above)[0] : undefined;
}

/** Softmaxes of plain numbers, eᵢ/Σe, whose shares are multiplied with other values: the first node and the rows of each line. */
function writtenRows(subject: Subject): Map<number, Rows> {
  const { tape, adjoints, output } = subject;
  const quotients = new Map<number, number[]>();
  const weighs = new Uint8Array(output + 1);
  for (let node = 0; node <= output; node++) {
    if (tape.isTensor(node) || !adjoints.reached(node)) continue;
    const [a, b] = [tape.input0[node]!, tape.input1[node]!];
    const operation = operationOf(subject, node);
    if (operation === "mul") for (const factor of [a, b]) if (factor >= 0) weighs[factor] = 1;
    if (operation !== "div" || a < 0 || b < 0 || operationOf(subject, a) !== "exp") continue;
    const known = quotients.get(b);
    if (known === undefined) quotients.set(b, [node]);
    else known.push(node);
  }
  const bySite = new Map<number, { readonly node: number; readonly counter: RowCounter }>();
  for (const nodes of quotients.values()) {
    if (nodes.length < fewestColumns || !nodes.every((node) => weighs[node] === 1)) continue;
    const site = tape.site[nodes[0]!]!;
    const line = bySite.get(site) ?? { node: nodes[0]!, counter: new RowCounter() };
    bySite.set(site, line);
    const scores = nodes.map((node) => tape.inputPrimals(tape.input0[node]!)[0] as number);
    const shares = nodes.map((node) => tape.primalOf(node) as number);
    line.counter.add(scores, shares);
  }
  return new Map([...bySite.values()].map(({ node, counter }) => [node, counter.rows]));
}

class RowCounter {
  #columns = 0;
  #rows = 0;
  #held = 0;
  #squares = 0;
  #count = 0;

  get rows(): Rows {
    const spread = Math.sqrt(this.#squares / this.#count);
    return { rows: this.#rows, columns: this.#columns, held: this.#held, spread };
  }

  /** False where the shares are no shares: they do not add up to 1. */
  add(scores: ArrayLike<number>, shares: ArrayLike<number>): boolean {
    const row = Array.from(shares);
    if (!(Math.abs(row.reduce((sum, p) => sum + p, 0) - 1) <= 1e-6)) return false;
    const own = Array.from(scores);
    const largest = own.reduce((a, b) => Math.max(a, b), -Infinity);
    const open = own.filter((x) => x >= largest - masked);
    if (open.length < 2) return true;
    this.#rows++;
    this.#columns = Math.max(this.#columns, row.length);
    if (row.some((p) => p > nearlyAll)) this.#held++;
    const mean = open.reduce((sum, x) => sum + x, 0) / open.length;
    for (const x of open) this.#squares += (x - mean) ** 2;
    this.#count += open.length;
    return true;
  }
}

function findingOf(
  subject: Subject,
  site: number,
  { rows, columns, held, spread, node }: Rows & { readonly node: number },
): Finding {
  const { line, text, called } = toldAt(subject, site, node, []);
  return {
    code: "saturated-activation",
    severity: "warning",
    message:
      `${held} of ${rows} rows of \`${text}\` on ${line} give over ${Math.floor(1000 * nearlyAll) / 10} % of the weight to one of ` +
      `${columns} entries, where the derivative is under 5 % of its largest: their scores are ${figure(spread)} apart (RMS). ` +
      `Scale the scores by ${figure(1 / spread, 2)}; those of queries and keys of size d by 1 / Math.sqrt(d), as attention does.`,
    site,
    ...(called === undefined ? {} : { called }),
    data: { rows, columns, held, node, share: held / rows, rms: spread },
  };
}
