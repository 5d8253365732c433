import { dataOf } from "../primitives/rule.ts";
import { toldAt } from "./caller.ts";
import type { Finding } from "./finding.ts";
import { isPassing } from "./levels.ts";
import { figure, operationOf, type Subject } from "./subject.ts";
import type { Layer } from "./units.ts";

/** p(1 − p) below this share of its largest, ¼, counts as flat. */
const flatShare = 0.05;
/** Of all outputs flat, and flat where the loss would have them on the other side. */
const leastFlat = 0.5;
const leastStuck = 0.2;
/** Of fewer outputs none is the rule. */
const fewest = 4;
/** Of more units it is a layer's share that counts. */
const mostUnits = 3;

/** Of one value, in a loss. */
const mostLogarithms = 8;

/**
 * Single outputs of sigmoids next to 0 or 1, most of them, where the loss would have them at the other end and does not get
 * through: under a squared error, or log(1 − p) of p near 0, as with features that are not scaled. A logarithm of what is
 * near 0 makes up for the derivative: the cross-entropy of a classifier that is wrong passes on p − y, and one that is
 * right has nothing to learn.
 */
export function stuckOutputs(subject: Subject, layers: readonly Layer[]): Finding[] {
  const outputs = layers.filter(
    ({ activation, feeds, gate, units }) => activation === "sigmoid" && !feeds && !gate && units.size <= mostUnits,
  );
  if (outputs.length === 0) return [];
  const logarithms = logarithmsOf(subject);
  const parts = layers.map(({ node }) => node);
  return outputs.flatMap((layer) => {
    const counts = countsOf(subject, layer, logarithms);
    const { count, flat, stuck } = counts;
    if (count < fewest || flat < leastFlat * count || stuck < leastStuck * count) return [];
    return [findingOf(subject, layer, counts, parts)];
  });
}

interface Counts {
  readonly count: number;
  readonly flat: number;
  readonly stuck: number;
}

function countsOf(subject: Subject, { nodes }: Layer, logarithms: ReadonlyMap<number, readonly number[]>): Counts {
  const { tape, adjoints } = subject;
  const adjointsOf = (node: number): ArrayLike<number> =>
    tape.isTensor(node) ? (adjoints.tensor(node)?.data ?? []) : [adjoints.scalar(node)];
  let [count, flat, stuck] = [0, 0, 0];
  for (const node of nodes) {
    const values = dataOf(tape.primalOf(node));
    const wished = adjointsOf(node);
    const taken = (logarithms.get(node) ?? []).map((logarithm) => ({
      arguments: dataOf(tape.inputPrimals(logarithm)[0]!),
      adjoints: adjointsOf(logarithm),
    }));
    for (let at = 0; at < values.length; at++) {
      count++;
      const p = values[at]!;
      const slope = p * (1 - p);
      if (!(4 * slope < flatShare)) continue;
      flat++;
      const away = p > 0.5 ? wished[at]! > 0 : wished[at]! < 0;
      const madeUp = taken.some(
        (each) =>
          each.arguments.length !== values.length ||
          (each.adjoints[at] !== 0 && slope >= flatShare * each.arguments[at]!),
      );
      if (away && !madeUp) stuck++;
    }
  }
  return { count, flat, stuck };
}

/** For each node the logarithms that are taken of it, or of what it has been added to or taken from. */
function logarithmsOf(subject: Subject): Map<number, number[]> {
  const { tape, output } = subject;
  const found = new Map<number, number[]>();
  for (let user = output; user >= 0; user--) {
    if (!subject.adjoints.reached(user)) continue;
    const operation = operationOf(subject, user);
    const own = operation === "log" ? [user] : isPassing(tape.operation[user]!) ? found.get(user) : undefined;
    if (own === undefined) continue;
    for (const input of tape.inputsOf(user)) {
      const all = new Set([...(found.get(input) ?? []), ...own]);
      found.set(input, [...all].slice(0, mostLogarithms));
    }
  }
  return found;
}

function findingOf(subject: Subject, layer: Layer, { count, flat, stuck }: Counts, parts: readonly number[]): Finding {
  const { site, units, node } = layer;
  const squares = [...units.values()].reduce((sum, unit) => sum + unit.squares, 0);
  const size = Math.sqrt(squares / count);
  const { line, text, called } = toldAt(subject, site, node, parts);
  return {
    code: "saturated-activation",
    severity: "warning",
    message:
      `${stuck} of the ${count} outputs of \`${text}\` on ${line} are next to 0 or 1 where the loss would have them at the other end, ` +
      `and the derivative there is under 5 % of its largest: their arguments have an RMS of ${figure(size)}. ` +
      `Normalise the inputs, begin with smaller weights and biases, or use binaryCrossEntropy of the arguments, whose derivative is p − y.`,
    site,
    ...(called === undefined ? {} : { called }),
    data: { units: units.size, examples: count / units.size, share: flat / count, saturated: stuck, rms: size },
  };
}
