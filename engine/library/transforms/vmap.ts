import { Graph } from "../../differentiate/graph.ts";
import { broadcastTo } from "../../primitives/broadcasting.ts";
import { slice } from "../../primitives/indexing.ts";
import { primalOf, shapeOf } from "../../primitives/rule.ts";
import { stack, transpose } from "../../primitives/shaping.ts";
import { recordApart, recording, type Watcher } from "../../tape/recording.ts";
import { describeShape } from "../../tape/shape.ts";
import { Tape } from "../../tape/tape.ts";
import { Tensor, type Value } from "../../tape/tensor.ts";
import { withSameDraws } from "../random.ts";
import { evenShape } from "../tree.ts";
import type { Tensor as TensorOf, TypedArray } from "../types.ts";
import { asValue } from "../values.ts";
import { Complex } from "../complex/number.ts";
import { asFunction, inScope, type AnyFunction } from "./apply.ts";
import type { Batched } from "./batched.ts";
import { evaluateBatched, isBatchable } from "./batching.ts";
import { TransformError } from "./errors.ts";
import { flatten, isArrayOfNumbers, isLeaf, misfit, released, type Flat } from "./trees.ts";
import type { Stacked } from "./types.ts";

/** One axis for all of a tree, a tree of axes built like it, or null for what is the same for every call. */
export type AxisTree = number | null | readonly AxisTree[] | { readonly [key: string]: AxisTree };

export interface VmapOptions {
  /** Which axis of the arguments is mapped over; an array has an entry for each argument. 0 when left out. */
  readonly inAxes?: AxisTree;
  /** Where the mapped axis stands in the result. 0 when left out. */
  readonly outAxes?: AxisTree;
}

/**
 * A function of one example, applied to a batch of them: as JAX's `vmap`. Every tensor in the arguments has one axis more,
 * which is mapped over; so has every number and tensor of the result. Arrays of numbers count as tensors; a complex number is
 * mapped over in both parts.
 *
 * Where what the function does does not hang on values, it is called once, and its operations are applied to the whole
 * batch; else it is called for each example. Either way value and derivatives are as if it had been called for each.
 *
 * Custom rules are taken one by one all the same.
 *
 * @example vmap(grad(loss), { inAxes: [null, 0] })(weights, examples)   // a gradient for each example
 * @throws TransformError where the axes mapped over differ in their extents, naming them.
 */
export function vmap<Args extends unknown[], Result>(
  f: (...args: Args) => Result,
  { inAxes = 0, outAxes = 0 }: VmapOptions = {},
): (...args: { [K in keyof Args]: MappedOver<Args[K]> }) => Stacked<Result> {
  const call = asFunction("vmap", f);
  return ((...args: unknown[]) => {
    const batch = batchOf(args, inAxes);
    const run = (): unknown => inScope(() => mapped(call, batch, outAxes));
    // The parts of a batch are known by their place on a tape.
    return recording.on ? run() : released(detached(run));
  }) as never;
}

/** What stands for many of a T: a tensor of numbers, a tensor with one axis more, a tree of these. */
export type MappedOver<T> = T extends number
  ? number | readonly number[] | readonly (readonly number[])[] | TypedArray
  : T extends TypedArray
    ? TensorOf
    : T extends Complex
      ? Complex
      : T extends readonly unknown[] | object
        ? { readonly [K in keyof T]: MappedOver<T[K]> } | readonly T[]
        : T;

function detached(run: () => unknown): unknown {
  let result: unknown;
  recordApart(new Tape(recording.tape.limitBytes), () => {
    result = run();
  });
  return result;
}

interface Batch {
  readonly size: number;
  /** The arguments of call k. */
  readonly at: (k: number) => unknown[];
  /** The parts that are mapped over, the batch as their first axis. */
  readonly parts: readonly Value[];
  /** The arguments, with values in the place of those parts. */
  readonly rebuild: (values: readonly Value[]) => unknown[];
}

interface Part {
  readonly path: string;
  readonly value: Value;
}

function batchOf(args: readonly unknown[], inAxes: AxisTree): Batch {
  if (Array.isArray(inAxes) && inAxes.length !== args.length)
    throw new TransformError(
      `vmap: inAxes has ${inAxes.length} ${inAxes.length === 1 ? "entry" : "entries"} for ${args.length} ${args.length === 1 ? "argument" : "arguments"}; give one for each, null for what is not mapped over.`,
    );
  const parts: Part[] = [];
  const builds = args.map((arg, k) =>
    visit(arg, Array.isArray(inAxes) ? (inAxes as readonly AxisTree[])[k]! : inAxes, `argument ${k + 1}`, parts),
  );
  const sizes = new Map<number, string>();
  for (const { path, value } of parts) if (!sizes.has(shapeOf(value)[0]!)) sizes.set(shapeOf(value)[0]!, path);
  if (sizes.size > 1)
    throw new TransformError(
      `vmap: the axes mapped over differ: ${[...sizes].map(([size, path]) => `${size} of ${path}`).join(", ")}; they must have equal extents.`,
    );
  const [size] = sizes.keys();
  if (size === undefined) throw new TransformError("vmap: nothing is mapped over: every axis in inAxes is null.");
  if (size === 0)
    throw new TransformError("vmap: the axis mapped over is empty, so there is nothing to call the function with.");
  const rebuild = (values: readonly Value[]): unknown[] => builds.map((build) => build(values));
  return {
    size,
    parts: parts.map(({ value }) => value),
    rebuild,
    at: (k) => rebuild(parts.map(({ value }) => slice(value, [k]))),
  };
}

type Build = (values: readonly Value[]) => unknown;

function visit(x: unknown, axis: AxisTree, path: string, parts: Part[]): Build {
  if (axis === null || x === undefined || x === null) return () => x;
  const isVector = Array.isArray(x) && typeof axis === "number" && isNumeric(x);
  if (isLeaf(x) || isVector || isArrayOfNumbers(x)) {
    if (typeof axis !== "number")
      throw new TransformError(`vmap: inAxes gives a tree of axes for ${path}, which is no tree.`);
    const value = asValue("vmap", x);
    const shape = shapeOf(value);
    const at = axis < 0 ? axis + shape.length : axis;
    if (!Number.isInteger(axis) || at < 0 || at >= shape.length)
      throw new TransformError(
        shape.length === 0
          ? `vmap: ${path} is a number and has no axis to map over: give null for it in inAxes, or a tensor.`
          : `vmap: ${path} has the shape ${describeShape(shape)}, so there is no axis ${axis} to map over.`,
      );
    const index = parts.push({ path, value: at === 0 ? value : transpose(value, moved(shape.length, at, 0)) }) - 1;
    return (values) => values[index];
  }
  const entries = Object.entries(x).map(([key, member]) => {
    const inner = typeof axis === "number" ? axis : (axis as Readonly<Record<string, AxisTree | undefined>>)[key];
    const at = Array.isArray(x) ? `${path}[${key}]` : `${path}.${key}`;
    if (inner === undefined) throw new TransformError(`vmap: inAxes has no entry for ${at}.`);
    return [key, visit(member, inner, at, parts)] as const;
  });
  if (Array.isArray(x)) return (values) => entries.map(([, build]) => build(values));
  const members = (values: readonly Value[]): object =>
    Object.fromEntries(entries.map(([key, build]) => [key, build(values)]));
  if (!(x instanceof Complex)) return members;
  return (values) => {
    const { re, im } = members(values) as Complex;
    return new Complex(re, im);
  };
}

/** Whether an array is one of numbers, nested evenly; traced numbers count too. */
function isNumeric(x: readonly unknown[]): boolean {
  const plain = (part: unknown): unknown =>
    Array.isArray(part) ? part.map(plain) : isLeaf(part) && !(part instanceof Tensor) ? 0 : part;
  return evenShape(x.map(plain)) !== undefined;
}

/** The order of axes that brings axis `from` to the place `to`. */
function moved(rank: number, from: number, to: number): number[] {
  const others = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== from);
  return others.toSpliced(to, 0, from);
}

/** Notes whether what a program does hangs on the values that it computes. */
class Spy implements Watcher {
  seen = false;
  readonly #outer: Watcher | undefined = recording.watcher;
  readonly compared: Watcher["compared"] = (...comparison) => this.#note((outer) => outer.compared(...comparison));
  readonly read: Watcher["read"] = (value) => this.#note((outer) => outer.read(value));

  #note(tell: (outer: Watcher) => void): void {
    this.seen = true;
    if (this.#outer instanceof Spy) tell(this.#outer);
  }
}

function mapped(f: AnyFunction, batch: Batch, outAxes: AxisTree): unknown {
  const { size, parts, rebuild } = batch;
  let flat: Flat | undefined;
  const run = (values: readonly Value[]): readonly Value[] => (flat = outputOf(f(...rebuild(values)))).leaves;
  const spy = new Spy();
  const { result: graph, drew } = withSameDraws(
    () =>
      new Graph(
        run,
        parts.map((part) => firstOf(part)),
        [],
        spy,
      ),
  );
  const captures = graph.captures.map(({ value }) => value);
  if (!spy.seen && !drew && isBatchable(graph)) {
    const inputs = [
      ...parts.map((value) => ({ value, isBatched: true })),
      ...captures.map((value) => ({ value, isBatched: false })),
    ];
    return placed(flat!, evaluateBatched(graph, inputs, size), size, outAxes);
  }
  // The first call has been made, unless whoever compiles the recording is to see it.
  const compiles = recording.watcher?.compiles === true;
  const first = compiles
    ? run(batch.parts.map((part) => slice(part, [0])))
    : graph.at([...parts.map((part) => slice(part, [0])), ...captures]).outputs;
  const wanted = { ...flat!, leaves: first };
  const rows = [first];
  for (let k = 1; k < size; k++) {
    const next = inScope(() => outputOf(f(...batch.at(k))), k);
    const problem = misfit(next, wanted);
    if (problem !== undefined)
      throw new TransformError(
        `vmap: what call ${k + 1} returned ${problem}: it must be built like that of the first call.`,
      );
    rows.push(next.leaves);
  }
  const stacked = first.map((_, leaf): Batched => ({ value: stack(rows.map((row) => row[leaf]!)), isBatched: true }));
  return placed(wanted, stacked, size, outAxes);
}

function outputOf(result: unknown): Flat {
  return flatten("vmap: what the function returned", result);
}

function firstOf(part: Value): Value {
  const first = slice(part, [0]);
  return first instanceof Tensor ? new Tensor(first.shape, first.data) : primalOf(first);
}

/** The outputs with the axis mapped over where `outAxes` says. */
function placed(
  { rebuild, leaves, paths }: Flat,
  outputs: readonly Batched[],
  size: number,
  outAxes: AxisTree,
): unknown {
  const axes = axesFor(rebuild(leaves.map((_, k) => new Place(k))), outAxes, "the result");
  const values = outputs.map(({ value, isBatched }, k) => {
    const axis = axes.get(k) ?? null;
    const path = paths[k] === "" ? "the result" : `the result at ${paths[k]!}`;
    if (axis === null) return isBatched ? same(value, size, path) : value;
    const batched = isBatched ? value : broadcastTo(value, [size, ...shapeOf(value)]);
    const rank = shapeOf(batched).length;
    const at = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(axis) || at < 0 || at >= rank)
      throw new TransformError(
        `vmap: ${path} has ${rank} ${rank === 1 ? "axis" : "axes"} with the one mapped over, so that cannot be axis ${axis}.`,
      );
    return at === 0 ? batched : transpose(batched, moved(rank, 0, at));
  });
  return rebuild(values);
}

/** Stands for a leaf of the result while its axes are looked up. */
class Place {
  readonly index: number;
  constructor(index: number) {
    this.index = index;
  }
}

function axesFor(
  tree: unknown,
  axes: AxisTree,
  path: string,
  found = new Map<number, number | null>(),
): Map<number, number | null> {
  if (tree instanceof Place) {
    if (axes !== null && typeof axes !== "number")
      throw new TransformError(`vmap: outAxes gives a tree of axes for ${path}, which is no tree.`);
    return found.set(tree.index, axes);
  }
  if (tree === undefined || tree === null) return found;
  for (const [key, member] of Object.entries(tree)) {
    const at = Array.isArray(tree) ? `${path}[${key}]` : `${path}.${key}`;
    const inner =
      axes === null || typeof axes === "number" ? axes : (axes as Readonly<Record<string, AxisTree | undefined>>)[key];
    if (inner === undefined) throw new TransformError(`vmap: outAxes has no entry for ${at}.`);
    axesFor(member, inner, at, found);
  }
  return found;
}

/** What all calls gave, where it is to be one value. */
function same(batched: Value, size: number, path: string): Value {
  const { data } = batched as Tensor;
  const each = data.length / size;
  if (data.every((x, k) => Object.is(x, data[k % each]))) return slice(batched, [0]);
  throw new TransformError(`vmap: outAxes is null for ${path}, but it differs between the calls: give it an axis.`);
}
