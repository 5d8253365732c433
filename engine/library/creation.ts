import { ValueError } from "../primitives/argumentErrors.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import { broadcastTo as broadcast } from "../primitives/broadcasting.ts";
import * as shaping from "../primitives/shaping.ts";
import { describeShape, sizeOf } from "../tape/shape.ts";
import { Tensor as RuntimeTensor } from "../tape/tensor.ts";
import type { Like, Nested, Operand, Shape, Shaped, Tensor } from "./types.ts";
import { asFinite, asList, asShape, asValue, asWhole, constant, fixed, shapeOf, calledAs } from "./values.ts";

type One<S extends Shape | number> = S extends number ? readonly [S] : S extends Shape ? S : never;

/**
 * A tensor from nested arrays, or from a typed array and a shape. Traced numbers stay traced: gradients flow into each.
 *
 * @example tensor([[1, 2], [3, 4]])        // Tensor<readonly [2, 2]>
 * @example tensor(new Float64Array(6), [2, 3])
 * @throws ShapeError where arrays beside each other differ in length, or the elements do not fill the shape.
 */
export function tensor<const X extends Nested>(elements: X): Like<X>;
export function tensor<const S extends Shape>(elements: Nested, shape: S): Shaped<S>;
export function tensor(elements: unknown, shape?: unknown): unknown {
  const value = asValue("tensor", elements);
  if (shape === undefined) return value;
  const to = asShape("tensor", shape);
  if (sizeOf(to) !== sizeOf(shapeOf(value)))
    throw new ShapeError(`tensor: ${sizeOf(shapeOf(value))} elements do not fill the shape ${describeShape(to)}`);
  return shaping.reshape(value, to);
}

/** Zeros of a shape. */
export function zeros<const S extends Shape | number>(shape: S): Shaped<One<S>> {
  return constant("zeros", shape, () => undefined) as unknown as Shaped<One<S>>;
}

/** Ones of a shape. */
export function ones<const S extends Shape | number>(shape: S): Shaped<One<S>> {
  return constant("ones", shape, (data) => data.fill(1)) as unknown as Shaped<One<S>>;
}

/** A tensor of a shape with the same value everywhere. Gradients flow into the value. */
export function full<const S extends Shape | number>(shape: S, value: number): Shaped<One<S>> {
  return calledAs("full", () => {
    return broadcast(asValue("full", value), asShape("full", shape)) as unknown as Shaped<One<S>>;
  });
}

/** Zeros of the shape of x. */
export function zerosLike<const X extends Operand>(x: X): Like<X> {
  return constant("zerosLike", shapeOf(asValue("zerosLike", x)), () => undefined) as unknown as Like<X>;
}

/** Ones of the shape of x. */
export function onesLike<const X extends Operand>(x: X): Like<X> {
  return constant("onesLike", shapeOf(asValue("onesLike", x)), (data) => data.fill(1)) as unknown as Like<X>;
}

/** The identity matrix [size, size]. */
export function eye<const N extends number>(size: N): Tensor<readonly [N, N]> {
  const extent = asWhole("eye", "the size", size);
  const matrix = constant("eye", [extent, extent], (data) => {
    for (let i = 0; i < extent; i++) data[i * extent + i] = 1;
  });
  return matrix as unknown as Tensor<readonly [N, N]>;
}

/** The numbers from `start` (0 when left out) up to, but not including, `stop`: `arange(5)`, `arange(1, 2, 0.25)`. */
export function arange(
  ...range: [stop: number] | [start: number, stop: number, step?: number]
): Tensor<readonly [number]> {
  const [start, stop, step] = (range.length === 1 ? [0, range[0], 1] : [range[0], range[1], range[2] ?? 1]).map(
    (given) => asFinite("arange", "one of start, stop and step", given),
  ) as [number, number, number];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!Number.isFinite(length)) throw new ValueError(`arange from ${start} to ${stop} by ${step} does not end`);
  const data = Float64Array.from({ length }, (_, i) => start + i * step);
  return new RuntimeTensor([length], data) as unknown as Tensor<readonly [number]>;
}

/** `count` numbers at equal distances from `start` to `stop`, both included. */
export function linspace<const N extends number = 50>(start: number, stop: number, count?: N): Tensor<readonly [N]> {
  const [first, last] = [asFinite("linspace", "the start", start), asFinite("linspace", "the stop", stop)];
  const points = asWhole("linspace", "the count", count ?? 50);
  const step = points > 1 ? (last - first) / (points - 1) : 0;
  const line = constant("linspace", [points], (data) => {
    for (let i = 0; i < points; i++) data[i] = i === points - 1 && i > 0 ? last : first + i * step;
  });
  return line as unknown as Tensor<readonly [N]>;
}

/**
 * x itself, as a tensor whose shape TypeScript knows. Give −1 for an extent that may be anything.
 *
 * @example const hidden = ensureShape(x * 2 + b, [-1, 32]);   // Tensor<readonly [number, 32]>
 * @throws ShapeError where x has another shape.
 */
export function ensureShape<const S extends Shape>(
  x: Operand,
  shape: S,
): Shaped<{ readonly [K in keyof S]: S[K] extends -1 ? number : S[K] }> {
  const value = asValue("ensureShape", x);
  const actual = shapeOf(value);
  const wanted = asList("ensureShape", "the extents", fixed(shape)) as Shape;
  if (actual.length !== wanted.length || actual.some((extent, axis) => wanted[axis] !== -1 && wanted[axis] !== extent))
    throw new ShapeError(`ensureShape: the shape is ${describeShape(actual)}, not ${describeShape(wanted)}`);
  return value as Shaped<{ readonly [K in keyof S]: S[K] extends -1 ? number : S[K] }>;
}

/** The extents of x, outermost axis first; empty for a number. Works for results of operators too. */
export function shape(x: Operand): Shape {
  return shapeOf(asValue("shape", x));
}
