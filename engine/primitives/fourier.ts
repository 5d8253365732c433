import { describeShape, type Shape } from "../tape/shape.ts";
import type { Attributes } from "../tape/tape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { lanesOf } from "./axes.ts";
import { ShapeError } from "./broadcastShapes.ts";
import { fourierTransform } from "./decompositions/fourier.ts";
import { primitive, type Primitive } from "./rule.ts";

export type Fourier = (x: Value, axes: readonly number[], inverse: boolean) => Value;

const axesIn = (attributes: Attributes): readonly number[] => attributes["axes"] as readonly number[];

/**
 * The discrete Fourier transform over axes, or its inverse times the number of elements. Axis 0 of x holds real and
 * imaginary parts: [2, ...]; `axes` count from there. As a map of real numbers it is linear, and its adjoint is the same
 * with the other sign: conj(F)ᵀ, for adjoints ∂L/∂re + i ∂L/∂im.
 */
export const fft: Primitive<Fourier> = primitive<Fourier>(
  "fft",
  {
    shape([from], attributes) {
      const empty = axesIn(attributes).find((axis) => from![axis] === 0);
      if (empty !== undefined)
        throw new ShapeError(`fft of ${describeShape(from!.slice(1))}: axis ${empty - 1} has no elements`);
      return from!;
    },
    evaluate([x], attributes, shape) {
      const data = (x as Tensor).data.slice();
      const half = data.length / 2;
      for (const axis of axesIn(attributes))
        transformAlong(
          data.subarray(0, half),
          data.subarray(half),
          shape.slice(1),
          axis - 1,
          attributes["inverse"] === true,
        );
      return new Tensor(shape, data);
    },
    jvp: ([tangent], _, __, attributes) => fft(tangent!, axesIn(attributes), attributes["inverse"] === true),
    vjp: [(cotangent, _, __, attributes) => fft(cotangent, axesIn(attributes), attributes["inverse"] !== true)],
  },
  (run) => (x, axes, inverse) => run([x], { axes, inverse }),
);

function transformAlong(re: Float64Array, im: Float64Array, shape: Shape, axis: number, inverse: boolean): void {
  const { outer, extent, inner } = lanesOf(shape, axis);
  const transform = fourierTransform(extent);
  const [x, y] = [new Float64Array(extent), new Float64Array(extent)];
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) {
      const start = o * extent * inner + i;
      for (let k = 0, at = start; k < extent; k++, at += inner) {
        x[k] = re[at]!;
        y[k] = im[at]!;
      }
      transform(x, y, inverse);
      for (let k = 0, at = start; k < extent; k++, at += inner) {
        re[at] = x[k]!;
        im[at] = y[k]!;
      }
    }
}
