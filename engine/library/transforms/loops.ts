import { stack } from "../../primitives/shaping.ts";
import { slice } from "../../primitives/indexing.ts";
import { stopGradient } from "../../primitives/activation.ts";
import { recording } from "../../tape/recording.ts";
import { describeShape } from "../../tape/shape.ts";
import { Tensor, TracedNumber } from "../../tape/tensor.ts";
import type { TypedArray } from "../types.ts";
import { Complex } from "../complex/number.ts";
import { describe } from "../tree.ts";
import { asValue, fixed, shapeOf } from "../values.ts";
import { asFunction, inScope, type AnyFunction } from "./apply.ts";
import { recomputed, segmentSize, type CheckpointPolicy } from "./checkpoint.ts";
import { TransformError } from "./errors.ts";
import { flatten, isArrayOfNumbers, misfit, released, type Flat } from "./trees.ts";
import type { Stacked } from "./types.ts";

export interface ScanOptions {
  /** The number of turns, where there is nothing to scan over. */
  readonly length?: number;
  /** From the last element to the first. The results stand in the order of the elements all the same. */
  readonly reverse?: boolean;
  /**
   * Truncated backpropagation through time: the carry's gradient is stopped before every turn that is a multiple of this,
   * so that it flows through so many turns at most.
   */
  readonly truncate?: number;
  /** What is kept of the turns for the backward pass: see `checkpoint`. "everything" when left out. */
  readonly checkpoint?: CheckpointPolicy;
}

/** An element of something scanned over. */
export type ElementOf<Xs> = Xs extends undefined | null
  ? undefined
  : Xs extends Complex
    ? Complex
    : Xs extends TypedArray
      ? number
      : Xs extends { readonly shape: readonly number[] }
        ? number
        : Xs extends readonly (infer X)[]
          ? X
          : Xs extends object
            ? { readonly [K in keyof Xs]: ElementOf<Xs[K]> }
            : never;

/**
 * A loop that hands a carry from turn to turn: as JAX's `scan`. `f(carry, x)` gives `[carry, y]`; scan gives the last carry and
 * all the y, stacked along a new first axis.
 *
 * `xs` is a tensor, also of complex numbers, scanned along its first axis, an array, scanned element by element, or an object
 * of these, all of one length; `undefined` with the option `length`. In the graph the turns are one group.
 *
 * @example const [h, outputs] = scan((h, x) => { const next = tanh(h * a + x); return [next, next]; }, 0, sequence);
 * @throws TransformError where the carry changes its shape, or lengths differ.
 */
export function scan<Carry, Xs, Y>(
  f: (carry: Carry, x: ElementOf<Xs>) => readonly [carry: Carry, y: Y],
  init: Carry,
  xs: Xs,
  options: ScanOptions = {},
): [carry: Carry, ys: Stacked<Y>] {
  const call = asFunction("scan", f);
  const { reverse = false, truncate, checkpoint: policy = "everything" } = options;
  if (truncate !== undefined && !(Number.isInteger(truncate) && truncate > 0))
    throw new TransformError(`scan: truncate is a whole number of turns from 1 on, not ${String(truncate)}.`);
  const elements = elementsOf(xs, options.length);
  const place = (k: number): number => (reverse ? elements.length - 1 - k : k);
  const turn: Turn = (carry, k) => {
    const given: unknown = call(carry, elements.at(place(k)));
    if (Array.isArray(given) && given.length === 2) return given as unknown as [unknown, unknown];
    throw new TransformError("scan: the function returns [carry, y]: the next carry, and what is to be stacked.");
  };
  return inScope(() => {
    const [last, ys] = turns("scan", elements.length, init, turn, { policy, truncate });
    return released([last, stacked(reverse ? ys.reverse() : ys)]);
  }) as never;
}

/**
 * A loop over whole numbers: `body(i, carry)` for i from `lower` up to, but not including, `upper`. As JAX's `fori_loop`.
 *
 * @example foriLoop(0, 10_000, (i, h) => a * h, h0, { checkpoint: "sqrt" })
 * @throws TransformError where the carry changes its shape.
 */
export function foriLoop<Carry>(
  lower: number,
  upper: number,
  body: (i: number, carry: Carry) => Carry,
  init: Carry,
  options: Pick<ScanOptions, "checkpoint" | "truncate"> = {},
): Carry {
  const call = asFunction("foriLoop", body);
  const [from, to] = fixed([lower, upper] as const);
  if (!Number.isInteger(from) || !Number.isInteger(to))
    throw new TransformError(`foriLoop: the bounds are whole numbers, not ${from} and ${to}.`);
  const { truncate, checkpoint: policy = "everything" } = options;
  const turn: Turn = (carry, k) => [call(from + k, carry), undefined];
  return released(
    inScope(() => turns("foriLoop", Math.max(0, to - from), init, turn, { policy, truncate })[0]),
  ) as Carry;
}

export interface WhileOptions {
  /** Turns after which the loop counts as endless. 100 000 when left out. */
  readonly maxIterations?: number;
}

/**
 * Applies `body` to a carry as long as `condition` holds for it: as JAX's `while_loop`, but differentiable either way. The
 * number of turns has no derivative.
 *
 * @throws TransformError where the loop does not end, or the carry changes its shape.
 */
export function whileLoop<Carry>(
  condition: (carry: Carry) => boolean | number,
  body: (carry: Carry) => Carry,
  init: Carry,
  { maxIterations = 100_000 }: WhileOptions = {},
): Carry {
  const [holds, call] = [asFunction("whileLoop", condition), asFunction("whileLoop", body)];
  return released(
    inScope(() => {
      let carry: unknown = init;
      const wanted = flatten("whileLoop: the carry", init);
      for (let k = 0; isTrue(holds(carry)); k++) {
        if (k === maxIterations)
          throw new TransformError(
            `whileLoop: the condition still holds after ${maxIterations} turns; change what ends the loop, or raise maxIterations.`,
            "not-converged",
          );
        carry = inScope(() => call(carry), k);
        checkCarry("whileLoop", carry, wanted, k);
      }
      return carry;
    }),
  ) as Carry;
}

/**
 * `whenTrue(...operands)` or `whenFalse(...operands)`: as JAX's `cond`. Only the branch taken is computed, and only it gets a
 * gradient; the condition has none.
 *
 * @example cond(x > 0, (v) => Math.sqrt(v), () => 0, x)
 */
export function cond<Operands extends unknown[], Result>(
  condition: boolean | number,
  whenTrue: (...operands: Operands) => Result,
  whenFalse: (...operands: Operands) => Result,
  ...operands: Operands
): Result {
  const branches = [asFunction("cond", whenTrue), asFunction("cond", whenFalse)] as const;
  const taken = isTrue(condition) ? branches[0] : branches[1];
  return inScope(() => taken(...operands)) as Result;
}

/** Whether a value counts as true: what the program does hangs on it, and whoever watches the recording is told. */
function isTrue(condition: unknown): boolean {
  if (condition instanceof Tensor && condition.data.length !== 1)
    throw new TransformError(
      `a condition is a tensor of shape ${describeShape(condition.shape)}: it must be a single number or truth value; reduce it, with all or any for example.`,
    );
  if (!(condition instanceof TracedNumber) && !(condition instanceof Tensor)) return Boolean(condition);
  const number = condition instanceof Tensor ? condition.data[0]! : condition.primal;
  const holds = number !== 0 && !Number.isNaN(number);
  if (recording.on) {
    recording.watcher?.read(condition);
    recording.tape.branches.add(recording.site, recording.tape.length, holds ? 1 : 0);
  }
  return holds;
}

/** What turn k makes of the carry, and what it leaves behind besides. */
type Turn = (carry: unknown, k: number) => readonly [carry: unknown, y: unknown];

interface TurnOptions {
  readonly policy: CheckpointPolicy;
  readonly truncate: number | undefined;
}

/** The last carry, and what each turn left behind. */
function turns(
  operation: string,
  count: number,
  init: unknown,
  turn: Turn,
  { policy, truncate }: TurnOptions,
): [carry: unknown, ys: unknown[]] {
  const wanted = flatten(`${operation}: the carry`, init);
  const stretch = (start: unknown, from: number, to: number): [unknown, unknown[]] => {
    let carry = start;
    const ys: unknown[] = [];
    for (let k = from; k < to; k++) {
      const [next, y] = inScope(() => {
        const cut = truncate !== undefined && k > 0 && k % truncate === 0;
        return turn(cut ? stopped(operation, carry) : carry, k);
      }, k);
      checkCarry(operation, next, wanted, k);
      carry = next;
      ys.push(y);
    }
    return [carry, ys];
  };
  if (policy === "everything") return stretch(init, 0, count);
  const size = policy === "sqrt" ? segmentSize(count) : 1;
  const all: unknown[] = [];
  let carry = init;
  for (let from = 0; from < count; from += size) {
    const run: AnyFunction = (start) => stretch(start, from, Math.min(count, from + size));
    const [next, ys] = recomputed(run, [carry], policy === "sqrt" ? "nothing" : policy) as [unknown, unknown[]];
    carry = next;
    all.push(...ys);
  }
  return [carry, all];
}

function checkCarry(operation: string, carry: unknown, wanted: Flat, k: number): void {
  const problem = misfit(flatten(`${operation}: the carry that turn ${k + 1} returned`, carry), wanted);
  if (problem === undefined) return;
  throw new TransformError(
    `${operation}: the carry that turn ${k + 1} returned ${problem}: it must be built like the first one.`,
  );
}

function stopped(operation: string, carry: unknown): unknown {
  const { leaves, rebuild } = flatten(`${operation}: the carry`, carry);
  return rebuild(leaves.map((leaf) => stopGradient(leaf)));
}

/** What is scanned over, element by element. */
function elementsOf(xs: unknown, length: unknown): { readonly length: number; readonly at: (k: number) => unknown } {
  const given = length === undefined ? undefined : fixed(length as number);
  if (given !== undefined && !(Number.isInteger(given) && given >= 0))
    throw new TransformError(`scan: the length is a whole number of turns, not ${String(given)}.`);
  const lengths = new Map<number, string>();
  const at = partsOf(xs, "", lengths);
  if (given !== undefined) lengths.set(given, "the option length");
  const [[first] = []] = lengths;
  if (lengths.size > 1)
    throw new TransformError(
      `scan: lengths differ: ${[...lengths].map(([n, what]) => `${n} of ${what}`).join(", ")}; all that is scanned over must be equally long.`,
    );
  if (first === undefined)
    throw new TransformError("scan: there is nothing to scan over: give a tensor or an array, or the option length.");
  return { length: first, at };
}

function partsOf(xs: unknown, path: string, lengths: Map<number, string>): (k: number) => unknown {
  const what = path === "" ? "what is scanned over" : path;
  if (xs === undefined || xs === null) return () => xs;
  if (xs instanceof Tensor) {
    lengths.set(xs.shape[0]!, lengths.get(xs.shape[0]!) ?? what);
    return (k) => slice(xs, [k]);
  }
  if (Array.isArray(xs)) {
    lengths.set(xs.length, lengths.get(xs.length) ?? what);
    return (k) => (xs as unknown[])[k];
  }
  if (isArrayOfNumbers(xs)) return partsOf(asValue("scan", xs), path, lengths);
  if (xs instanceof Complex && shapeOf(xs.re).length > 0) {
    const [re, im] = [partsOf(xs.re, path, lengths), partsOf(xs.im, path, lengths)];
    return (k) => new Complex(re(k) as number, im(k) as number);
  }
  if (typeof xs === "object" && !ArrayBuffer.isView(xs) && !(xs instanceof Complex)) {
    const members = Object.entries(xs).map(
      ([key, member]) => [key, partsOf(member, path === "" ? key : `${path}.${key}`, lengths)] as const,
    );
    return (k) => Object.fromEntries(members.map(([key, part]) => [key, part(k)]));
  }
  throw new TransformError(`scan: ${what} is ${describe(xs)}; give a tensor, an array, or an object of these.`);
}

/** The results of all turns, leaf by leaf. */
function stacked(ys: readonly unknown[]): unknown {
  if (ys.length === 0) return [];
  const trees = ys.map((y, k) => flatten(`scan: what turn ${k + 1} returned to be stacked`, y));
  const [first] = trees as [Flat, ...Flat[]];
  trees.forEach((tree, k) => {
    const problem = misfit(tree, first);
    if (problem !== undefined)
      throw new TransformError(
        `scan: what turn ${k + 1} returned to be stacked ${problem}: it must be built like that of the first turn.`,
      );
  });
  return first.rebuild(first.leaves.map((_, k) => stack(trees.map(({ leaves }) => leaves[k]!))));
}
