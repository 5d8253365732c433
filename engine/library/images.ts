import { add, mul, sub } from "../primitives/arithmetic.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import { broadcastTo } from "../primitives/broadcasting.ts";
import { greaterEqual, lessEqual } from "../primitives/comparison.ts";
import { matmul } from "../primitives/contraction.ts";
import { scatterAdd, take, takeAlongAxis } from "../primitives/gathering.ts";
import { slice } from "../primitives/indexing.ts";
import { moveAxis, padWith } from "../primitives/rearranging.ts";
import { floor } from "../primitives/rounding.ts";
import { max, min } from "../primitives/selection.ts";
import { reshape, transpose } from "../primitives/shaping.ts";
import { operationOn, perAxis, placesOf, positions, windowsOver, type WindowOptions } from "../primitives/windows.ts";
import { describeShape, sizeOf } from "../tape/shape.ts";
import { Tensor as RuntimeTensor, type Value } from "../tape/tensor.ts";
import type { Padding, PerAxis } from "./convolution.ts";
import { alone, mostSpatialAxes, spatialAxes } from "./spatialAxes.ts";
import type { Operand, Tensor } from "./types.ts";
import { asValue, asWhole, calledAs, fixed, shapeOf } from "./values.ts";

/** How the elements between two others are made up. */
export type ResizeMethod = "nearest" | "linear" | "cubic";

export interface ResizeOptions {
  /** The nearest element, a line between the two around (when left out), or a cubic through four (Keys 1981, with a = −0.75). */
  readonly method?: ResizeMethod;
  /** Whether the first and last elements keep their places: false when left out, as in PyTorch. Not for "nearest". */
  readonly alignCorners?: boolean;
}

/**
 * Images of other extents, as PyTorch's `interpolate` gives them, without smoothing before they are made smaller. Elements count
 * as areas whose edges are aligned, unless `alignCorners` aligns their middles.
 *
 * @param x [batch, channels, …spatial], or one example [channels, …spatial] where the size is a list
 * @param size the extents wanted: one for all spatial axes, or a list
 * @returns [batch, channels, …size]
 * @example resize(images, 56)   // [n, c, 28, 28] becomes [n, c, 56, 56]
 */
export function resize(x: Operand, size: PerAxis, options: ResizeOptions = {}): Tensor {
  const { names, spatial, input, lone } = spatialAxes("resize", x, fixed(size), "size");
  const extents = perAxis(names, "size", fixed(size), spatial, 1);
  const { method = "linear", alignCorners = false } = options;
  if (!Object.hasOwn(tapsOf, method))
    throw new ShapeError(`${names}: the method is ${JSON.stringify(method)}; give nearest, linear or cubic`);
  const resized = extents.reduce<Value>((image, count, axis) => {
    const extent = shapeOf(image)[axis + 2]!;
    if (extent === 0) throw new ShapeError(`${names}: spatial axis ${axis} has no elements`);
    if (method === "nearest") {
      const places = Float64Array.from({ length: count }, (_, k) => Math.floor((k * extent) / count));
      return take(image, new RuntimeTensor([count], places), axis + 2);
    }
    const weights = new Float64Array(extent * count);
    for (let k = 0; k < count; k++) {
      const place = alignCorners ? (k * (extent - 1)) / Math.max(1, count - 1) : ((k + 0.5) * extent) / count - 0.5;
      for (const [at, weight] of tapsOf[method](place)) {
        weights[Math.min(extent - 1, Math.max(0, at)) * count + k]! += weight;
      }
    }
    const last = moveAxis(image, axis + 2, -1);
    return moveAxis(matmul(last, new RuntimeTensor([extent, count], weights)), -1, axis + 2);
  }, input);
  return alone(resized, lone) as unknown as Tensor;
}

type Taps = readonly (readonly [place: number, weight: number])[];

/** Which elements make up the one at a place, and with what weight. */
const tapsOf: Readonly<Record<ResizeMethod, (place: number) => Taps>> = {
  nearest: (place) => [[Math.round(place), 1]],
  linear(place) {
    const before = Math.floor(place);
    const part = place - before;
    return [
      [before, 1 - part],
      [before + 1, part],
    ];
  },
  cubic(place) {
    const before = Math.floor(place);
    return [-1, 0, 1, 2].map((k) => [before + k, cubicWeight(Math.abs(place - before - k))]);
  },
};

/** Keys' kernel at a distance from 0 to 2. */
function cubicWeight(distance: number): number {
  const a = -0.75;
  return distance <= 1
    ? ((a + 2) * distance - (a + 3)) * distance ** 2 + 1
    : a * (((distance - 5) * distance + 8) * distance - 4);
}

export interface GridSampleOptions {
  /** What lies outside of the image: zeros (when left out), or its edge continued. */
  readonly outside?: "zeros" | "edge";
  /** Whether −1 and 1 are the middles of the outermost elements, not their edges; false when left out, as in PyTorch. */
  readonly alignCorners?: boolean;
}

/**
 * Images sampled at places, linearly between the four elements around, as PyTorch's `grid_sample`: spatial transformers
 * (Jaderberg et al. 2015), warping, rendering. Gradients flow to the images and to the places.
 *
 * @param x [batch, channels, height, width]
 * @param grid [batch, rows, columns, 2], the places as (x, y) from −1 (left, top) to 1 (right, bottom)
 * @returns [batch, channels, rows, columns]
 */
export function gridSample(x: Operand, grid: Operand, options: GridSampleOptions = {}): Tensor {
  return calledAs("gridSample", () => {
    const [images, places] = [asValue("gridSample", x), asValue("gridSample", grid)];
    const [from, to] = [shapeOf(images), shapeOf(places)];
    const names = `gridSample of ${describeShape(from)} at ${describeShape(to)}`;
    if (from.length !== 4 || to.length !== 4 || to[3] !== 2 || from[0] !== to[0])
      throw new ShapeError(
        `${names}: give images [batch, channels, height, width] and places [batch, rows, columns, 2] for as many`,
      );
    const [batch, channels, height, width] = from as [number, number, number, number];
    if (height === 0 || width === 0) throw new ShapeError(`${names}: the images have no elements`);
    const { outside = "zeros", alignCorners = false } = options;
    if (!["zeros", "edge"].includes(outside))
      throw new ShapeError(`${names}: outside is ${JSON.stringify(outside)}; give zeros or edge`);
    const shape = [batch, to[1]!, to[2]!];
    const along = (k: number, extent: number): Value => {
      const centred = slice(places, [null, null, null, k]);
      const at = alignCorners ? mul(add(centred, 1), (extent - 1) / 2) : sub(mul(add(centred, 1), extent / 2), 0.5);
      return outside === "edge" ? min(max(at, 0), extent - 1) : at;
    };
    const [column, row] = [along(0, width), along(1, height)];
    const [left, top] = [floor(column), floor(row)];
    const flat = reshape(images, [batch, channels, height * width]);
    const sampled = [0, 1].flatMap((down) =>
      [0, 1].map((right) => {
        const [c, r] = [add(left, right), add(top, down)];
        const inside = mul(within(c, width), within(r, height));
        const index = add(mul(clamped(r, height), width), clamped(c, width));
        const wanted = broadcastTo(reshape(index, [batch, 1, shape[1]! * shape[2]!]), [
          batch,
          channels,
          shape[1]! * shape[2]!,
        ]);
        const across = right === 1 ? sub(column, left) : sub(1, sub(column, left));
        const downwards = down === 1 ? sub(row, top) : sub(1, sub(row, top));
        const weight = mul(inside, mul(across, downwards));
        const elements = reshape(takeAlongAxis(flat, wanted, 2), [batch, channels, shape[1]!, shape[2]!]);
        return mul(elements, reshape(weight, [batch, 1, shape[1]!, shape[2]!]));
      }),
    );
    return sampled.reduce((sum, part) => add(sum, part)) as unknown as Tensor;
  });
}

/** 1 where an index is one of `extent`, else 0. */
const within = (index: Value, extent: number): Value => mul(greaterEqual(index, 0), lessEqual(index, extent - 1));
const clamped = (index: Value, extent: number): Value => min(max(index, 0), extent - 1);

/**
 * Channels rearranged into images `factor` times as wide and high (Shi et al. 2016), as PyTorch's `pixel_shuffle`.
 *
 * @param x [batch, channels·factor², height, width], or one example
 * @returns [batch, channels, height·factor, width·factor]
 */
export function pixelShuffle(x: Operand, factor: number): Tensor {
  const value = asValue("pixelShuffle", x);
  const by = asWhole("pixelShuffle", "the factor", factor);
  const shape = shapeOf(value);
  const [channels = 0, height = 0, width = 0] = shape.slice(-3);
  if ((shape.length !== 3 && shape.length !== 4) || by < 1 || channels % (by * by) !== 0)
    throw new ShapeError(
      `${operationOn("pixelShuffle", shape)} by ${by}: give images [batch, channels, height, width] with a multiple of ${by * by} channels`,
    );
  const batch = shape.slice(0, -3);
  const apart = reshape(value, [...batch, channels / (by * by), by, by, height, width]);
  const b = batch.length;
  const axes = [...batch.map((_, k) => k), b, b + 3, b + 1, b + 4, b + 2];
  const joined = [...batch, channels / (by * by), height * by, width * by];
  return reshape(transpose(apart, axes), joined) as unknown as Tensor;
}

export interface UnfoldOptions {
  /** From one window to the next; 1 when left out. */
  readonly stride?: PerAxis;
  /** Zeros around the input; as for `conv`. */
  readonly padding?: Padding;
  /** From one element of a window to the next; 1 when left out. */
  readonly dilation?: PerAxis;
}

/**
 * The elements under each window, as PyTorch's `unfold`: patches for attention over images, or for layers of your own.
 *
 * @param x [batch, channels, …spatial]
 * @param window its extents: one for all spatial axes, or a list
 * @returns [batch, channels·(elements of a window), windows]
 */
export function unfold(x: Operand, window: PerAxis, options: UnfoldOptions = {}): Tensor {
  const value = asValue("unfold", x);
  const shape = shapeOf(value);
  const names = operationOn("unfold", shape);
  const { places, padding, padded, elements, count } = windowed(names, shape, window, options);
  const around = padWith(value, [[0, 0], [0, 0], ...padding], "constant");
  const flat = reshape(around, [shape[0]!, shape[1]!, sizeOf(padded)]);
  return reshape(take(flat, places, 2), [shape[0]!, shape[1]! * elements, count]) as unknown as Tensor;
}

/**
 * The elements of windows added at their places, as PyTorch's `fold`: the adjoint of `unfold`.
 *
 * @param x [batch, channels·(elements of a window), windows]
 * @param size the spatial extents of the result
 * @param window the extents of a window: one for all spatial axes, or a list
 * @returns [batch, channels, …size]
 */
export function fold(x: Operand, size: readonly number[], window: PerAxis, options: UnfoldOptions = {}): Tensor {
  const value = asValue("fold", x);
  const shape = shapeOf(value);
  const names = operationOn("fold", shape);
  const extents = perAxis(names, "size", fixed(size), Array.isArray(size) ? size.length : 0, 1);
  const { places, padding, padded, elements, count } = windowed(names, [1, 1, ...extents], window, options);
  if (shape.length !== 3 || shape[1]! % elements !== 0 || shape[2] !== count)
    throw new ShapeError(
      `${names}: windows of ${elements} elements lie at ${count} places over ${describeShape(extents)}; give [batch, channels·${elements}, ${count}]`,
    );
  const channels = shape[1]! / elements;
  const apart = reshape(value, [shape[0]!, channels, elements * count]);
  const flat = scatterAdd(apart, places, 2, [shape[0]!, channels, sizeOf(padded)]);
  const inner = padding.map(([before], axis): [number, number] => [before, before + extents[axis]!]);
  return slice(reshape(flat, [shape[0]!, channels, ...padded]), [null, null, ...inner]) as unknown as Tensor;
}

// ---------------------------------------------------------------------------------------------------------- arguments

function windowed(names: string, shape: readonly number[], window: unknown, options: UnfoldOptions) {
  const spatial = shape.length - 2;
  if (spatial < 1 || spatial > mostSpatialAxes)
    throw new ShapeError(`${names}: give [batch, channels, …spatial] with 1 to ${mostSpatialAxes} spatial axes`);
  const extents = perAxis(names, "window", fixed(window), spatial, 1);
  const given: WindowOptions = {
    stride: fixed(options.stride),
    padding: fixed(options.padding),
    dilation: fixed(options.dilation),
  };
  const around = windowsOver(names, shape.slice(2), extents, given);
  const padded = around.input.map((extent, axis) => extent + around.padding[axis]![0] + around.padding[axis]![1]);
  const windows = { ...around, input: padded, padding: padded.map(() => [0, 0] as const) };
  const list = placesOf(windows);
  return {
    places: new RuntimeTensor([list.length], Float64Array.from(list)),
    padding: around.padding.map(([before, after]): [number, number] => [before, after]),
    padded,
    elements: sizeOf(extents),
    count: sizeOf(positions(windows)),
  };
}
