import { add, div, mul, neg, sub } from "../primitives/arithmetic.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import { broadcastTo } from "../primitives/broadcasting.ts";
import { less, notEqual } from "../primitives/comparison.ts";
import { takeAlongAxis } from "../primitives/gathering.ts";
import { slice } from "../primitives/indexing.ts";
import { dataOf, primalOf } from "../primitives/rule.ts";
import { max, where } from "../primitives/selection.ts";
import { concat, reshape, squeeze } from "../primitives/shaping.ts";
import { logAddExp } from "../primitives/special.ts";
import { describeShape } from "../tape/shape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { reduced, type LossOptions } from "./lossReduction.ts";
import type { Operand } from "./types.ts";
import { asValue, asWhole, calledAs, shapeOf } from "./values.ts";

export interface CtcOptions extends LossOptions {
  /** The class that stands for no label; 0 when left out. */
  readonly blank?: number;
  /** How many of the times count, for each example; all when left out. */
  readonly lengths?: Operand;
  /** How many of the labels count, for each example; all when left out. */
  readonly labelLengths?: Operand;
}

/** The logarithm of what cannot be: finite, so that differences of two are no NaN. */
const never = -1e30;

/**
 * Connectionist temporal classification (Graves et al. 2006): −ln of the probability that a sequence of classes, repetitions
 * joined and blanks taken out, is the labels. The sum over all alignments is taken forwards, in logarithms. The mean is over
 * the examples of the loss by the number of labels, as in PyTorch. Where there are fewer times than the labels need, an example
 * costs 1e30, not PyTorch's infinity: sums and gradients stay finite.
 *
 * @param logProbabilities [batch, times, classes], such as `logSoftmax` gives, or one example [times, classes]
 * @param labels class indices [batch, labels], or [labels]
 * @throws ShapeError where they do not fit.
 */
export function ctcLoss(logProbabilities: Operand, labels: Operand, options: CtcOptions = {}): number {
  return calledAs("ctcLoss", () => {
    const [given, wanted] = [asValue("ctcLoss", logProbabilities), asValue("ctcLoss", labels)];
    const names = `ctcLoss of ${describeShape(shapeOf(given))} and labels ${describeShape(shapeOf(wanted))}`;
    const lone = shapeOf(given).length === 2;
    const scores = lone ? reshape(given, [1, ...shapeOf(given)]) : given;
    const targets = lone ? reshape(wanted, [1, ...shapeOf(wanted)]) : wanted;
    const [batch, times, classes] = shapeOf(scores) as [number, number, number];
    if (shapeOf(scores).length !== 3 || shapeOf(targets).length !== 2 || shapeOf(targets)[0] !== batch || times === 0)
      throw new ShapeError(
        `${names}: give logarithms of probabilities [batch, times, classes] with at least one time, and labels [batch, labels]`,
      );
    const blank = asWhole("ctcLoss", "the blank", options.blank ?? 0);
    if (blank < 0 || blank >= classes)
      throw new ShapeError(`${names}: the blank is ${blank}; give one of the ${classes} classes`);
    const count = shapeOf(targets)[1]!;
    const lengths = lengthsOf(`${names}: lengths`, options.lengths, batch, times, 1);
    const labelLengths = lengthsOf(`${names}: labelLengths`, options.labelLengths, batch, count, 0);

    const states = withBlanks(targets, blank, batch, count);
    const width = 2 * count + 1;
    const emitted = (time: number): Value => takeAlongAxis(slice(scores, [null, time]), states.classes, 1);
    let reached = where(states.first, emitted(0), never);
    for (let time = 1; time < times; time++) {
      const before = logAddExp(reached, shifted(reached, 1, batch, width));
      const skipping = where(states.skips, shifted(reached, 2, batch, width), never);
      const next = add(logAddExp(before, skipping), emitted(time));
      reached = options.lengths === undefined ? next : where(less(time, lengths), next, reached);
    }
    const last = takeAlongAxis(reached, mul(2, labelLengths), 1);
    const previous = takeAlongAxis(reached, max(0, sub(mul(2, labelLengths), 1)), 1);
    const ends = where(labelLengths, logAddExp(last, previous), last);
    const losses = neg(squeeze(ends, lone ? undefined : 1));
    const { reduction = "mean" } = options;
    const each = squeeze(max(1, labelLengths), lone ? undefined : 1);
    return reduced(names, reduction === "mean" ? div(losses, each) : losses, reduction);
  });
}

/** A number for each example, in a column that broadcasts over states. */
function lengthsOf(names: string, given: Operand | undefined, batch: number, most: number, least: number): Value {
  if (given === undefined) return broadcastTo(most, [batch, 1]);
  const value = asValue("ctcLoss", given);
  const list = dataOf(primalOf(value));
  const fits = list.length === batch && list.every((n) => Number.isInteger(n) && n >= least && n <= most);
  if (fits) return reshape(value, [batch, 1]);
  throw new ShapeError(`${names} are [${list.join(", ")}]; give ${batch} whole numbers from ${least} to ${most}`);
}

/** The states of the sum: the labels with blanks before, between and after them. They vary from batch to batch. */
function withBlanks(labels: Value, blank: number, batch: number, count: number) {
  const width = 2 * count + 1;
  const column = (x: number): Value => broadcastTo(x, [batch, 1]);
  const between = (own: Value, others: number): Value => {
    const pairs = concat([reshape(own, [batch, count, 1]), broadcastTo(others, [batch, count, 1])], 2);
    return concat([column(others), reshape(pairs, [batch, 2 * count])], 1);
  };
  const first = new Tensor(
    [1, width],
    Float64Array.from({ length: width }, (_, k) => Number(k < 2)),
  );
  if (count === 0) return { classes: column(blank), skips: column(0), first };
  // A blank between two equal labels cannot be left out.
  const changes = notEqual(slice(labels, [null, [1, count]]), slice(labels, [null, [0, count - 1]]));
  return { classes: between(labels, blank), skips: between(concat([column(0), changes], 1), 0), first };
}

/** Each state as it was `by` states before. */
function shifted(reached: Value, by: number, batch: number, width: number): Value {
  const none = broadcastTo(never, [batch, Math.min(by, width)]);
  return by >= width ? none : concat([none, slice(reached, [null, [0, width - by]])], 1);
}
