import { mul } from "../primitives/arithmetic.ts";
import { axesOf, axisOf, type Axes } from "../primitives/axes.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import { broadcastTo } from "../primitives/broadcasting.ts";
import * as fourier from "../primitives/fourier.ts";
import { pad, slice } from "../primitives/indexing.ts";
import { concat, flip, stack } from "../primitives/shaping.ts";
import { describeShape, sizeOf, type Shape } from "../tape/shape.ts";
import { Tensor as RuntimeTensor, type Value } from "../tape/tensor.ts";
import { Complex, complexOf, partsOf } from "./complex/number.ts";
import type { ComplexParts, Like, Operand, ShapeOf, Tensor, WithExtent } from "./types.ts";
import { asValue, fixed, shapeOf, calledAs, asWhole, asFinite } from "./values.ts";

/**
 * Where a transform and its inverse are divided by the number of elements n, as in NumPy. "backward" (when left out): the
 * inverse is; "forward": the transform is; "ortho": both are, by √n.
 */
export type FourierNorm = "backward" | "ortho" | "forward";

export interface FourierOptions {
  /** Elements along the axis that are transformed: x is cut, or followed by zeros, to so many. All of them when left out. */
  readonly n?: number;
  /** The last when left out. */
  readonly axis?: number;
  readonly norm?: FourierNorm;
}

export interface FourierAxesOptions {
  /** All of them when left out; for `fft2` and `ifft2` the last two. */
  readonly axes?: number | readonly number[];
  readonly norm?: FourierNorm;
}

/**
 * The discrete Fourier transform along an axis: Σⱼ xⱼ e^(−2πi jk/n), for any length n.
 *
 * @param x real or complex
 */
export function fft<const X extends Operand | ComplexParts>(x: X, options: FourierOptions = {}): Complex<ShapeOf<X>> {
  return alongAxis("fft", x, false, options) as unknown as Complex<ShapeOf<X>>;
}

/** The inverse of `fft`: 1/n Σₖ xₖ e^(2πi jk/n). */
export function ifft<const X extends Operand | ComplexParts>(x: X, options: FourierOptions = {}): Complex<ShapeOf<X>> {
  return alongAxis("ifft", x, true, options) as unknown as Complex<ShapeOf<X>>;
}

/** The discrete Fourier transform over several axes, all of them when left out. */
export function fftn<const X extends Operand | ComplexParts>(
  x: X,
  options: FourierAxesOptions = {},
): Complex<ShapeOf<X>> {
  return overAxes("fftn", x, false, options) as unknown as Complex<ShapeOf<X>>;
}

/** The inverse of `fftn`. */
export function ifftn<const X extends Operand | ComplexParts>(
  x: X,
  options: FourierAxesOptions = {},
): Complex<ShapeOf<X>> {
  return overAxes("ifftn", x, true, options) as unknown as Complex<ShapeOf<X>>;
}

/** The discrete Fourier transform over the last two axes, or two others. */
export function fft2<const X extends Operand | ComplexParts>(
  x: X,
  options: FourierAxesOptions = {},
): Complex<ShapeOf<X>> {
  return overAxes("fft2", x, false, { axes: [-2, -1], ...options }) as unknown as Complex<ShapeOf<X>>;
}

/** The inverse of `fft2`. */
export function ifft2<const X extends Operand | ComplexParts>(
  x: X,
  options: FourierAxesOptions = {},
): Complex<ShapeOf<X>> {
  return overAxes("ifft2", x, true, { axes: [-2, -1], ...options }) as unknown as Complex<ShapeOf<X>>;
}

/** The first ⌊n/2⌋ + 1 elements of the transform of a real signal along an axis: the others are their conjugates. */
export function rfft<const X extends Operand, const A extends number = -1>(
  x: X,
  options: FourierOptions & { readonly axis?: A } = {},
): Complex<WithExtent<ShapeOf<X>, A, number>> {
  const { n, axis = -1, norm } = options;
  return realForward("rfft", x, n, [axis], norm) as unknown as Complex<WithExtent<ShapeOf<X>, A, number>>;
}

/**
 * The real signal whose transform begins with x: the inverse of `rfft`. What is imaginary in the first element, and for
 * even n in the last, is not read.
 *
 * @param options.n elements of the result along the axis: 2·(m − 1) of m when left out
 */
export function irfft(x: Operand | ComplexParts, options: FourierOptions = {}): Tensor {
  const { n, axis = -1, norm } = options;
  return realBackward("irfft", x, n, [axis], norm) as unknown as Tensor;
}

/** The transform of a real signal over several axes, all of them when left out: `rfft` along the last, `fft` along the others. */
export function rfftn(x: Operand, options: FourierAxesOptions = {}): Complex<Shape> {
  return realForward("rfftn", x, undefined, options.axes, options.norm);
}

/**
 * The inverse of `rfftn`.
 * @param options.n elements of the result along the last axis: 2·(m − 1) of m when left out
 */
export function irfftn(x: Operand | ComplexParts, options: FourierAxesOptions & { readonly n?: number } = {}): Tensor {
  return realBackward("irfftn", x, options.n, options.axes, options.norm) as unknown as Tensor;
}

/** Moves the element of frequency 0 to the middle of axes, all of them when left out. */
export function fftshift<const X extends Operand | ComplexParts>(
  x: X,
  axes?: number | readonly number[],
): X extends ComplexParts ? X : Like<X> {
  return shifted("fftshift", x, axes, (extent) => Math.ceil(extent / 2)) as never;
}

/** Undoes `fftshift`. */
export function ifftshift<const X extends Operand | ComplexParts>(
  x: X,
  axes?: number | readonly number[],
): X extends ComplexParts ? X : Like<X> {
  return shifted("ifftshift", x, axes, (extent) => Math.floor(extent / 2)) as never;
}

/** The frequencies of the elements of `fft` of n samples that are `spacing` apart: 0, 1, …, −2, −1 over n·spacing. */
export function fftfreq<const N extends number>(n: N, spacing = 1): Tensor<readonly [N]> {
  const [count, scale] = sampled("fftfreq", n, spacing);
  const data = Float64Array.from({ length: count }, (_, k) => (k < (count + 1) >> 1 ? k : k - count) * scale);
  return new RuntimeTensor([count], data) as unknown as Tensor<readonly [N]>;
}

/** The frequencies of the elements of `rfft` of n samples that are `spacing` apart: 0, 1, … over n·spacing. */
export function rfftfreq(n: number, spacing = 1): Tensor<readonly [number]> {
  const [count, scale] = sampled("rfftfreq", n, spacing);
  const data = Float64Array.from({ length: (count >> 1) + 1 }, (_, k) => k * scale);
  return new RuntimeTensor([data.length], data) as unknown as Tensor<readonly [number]>;
}

/** The number of samples, and the distance of frequencies. */
function sampled(operation: string, n: unknown, spacing: unknown): [count: number, scale: number] {
  const count = asWhole(operation, "the number of samples", n);
  if (count < 1) throw new ShapeError(`${operation}: the number of samples is ${count}; give one from 1 on`);
  return [count, 1 / (count * asFinite(operation, "the spacing", spacing))];
}

// ------------------------------------------------------------------------------------------------------------ their way

function alongAxis(
  operation: string,
  x: unknown,
  inverse: boolean,
  { n, axis = -1, norm }: FourierOptions,
): Complex<Shape> {
  const parts = joined(operation, x);
  const place = axisOf(operation, fixed(axis), shapeOf(parts).slice(1)) + 1;
  const sized = resized(operation, parts, place, fixed(n) ?? shapeOf(parts)[place]!);
  return apart(transformed(operation, sized, [place], inverse, norm));
}

function overAxes(operation: string, x: unknown, inverse: boolean, { axes, norm }: FourierAxesOptions): Complex<Shape> {
  const parts = joined(operation, x);
  const places = axesOf(operation, fixed<Axes>(axes), shapeOf(parts).slice(1)).map((axis) => axis + 1);
  return calledAs(operation, () => apart(transformed(operation, parts, places, inverse, norm)));
}

function realForward(
  operation: string,
  x: unknown,
  n: number | undefined,
  axes: Axes,
  norm?: FourierNorm,
): Complex<Shape> {
  const value = asValue(operation, x);
  const parts = joined(operation, value);
  const places = placesOf(operation, fixed(axes), shapeOf(value));
  const last = places.at(-1)!;
  const length = fixed(n) ?? shapeOf(parts)[last]!;
  const all = transformed(operation, resized(operation, parts, last, length), places, false, norm);
  return apart(between(all, last, 0, (length >> 1) + 1));
}

function realBackward(operation: string, x: unknown, n: number | undefined, axes: Axes, norm?: FourierNorm): Value {
  const parts = joined(operation, x);
  const places = placesOf(operation, fixed(axes), shapeOf(parts).slice(1));
  const last = places.at(-1)!;
  const length = fixed(n) ?? 2 * (shapeOf(parts)[last]! - 1);
  const half = resized(operation, parts, last, (checkedLength(operation, length, last, shapeOf(parts)) >> 1) + 1);
  const others = transformed(operation, half, places.slice(0, -1), true, norm);
  // Element n − k is the conjugate of element k.
  const mirrored = flip(between(others, last, 1, length - (length >> 1)), last);
  const conjugate = mul(mirrored, signs(shapeOf(mirrored).length));
  const whole = transformed(operation, concat([others, conjugate], last), [last], true, norm);
  return slice(whole, [0]);
}

/** Axes of [2, ...], the last one given last. */
function placesOf(operation: string, axes: Axes, shape: Shape): number[] {
  const list = axes === undefined ? shape.map((_, axis) => axis) : typeof axes === "number" ? [axes] : axes;
  axesOf(operation, list, shape);
  if (list.length === 0) throw new ShapeError(`${operation} of ${describeShape(shape)}: give it an axis to transform`);
  return list.map((axis) => axisOf(operation, axis, shape) + 1);
}

/** [1, −1] along the axis of the parts. */
function signs(rank: number): RuntimeTensor {
  return new RuntimeTensor([2, ...new Array<number>(rank - 1).fill(1)], Float64Array.of(1, -1));
}

/** Real and imaginary parts as one tensor [2, ...]. */
function joined(operation: string, x: unknown): Value {
  const { re, im } = partsOf(operation, x);
  if (shapeOf(re).length === 0)
    throw new ShapeError(`${operation} of scalar: a single number has no axis to transform; give it a tensor`);
  return stack([re, im ?? broadcastTo(0, shapeOf(re))]);
}

function apart(parts: Value): Complex<Shape> {
  return complexOf(slice(parts, [0]), slice(parts, [1]));
}

function transformed(
  operation: string,
  parts: Value,
  places: readonly number[],
  inverse: boolean,
  norm: FourierNorm = "backward",
): Value {
  const size = sizeOf(places.map((place) => shapeOf(parts)[place]!));
  const scale = { backward: inverse ? 1 / size : 1, ortho: 1 / Math.sqrt(size), forward: inverse ? 1 : 1 / size }[
    norm
  ] as number | undefined;
  if (scale === undefined)
    throw new ShapeError(
      `${operation}: there is no norm ${JSON.stringify(norm)}; give "backward", "ortho" or "forward"`,
    );
  if (places.length === 0) return parts;
  const result = fourier.fft(parts, places, inverse);
  return scale === 1 ? result : mul(result, scale);
}

function checkedLength(operation: string, length: unknown, place: number, shape: Shape): number {
  if (Number.isInteger(length) && (length as number) >= 1) return length as number;
  throw new ShapeError(
    `${operation} of ${describeShape(shape.slice(1))}: the number of elements along axis ${place - 1} is ${JSON.stringify(length)}; give a whole number from 1 on`,
  );
}

/** Cut, or followed by zeros, to `length` elements. */
function resized(operation: string, parts: Value, place: number, length: number): Value {
  const shape = shapeOf(parts);
  const wanted = checkedLength(operation, length, place, shape);
  const extent = shape[place]!;
  if (wanted <= extent) return between(parts, place, 0, wanted);
  return pad(
    parts,
    shape.map((_, axis) => [0, axis === place ? wanted - extent : 0] as const),
  );
}

function between(x: Value, axis: number, begin: number, end: number): Value {
  return slice(x, [...new Array<null>(axis).fill(null), [begin, end]]);
}

function shifted(
  operation: string,
  x: unknown,
  axes: Axes,
  middle: (extent: number) => number,
): Complex<Shape> | Value {
  const shift = (part: Value): Value =>
    axesOf(operation, fixed(axes), shapeOf(part)).reduce((value, axis) => {
      const extent = shapeOf(part)[axis]!;
      const cut = middle(extent);
      return cut % extent === 0
        ? value
        : concat([between(value, axis, cut, extent), between(value, axis, 0, cut)], axis);
    }, part);
  const { re, im } = partsOf(operation, x);
  return x instanceof Complex ? complexOf(shift(re), im && shift(im)) : shift(re);
}
