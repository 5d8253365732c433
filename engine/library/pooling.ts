import { ShapeError } from "../primitives/broadcastShapes.ts";
import * as pooling from "../primitives/pooling.ts";
import { hangingOver, laidOver, perAxis, reach, within, windowsOver, type Padding } from "../primitives/windows.ts";
import { matmul } from "../primitives/contraction.ts";
import { take } from "../primitives/gathering.ts";
import { moveAxis } from "../primitives/rearranging.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import type { PerAxis } from "./convolution.ts";
import { alone, spatialAxes } from "./spatialAxes.ts";
import type { Operand, Pooled, ShapeOf, Shaped } from "./types.ts";
import { fixed, shapeOf } from "./values.ts";

interface PoolOptions {
  /** From one window to the next; the window itself when left out, so that windows do not overlap. */
  readonly stride?: PerAxis;
  /** Whether elements that are left over at the end make a window of their own: false when left out. */
  readonly ceilMode?: boolean;
}

export interface MaxPoolOptions extends PoolOptions {
  /** Elements around the input that never win; as for `conv`. */
  readonly padding?: Padding;
  /** From one element of a window to the next; 1 when left out. */
  readonly dilation?: PerAxis;
}

/**
 * The largest element of each window; of equal ones the first gets the whole adjoint, and a NaN wins.
 *
 * @param x [batch, channels, …spatial], or one example [channels, …spatial] where the window is a list
 * @param window its extents: one for all spatial axes, or a list
 * @returns [batch, channels, …positions]
 * @example maxPool(images, 2)   // [n, c, 28, 28] becomes [n, c, 14, 14]
 */
export function maxPool<const X extends Operand>(
  x: X,
  window: PerAxis,
  options: MaxPoolOptions = {},
): Shaped<Pooled<ShapeOf<X>>> {
  const { input, windows, lone } = pooled("maxPool", x, window, options);
  return alone(pooling.maxPool(input, windows), lone) as Shaped<Pooled<ShapeOf<X>>>;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Zeros around the input; as for `conv`. */
  readonly padding?: Padding;
  /** Whether padding counts as elements of a window: true when left out, as in PyTorch. */
  readonly countIncludePad?: boolean;
}

/**
 * The mean over each window.
 *
 * @param x [batch, channels, …spatial], or one example [channels, …spatial] where the window is a list
 * @param window its extents: one for all spatial axes, or a list
 * @returns [batch, channels, …positions]
 */
export function avgPool<const X extends Operand>(
  x: X,
  window: PerAxis,
  options: AvgPoolOptions = {},
): Shaped<Pooled<ShapeOf<X>>> {
  const { input, windows, padding, lone } = pooled("avgPool", x, window, options);
  const counted = (options.countIncludePad ?? true) ? padding : padding.map(() => [0, 0] as const);
  return alone(pooling.avgPool(input, { ...windows, counted }), lone) as Shaped<Pooled<ShapeOf<X>>>;
}

/** The extents that are wanted: one for all spatial axes, or one for each; `null` keeps the extent of the input. */
export type PooledSize = number | readonly (number | null)[];

/**
 * The largest element of each of as many windows as are wanted, as PyTorch's adaptive_max_pool1d, 2d and 3d: window i of m
 * over n elements reaches from ⌊i·n/m⌋ up to, but not including, ⌈(i + 1)·n/m⌉. Ties as for `maxPool`.
 *
 * @param x [batch, channels, …spatial], or one example [channels, …spatial] where the size is a list
 * @returns [batch, channels, …size]
 */
export function adaptiveMaxPool<const X extends Operand>(x: X, size: PooledSize): Shaped<Pooled<ShapeOf<X>>> {
  const { input, extents, lone } = adaptive("adaptiveMaxPool", x, size);
  // Each window gets elements of its own, as many as the widest has: repeating the last changes no maximum.
  const widest: number[] = [];
  const apart = extents.reduce<Value>((whole, count, spatial) => {
    const windows = windowsAlong(shapeOf(input)[spatial + 2]!, count);
    const width = Math.max(...windows.map(([start, end]) => end - start));
    widest.push(width);
    const places = windows.flatMap(([start, end]) =>
      Array.from({ length: width }, (_, k) => Math.min(start + k, end - 1)),
    );
    return take(whole, new Tensor([places.length], Float64Array.from(places)), spatial + 2);
  }, input);
  const windows = windowsOver("adaptiveMaxPool", shapeOf(apart).slice(2), widest, { stride: widest });
  return alone(pooling.maxPool(apart, windows), lone) as Shaped<Pooled<ShapeOf<X>>>;
}

/**
 * The mean over each of as many windows as are wanted, as PyTorch's adaptive_avg_pool1d, 2d and 3d. For the windows see
 * `adaptiveMaxPool`.
 *
 * @param x [batch, channels, …spatial], or one example [channels, …spatial] where the size is a list
 * @returns [batch, channels, …size]
 * @example adaptiveAvgPool(images, 1)   // the mean of each channel: [n, c, 28, 28] becomes [n, c, 1, 1]
 */
export function adaptiveAvgPool<const X extends Operand>(x: X, size: PooledSize): Shaped<Pooled<ShapeOf<X>>> {
  const { input, extents, lone } = adaptive("adaptiveAvgPool", x, size);
  const means = extents.reduce<Value>((whole, count, spatial) => {
    const extent = shapeOf(input)[spatial + 2]!;
    const weights = new Float64Array(extent * count);
    windowsAlong(extent, count).forEach(([start, end], window) => {
      for (let place = start; place < end; place++) weights[place * count + window] = 1 / (end - start);
    });
    const last = moveAxis(whole, spatial + 2, -1);
    return moveAxis(matmul(last, new Tensor([extent, count], weights)), -1, spatial + 2);
  }, input);
  return alone(means, lone) as Shaped<Pooled<ShapeOf<X>>>;
}

/** Where each of `count` windows over `extent` elements begins and ends. */
function windowsAlong(extent: number, count: number): (readonly [start: number, end: number])[] {
  return Array.from({ length: count }, (_, k) => [
    Math.floor((k * extent) / count),
    Math.ceil(((k + 1) * extent) / count),
  ]);
}

// ---------------------------------------------------------------------------------------------------------- arguments

function pooled(operation: string, x: unknown, window: unknown, options: MaxPoolOptions) {
  const given: unknown = fixed(window);
  const { names, spatial, whole, input, lone } = spatialAxes(operation, x, given, "window");
  const extents = perAxis(names, "window", given, spatial, 1);
  const exact = laidOver(names, whole.slice(2), extents, {
    stride: fixed(options.stride) ?? extents,
    padding: fixed(options.padding),
    dilation: fixed(options.dilation),
  });
  const { padding } = exact;
  const windows = options.ceilMode === true ? hangingOver(exact) : within(names, exact);
  const over = reach(windows);
  const outside = padding.findIndex(([before, after], axis) => Math.max(before, after) >= over[axis]!);
  if (outside >= 0)
    throw new ShapeError(
      `${names}: the padding ${JSON.stringify(padding[outside])} along spatial axis ${outside} is not smaller than the window, which reaches over ${over[outside]} elements`,
    );
  return { input, windows, padding, lone };
}

function adaptive(operation: string, x: unknown, size: unknown) {
  const given: unknown = fixed(size);
  const { names, spatial, whole, input, lone } = spatialAxes(operation, x, given, "size");
  const wanted = Array.isArray(given) ? given.map((extent: unknown, axis) => extent ?? whole[axis + 2]) : given;
  const extents = perAxis(names, "size", wanted, spatial, 1);
  const empty = whole.findIndex((extent, axis) => axis > 1 && extent === 0);
  if (empty >= 0) throw new ShapeError(`${names}: spatial axis ${empty - 2} has no elements; windows need some`);
  return { input, extents, lone };
}
