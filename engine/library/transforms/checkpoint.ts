import { composite } from "../../differentiate/composite.ts";
import { insideOfCustomFunctions } from "../../differentiate/custom.ts";
import { Graph } from "../../differentiate/graph.ts";
import { identity } from "../../primitives/identity.ts";
import { isTraced, keptResults, primalOf, type Primal } from "../../primitives/rule.ts";
import { recording } from "../../tape/recording.ts";
import { Tensor, type Value } from "../../tape/tensor.ts";
import { withSameDraws } from "../random.ts";
import type { Operand } from "../types.ts";
import { asValue } from "../values.ts";
import { asFunction, inScope, type AnyFunction } from "./apply.ts";
import { TransformError } from "./errors.ts";
import { KeptResults, type SelectedResults, type Selection } from "./keptResults.ts";
import { flatten, type Flat } from "./trees.ts";

/**
 * What of a function is kept for the backward pass; all else is computed again there.
 *
 * - "nothing": only what goes in and comes out.
 * - "everything": all of it, as without checkpoint.
 * - "sqrt": of n functions in a row, what goes into each of √n stretches (Griewank 1992; Chen et al. 2016).
 * - `{ names }`: what `checkpointName` gave one of these names.
 * - `{ bytes }`: up to so many bytes, the results that cost most to compute again first.
 */
export type CheckpointPolicy =
  "nothing" | "everything" | "sqrt" | { readonly names: readonly string[] } | { readonly bytes: number };

export interface CheckpointOptions {
  /** "nothing" when left out. */
  readonly policy?: CheckpointPolicy;
}

/**
 * A function that keeps nothing of what it computes for the backward pass, but computes it again there: memory for time,
 * at most one more forward pass. Values and gradients are the same to the last bit. As JAX's `checkpoint`, also known as
 * rematerialisation. What the function closes over counts as its input; the random numbers it draws are drawn again alike.
 *
 * @example const block = checkpoint((x: Tensor) => tanh(matmul(x, w)));
 * @example const net = checkpoint(layers, { policy: "sqrt" });   // functions in a row, each taking what the one before gave
 * @throws TransformError in the backward pass where the function gives another value than before.
 */
export function checkpoint<Args extends unknown[], Result>(
  f: (...args: Args) => Result,
  options?: CheckpointOptions,
): (...args: Args) => Result;
export function checkpoint<X>(f: readonly ((x: X) => X)[], options?: CheckpointOptions): (x: X) => X;
export function checkpoint(f: unknown, { policy = "nothing" }: CheckpointOptions = {}): unknown {
  checkPolicy(policy);
  if (Array.isArray(f)) return inARow(f as unknown[], policy);
  const call = asFunction("checkpoint", f);
  if (policy === "sqrt")
    throw new TransformError(
      'checkpoint: the policy "sqrt" needs several functions in an array, to keep √n of the values between them; scan and foriLoop take it for their turns.',
    );
  return (...args: unknown[]) => recomputed(call, args, policy);
}

/**
 * x itself, under a name by which a policy of `checkpoint` can keep it. Anywhere else it does nothing.
 *
 * @example const h = checkpointName(tanh(matmul(x, w)), "hidden");   // kept under { policy: { names: ["hidden"] } }
 */
export function checkpointName<const X extends Operand>(x: X, name: string): X {
  const value = asValue("checkpointName", x);
  if (recording.on && typeof value !== "number") recording.tape.owner(value)?.valueNames.set(value.node, name);
  const kept = recording.on ? keptResults.now : undefined;
  if (!(kept instanceof KeptResults) || !isTraced(value)) return x;
  kept.name(value as Exclude<Value, number>, name);
  const { tape, site, scope } = recording;
  return tape.add(identity.code, primalOf(value), [value], undefined, site, scope) as unknown as X;
}

function checkPolicy(policy: unknown): asserts policy is CheckpointPolicy {
  if (policy === "nothing" || policy === "everything" || policy === "sqrt") return;
  if (typeof policy === "object" && policy !== null) {
    if ("names" in policy && Array.isArray(policy.names)) return;
    if ("bytes" in policy && typeof policy.bytes === "number" && policy.bytes >= 0) return;
  }
  throw new TransformError(
    `checkpoint: the policy is "nothing", "everything", "sqrt", { names: […] } or { bytes: n }, not ${JSON.stringify(policy)}.`,
  );
}

function inARow(functions: readonly unknown[], policy: CheckpointPolicy): AnyFunction {
  const calls = functions.map((f) => asFunction("checkpoint", f));
  const size = policy === "sqrt" ? segmentSize(calls.length) : 1;
  const segments: AnyFunction[] = [];
  for (let from = 0; from < calls.length; from += size) {
    const part = calls.slice(from, from + size);
    const run: AnyFunction = (x) => part.reduce((value, f) => f(value), x);
    segments.push((x) => recomputed(run, [x], policy === "sqrt" ? "nothing" : policy));
  }
  return (x) => segments.reduce((value, segment) => segment(value), x);
}

/** Of `count` turns, how many one of √count stretches has. */
export function segmentSize(count: number): number {
  return Math.max(1, Math.ceil(Math.sqrt(count)));
}

/**
 * Runs `f` so that the tape keeps what goes in and comes out of it, and what the policy selects. A gradient check, and a
 * recording that is to be compiled, see through it: there is nothing to be saved there, and something to be found.
 */
export function recomputed(f: AnyFunction, args: readonly unknown[], policy: Selection | "everything"): unknown {
  const seenThrough = insideOfCustomFunctions.recorded || recording.watcher?.compiles === true;
  if (!recording.on || seenThrough || policy === "everything") return inScope(() => f(...args));
  const { captures, outputs, rebuild, again } = runForgotten(() => f(...args), policy);
  const results = composite(
    {
      name: "checkpoint",
      kept: again.kept,
      pull: (cotangents, inputs) => again.run().at(inputs).pull(cotangents),
      push: (tangents, inputs) => again.run().at(inputs).push(tangents),
    },
    captures.map(({ value }) => value),
    outputs,
  );
  return rebuild(results);
}

/** Nothing that outlives this call may hold the tape: closures of one function keep all that any of them uses. */
function runForgotten(
  f: () => unknown,
  selection: Selection,
): Pick<Flat, "rebuild"> & Pick<Graph, "captures"> & { readonly outputs: readonly Primal[]; readonly again: Again } {
  let flat: Flat | undefined;
  const results = new KeptResults(selection);
  const { result: graph, again } = withSameDraws(() =>
    keptResults.within(results, () => new Graph(() => (flat = leavesOf(f())).leaves, [])),
  );
  const { captures } = graph;
  const outputs = graph.primals.map(constantOf);
  return { captures, outputs, rebuild: flat!.rebuild, again: new Again(f, captures, outputs, results.select(), again) };
}

function leavesOf(result: unknown): Flat {
  return flatten("checkpoint: what the function returned", result);
}

/** Runs a function again as it ran the first time. */
class Again {
  /** What is not computed again. */
  readonly kept: readonly Tensor[];
  readonly #f: () => unknown;
  readonly #captures: Graph["captures"];
  readonly #outputs: readonly Primal[];
  readonly #results: SelectedResults;
  readonly #sameDraws: <U>(body: () => U) => U;

  constructor(
    f: () => unknown,
    captures: Graph["captures"],
    outputs: readonly Primal[],
    results: SelectedResults,
    sameDraws: <U>(body: () => U) => U,
  ) {
    this.kept = results.list;
    this.#f = f;
    this.#captures = captures;
    this.#outputs = outputs;
    this.#results = results;
    this.#sameDraws = sameDraws;
  }

  run(): Graph {
    const graph = this.#sameDraws(() =>
      keptResults.within(this.#results.replay(), () => new Graph(() => leavesOf(this.#f()).leaves, [], this.#captures)),
    );
    checkSame(graph, this.#captures.length, this.#outputs);
    return graph;
  }
}

/** Without the tape that it was computed on, which is to be forgotten. */
function constantOf(primal: Primal): Primal {
  return typeof primal === "number" ? primal : new Tensor(primal.shape, primal.data);
}

function checkSame(graph: Graph, captures: number, outputs: readonly Primal[]): void {
  const same =
    graph.captures.length === captures &&
    graph.primals.length === outputs.length &&
    graph.primals.every((primal, k) => equal(primal, outputs[k]!));
  if (same) return;
  throw new TransformError(
    "checkpoint: run again for the backward pass, the function gives another value than the first time; it must depend on nothing that changes in between, such as arrays that are changed later or a counter.",
  );
}

function equal(a: Primal, b: Primal): boolean {
  if (typeof a === "number" || typeof b === "number") return Object.is(a, b);
  return a.data.length === b.data.length && a.data.every((x, k) => Object.is(x, b.data[k]));
}
