import { sizeOf, type Shape } from "../../tape/shape.ts";
import type { BundleMember } from "./bundles.ts";
import type { Graph, OperationNode } from "./graph.ts";
import { KernelSource, type Index } from "./source.ts";
import { decompositionRoots } from "./decompositionKernels.ts";
import { eliminationRoots } from "./eliminationKernels.ts";
import { scatterRoots } from "./scatterKernels.ts";
import { Reader, type Root } from "./values.ts";
import { windowRoots } from "./windowKernels.ts";

/** A kernel as gpu.js takes it. */
export interface KernelText {
  readonly source: string;
  /** The nodes whose textures are its first arguments. */
  readonly textures: readonly number[];
  /** The slots of the numbers that are its next arguments. */
  readonly numbers: readonly number[];
  /** Numbers that are its last arguments, known beforehand: where in its textures it begins to read, or its step. */
  readonly offsets: readonly number[];
}

/** The kernel that makes a texture of an operation, one thread for each element. */
export function kernelOf(graph: Graph, node: number, isTexture: (node: number) => boolean): KernelText {
  const operation = graph.nodes[node] as OperationNode;
  const root = roots[operation.name];
  const written = (begins?: ReadonlyMap<number, number>): { readonly reader: Reader; readonly text: KernelText } => {
    const source = new KernelSource();
    const reader = new Reader(graph, source, isTexture, begins);
    const index = reader.flatIndex(operation.shape, source.own);
    const result = root === undefined ? reader.compute(operation, index) : root(reader, operation, index);
    return { reader, text: source.finish(result) };
  };
  const { reader, text } = written();
  // Bundles that differ only in where they read have the same text.
  return operation.name === "bundle" ? written(reader.begins).text : text;
}

/** Whether the operation has a kernel of its own. */
export function isRoot(name: string): boolean {
  return Object.hasOwn(roots, name);
}

/** Whether each element of an input is read by many threads: it should not be computed by each of them. */
export function readsOften(name: string): boolean {
  return (
    often.has(name) ||
    Object.hasOwn(windowRoots, name) ||
    Object.hasOwn(eliminationRoots, name) ||
    Object.hasOwn(decompositionRoots, name)
  );
}

const often = new Set([
  "matmul",
  "cumsum",
  "cumprod",
  "linearRecurrence",
  "maxMask",
  "minMask",
  "rank",
  "inversePermutation",
  "scatterAdd",
  "scatterAddAlongAxis",
  "scatterSet",
  "scatterSetAlongAxis",
  "scatterWinners",
  "logCumSumExp",
  "cumargmax",
  "cumargmin",
  "bundle",
]);

const axesIn = ({ attributes }: OperationNode): readonly number[] => attributes["axes"] as readonly number[];
const axisIn = ({ attributes }: OperationNode): number => attributes["axis"] as number;

/** The index in an input whose other axes are those of the result, and whose reduced axes are at a flat place of theirs. */
function within(
  reader: Reader,
  shape: Shape,
  axes: readonly number[],
  others: readonly string[],
  place: string,
): Index {
  if (shape.every((extent, axis) => extent === 1 || axes.includes(axis))) return reader.flatIndex(shape, place);
  const inner = reader.flatIndex(
    axes.map((axis) => shape[axis]!),
    place,
  ).axes;
  return reader.index(
    shape,
    shape.map((extent, axis) =>
      axes.includes(axis) ? inner[axes.indexOf(axis)]! : extent === 1 ? "0" : others[axis]!,
    ),
  );
}

const countOf = (shape: Shape, axes: readonly number[]): number => sizeOf(axes.map((axis) => shape[axis]!));

/**
 * Goes through the reduced elements: all, or with an attribute `length` a part of so many (the last may be shorter), which
 * the last axis of the result counts.
 */
function eachElement(
  reader: Reader,
  operation: OperationNode,
  others: readonly string[],
  visit: (element: string, place: string) => void,
): void {
  const { source } = reader;
  const input = operation.inputs[0]!;
  const shape = reader.shapeOf(input);
  const axes = axesIn(operation);
  const count = countOf(shape, axes);
  const length = operation.attributes["length"] as number | undefined;
  const elementAt = (place: string): string => reader.at(input, within(reader, shape, axes, others, place));
  if (length === undefined) {
    source.loop(count, (place) => visit(elementAt(place), place));
    return;
  }
  const begin = reader.times(others.at(-1)!, length);
  source.loop(length, (k) => {
    const place = reader.plus(begin, k);
    const element = elementAt(place);
    const exists = source.float(`below_(${place}, ${count})`);
    visit(count % length === 0 ? element : source.call("where", exists, element, "0"), place);
  });
}

/** A reduction that needs no more than what it has so far. */
const folding =
  (initial: string, fold: (soFar: string, element: string) => string): Root =>
  (reader, operation, index) => {
    const result = reader.source.variable(initial);
    eachElement(reader, operation, index.axes, (element) => reader.source.set(result, fold(result, element)));
    return result;
  };

/** The first element, and its place, that none takes the place of. */
function winner(
  reader: Reader,
  operation: OperationNode,
  others: readonly string[],
  better: string,
): { readonly best: string; readonly place: string } {
  const { source } = reader;
  const input = operation.inputs[0]!;
  const shape = reader.shapeOf(input);
  const best = source.variable(reader.at(input, within(reader, shape, axesIn(operation), others, "0")));
  const place = source.variable("0");
  eachElement(reader, operation, others, (element, at) => {
    const wins = source.call(better, element, best);
    source.set(place, `where_(${wins}, ${source.float(`float_(${at})`)}, ${place})`);
    source.set(best, `where_(${wins}, ${element}, ${best})`);
  });
  return { best, place };
}

/** The axis of a scan for one element of its result, in the order of the scan. */
function scanAt(reader: Reader, operation: OperationNode, index: Index) {
  const axis = axisIn(operation);
  const own = index.axes[axis]!;
  const extent = index.shape[axis]!;
  const backward = operation.attributes["reverse"] === true;
  return {
    extent,
    /** The place of the first element. */
    first: backward ? `${extent - 1}` : "0",
    /** The place of the one that comes k-th. */
    place: (k: string): string => (backward ? reader.plus(reader.times(k, -1), `${extent - 1}`) : k),
    at: (place: string): Index => index.withAxes(index.shape, index.axes.with(axis, place)),
    /** A float: 1 where a place comes after the own one. */
    after: (place: string): string =>
      reader.source.float(backward ? `below_(${place}, ${own})` : `below_(${own}, ${place})`),
  };
}

/** What comes of the elements along an axis up to the own one, in the order of the scan. */
const scanning =
  (initial: string, advance: (soFar: string, elements: readonly string[]) => string): Root =>
  (reader, operation, index) => {
    const { source } = reader;
    const scan = scanAt(reader, operation, index);
    const result = source.variable(initial);
    source.loop(scan.extent, (k) => {
      const place = scan.place(k);
      const here = scan.at(place);
      const elements = operation.inputs.map((input) => reader.broadcast(input, here));
      source.set(result, `where_(${scan.after(place)}, ${result}, ${advance(result, elements)})`);
    });
    return result;
  };

/** The place of the element along an axis that none before the own one takes the place of. */
const runningWinner =
  (better: string): Root =>
  (reader, operation, index) => {
    const { source } = reader;
    const scan = scanAt(reader, operation, index);
    const elementAt = (place: string): string => reader.broadcast(operation.inputs[0]!, scan.at(place));
    const best = source.variable(elementAt(scan.first));
    const winner = source.variable(scan.first);
    source.loop(scan.extent, (k) => {
      const place = scan.place(k);
      const element = elementAt(place);
      const until = source.call("sub", "1", scan.after(place));
      const wins = source.call("mul", until, source.call(better, element, best));
      source.set(winner, `where_(${wins}, ${source.float(`float_(${place})`)}, ${winner})`);
      source.set(best, `where_(${wins}, ${element}, ${best})`);
    });
    return winner;
  };

const mask =
  (better: string): Root =>
  (reader, operation, index) => {
    const { place } = winner(reader, operation, index.axes, better);
    const axes = axesIn(operation);
    const own = reader.index(
      axes.map((axis) => index.shape[axis]!),
      axes.map((axis) => index.axes[axis]!),
    ).flat;
    return reader.source.call("equal", place, reader.source.float(`float_(${own})`));
  };

const roots: Readonly<Record<string, Root>> = {
  ...windowRoots,
  ...scatterRoots,
  ...eliminationRoots,
  ...decompositionRoots,
  sum: folding("0", (sum, element) => `${sum} + ${element}`),
  prod: folding("1", (product, element) => `${product} * ${element}`),
  reduceMax: (reader, operation, index) => winner(reader, operation, index.axes, "exceeds").best,
  reduceMin: (reader, operation, index) => winner(reader, operation, index.axes, "undercuts").best,
  argmax: (reader, operation, index) => winner(reader, operation, index.axes, "exceeds").place,
  argmin: (reader, operation, index) => winner(reader, operation, index.axes, "undercuts").place,
  maxMask: mask("exceeds"),
  minMask: mask("undercuts"),

  // In units of the largest, whose square might overflow, and those of all vanish.
  norm(reader, operation, index) {
    const { source } = reader;
    const largest = source.variable("0");
    eachElement(reader, operation, index.axes, (element) =>
      source.set(largest, `max_(${largest}, ${source.call("abs", element)})`),
    );
    const total = source.variable("0");
    eachElement(reader, operation, index.axes, (element) => {
      const share = source.call("div", element, largest);
      source.set(total, `${total} + ${share} * ${share}`);
    });
    const size = source.call("mul", largest, source.call("sqrt", total));
    const known = source.call("logicalOr", source.call("nonFinite", largest), source.call("equal", largest, "0"));
    return source.call("where", known, largest, size);
  },

  // Shifted by the largest, so that nothing overflows.
  logSumExp(reader, operation, index) {
    const { source } = reader;
    const largest = source.variable("bits_(-8388608)");
    eachElement(reader, operation, index.axes, (element) => source.set(largest, `max_(${largest}, ${element})`));
    const total = source.variable("0");
    eachElement(reader, operation, index.axes, (element) =>
      source.set(total, `${total} + ${source.call("exp", source.call("sub", element, largest))}`),
    );
    const sum = source.call("add", largest, source.call("log", total));
    return source.call("where", source.call("nonFinite", largest), largest, sum);
  },

  cumsum: scanning("0", (sum, [x]) => `${sum} + ${x!}`),
  cumprod: scanning("1", (product, [x]) => `${product} * ${x!}`),
  linearRecurrence: scanning("0", (y, [a, b]) => `${a!} * ${y} + ${b!}`),
  logCumSumExp: scanning("bits_(-8388608)", (sum, [x]) => `logAddExp_(${x!}, ${sum})`),
  cumargmax: runningWinner("exceeds"),
  cumargmin: runningWinner("undercuts"),

  matmul(reader, { inputs, shape }, index) {
    const { source } = reader;
    const [left, right] = inputs as [number, number];
    const [a, b] = [reader.shapeOf(left), reader.shapeOf(right)];
    const rowAxes = a.length === 1 ? 0 : 1;
    const columnAxes = b.length === 1 ? 0 : 1;
    const batch = index.axes.slice(0, shape.length - rowAxes - columnAxes);
    const row = index.axes.slice(batch.length, batch.length + rowAxes);
    const column = index.axes.slice(batch.length + rowAxes);
    const batchOf = (own: Shape): string[] => {
      const extents = own.slice(0, -2);
      return extents.map((extent, k) => (extent === 1 ? "0" : batch[k + batch.length - extents.length]!));
    };
    const sum = source.variable("0");
    source.loop(a.at(-1)!, (e) => {
      const x = reader.at(left, reader.index(a, [...batchOf(a), ...row, e]));
      const y = reader.at(right, reader.index(b, [...batchOf(b), e, ...column]));
      source.set(sum, `${sum} + ${x} * ${y}`);
    });
    return sum;
  },

  // How many elements of the lane come before this one in ascending order.
  rank(reader, operation, index) {
    const { source } = reader;
    const axis = axisIn(operation);
    const input = operation.inputs[0]!;
    const own = reader.at(input, index);
    const count = source.variable("0");
    source.loop(index.shape[axis]!, (e) => {
      const other = reader.at(input, index.withAxes(index.shape, index.axes.with(axis, e)));
      const earlier = source.float(`below_(${e}, ${index.axes[axis]!})`);
      const [first, second] = operation.attributes["descending"] === true ? [other, own] : [own, other];
      const after = source.call("sortsAfter", first, second);
      const before = source.call("sortsAfter", second, first);
      // Equal ones keep their order.
      source.set(count, `${count} + where_(${earlier}, ${source.call("sub", "1", before)}, ${after})`);
    });
    return count;
  },

  inversePermutation(reader, operation, index) {
    const { source } = reader;
    const axis = axisIn(operation);
    const own = source.float(`float_(${index.axes[axis]!})`);
    const result = source.variable("0");
    source.loop(index.shape[axis]!, (e) => {
      const rank = reader.at(operation.inputs[0]!, index.withAxes(index.shape, index.axes.with(axis, e)));
      source.set(result, `where_(${source.call("equal", rank, own)}, ${source.float(`float_(${e})`)}, ${result})`);
    });
    return result;
  },

  // Elements of several tensors; the first holds for each of the result which tensor and which place.
  collect(reader, { inputs }, index) {
    const { source } = reader;
    const [table, ...sources] = inputs as [number, ...number[]];
    const entry = reader.times(index.flat, 2);
    const which = reader.load(table, entry);
    const place = source.whole(`whole_(${reader.load(table, reader.plus(entry, "1"))})`);
    return sources.reduceRight<string>((others, from, k) => {
      const shape = reader.shapeOf(from);
      const own = reader.at(from, reader.flatIndex(shape, sizeOf(shape) === 1 ? "0" : place));
      return k === sources.length - 1 ? own : source.call("where", source.call("equal", which, `${k}`), own, others);
    }, "0");
  },

  // Operations on single numbers, one after the other, of which each thread gives another one.
  bundle(reader, { inputs, attributes }, index) {
    const { source } = reader;
    const { members, results } = attributes as unknown as {
      readonly members: readonly BundleMember[];
      readonly results: readonly number[];
    };
    const given = inputs.map((input) => reader.at(input, reader.flatIndex(reader.shapeOf(input), "0")));
    const values: string[] = [];
    for (const { name, operands } of members)
      values.push(source.call(name, ...operands.map((k) => (k < 0 ? given[~k]! : values[k]!))));
    const result = source.variable(values[results[0]!]!);
    for (const [k, place] of results.entries())
      if (k > 0) source.set(result, `where_(same_(${index.flat}, ${k}), ${values[place]!}, ${result})`);
    return result;
  },

  // Over all elements of several values at once: how many are NaN or infinite, in as many parts as there are threads.
  countNonFinite(reader, { inputs, shape }, index) {
    const { source } = reader;
    const threads = shape[0]!;
    const count = source.variable("0");
    for (const input of inputs) {
      const whole = reader.shapeOf(input);
      const size = sizeOf(whole);
      const rounds = Math.ceil(size / threads);
      source.loop(rounds, (k) => {
        const place = reader.plus(reader.times(k, threads), index.flat);
        const found = source.call("nonFinite", reader.at(input, reader.flatIndex(whole, place)));
        const counted =
          size % threads === 0 ? found : `where_(${source.float(`below_(${place}, ${size})`)}, ${found}, 0)`;
        source.set(count, `${count} + ${counted}`);
      });
    }
    return count;
  },
};
