import { dataOf } from "../primitives/rule.ts";
import type { Finding } from "./finding.ts";
import { figure, lineOf, operationOf, textOf, type Subject } from "./subject.ts";
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
  const found = new Map<number, Rows>();
  for (const node of mixing) {
    if (operationOf(subject, node) !== "softmax") continue;
    const rows = rowsOf(subject, node);
    const site = tape.site[node]!;
    if (rows === undefined || rows.rows < fewestRows || rows.held < largestShare * rows.rows) continue;
    const before = found.get(site);
    if (before === undefined || rows.held / rows.rows > before.held / before.rows) found.set(site, rows);
  }
  return [...found].map(([site, rows]) => findingOf(subject, site, rows));
}

/** Undefined where it is taken along another axis than the last. */
function rowsOf({ tape }: Subject, node: number): Rows | undefined {
  const shape = tape.shapeOf(node);
  const columns = shape.at(-1) ?? 0;
  const [scores] = tape.inputPrimals(node);
  if (columns < fewestColumns || scores === undefined) return undefined;
  const [given, shares] = [dataOf(scores), dataOf(tape.primalOf(node))];
  let [rows, held, squares, count] = [0, 0, 0, 0];
  for (let start = 0; start < shares.length; start += columns) {
    const row = shares.subarray(start, start + columns);
    if (Math.abs(row.reduce((sum, p) => sum + p, 0) - 1) > 1e-6) return undefined;
    const own = given.subarray(start, start + columns);
    const largest = own.reduce((a, b) => Math.max(a, b), -Infinity);
    const open = own.filter((x) => x >= largest - masked);
    if (open.length < 2) continue;
    rows++;
    if (row.some((p) => p > nearlyAll)) held++;
    const mean = open.reduce((sum, x) => sum + x, 0) / open.length;
    for (const x of open) squares += (x - mean) ** 2;
    count += open.length;
  }
  return { rows, columns, held, spread: Math.sqrt(squares / count) };
}

function findingOf(subject: Subject, site: number, { rows, columns, held, spread }: Rows): Finding {
  return {
    code: "saturated-activation",
    severity: "warning",
    message:
      `${held} of ${rows} rows of \`${textOf(subject, site)}\` on ${lineOf(subject, site)} give over ${Math.floor(1000 * nearlyAll) / 10} % of the weight to one of ` +
      `${columns} entries, where the derivative is under 5 % of its largest: their scores are ${figure(spread)} apart (RMS). ` +
      `Scale the scores by ${figure(1 / spread, 2)}; those of queries and keys of size d by 1 / Math.sqrt(d), as attention does.`,
    site,
    data: { rows, columns, held, share: held / rows, rms: spread },
  };
}
