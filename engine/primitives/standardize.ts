import type { Attributes } from "../tape/tape.ts";
import type { Value } from "../tape/tensor.ts";
import { add, mul, sub } from "./arithmetic.ts";
import { axesOf, type Axes } from "./axes.ts";
import { native } from "./native.ts";
import { lanesOver, returned } from "./reducing.ts";
import { mean, variance } from "./reduction.ts";
import { primitive, scalarOrTensor, shapeOf, type Primitive } from "./rule.ts";
import { rsqrt } from "./transcendental.ts";

interface Standard {
  readonly axes: readonly number[];
  readonly epsilon: number;
}

const standardOf = (attributes: Attributes): Standard => attributes as unknown as Standard;

/** (x − mean)/√(variance + ε) over axes: what layer, batch and group normalisation have in common. */
export const standardize: Primitive<(x: Value, axes: Axes, epsilon: number) => Value> = primitive<
  (x: Value, axes: Axes, epsilon: number) => Value
>(
  "standardize",
  {
    shape: ([from]) => from!,
    evaluate([x], attributes, shape) {
      const { axes, epsilon } = standardOf(attributes);
      const { data, lanes } = lanesOver(x!, axes);
      const { outer, extent, inner } = lanes;
      const result = new Float64Array(data.length);
      for (let o = 0; o < outer; o++)
        for (let i = 0; i < inner; i++) {
          const start = o * extent * inner + i;
          const end = start + extent * inner;
          let total = 0;
          for (let at = start; at < end; at += inner) total += data[at]!;
          const center = total / extent;
          let squares = 0;
          for (let at = start; at < end; at += inner) squares += (data[at]! - center) ** 2;
          const scale = 1 / native.sqrt(squares / extent + epsilon);
          for (let at = start; at < end; at += inner) result[at] = (data[at]! - center) * scale;
        }
      return scalarOrTensor(shape, returned(result, shape, axes));
    },
    jvp: ([tangent], [x], y, attributes) => differential(tangent!, x!, y, standardOf(attributes)),
    vjp: [(cotangent, [x], y, attributes) => differential(cotangent, x!, y, standardOf(attributes))],
  },
  (run) => (x, axes, epsilon) => run([x], { axes: axesOf("standardize", axes, shapeOf(x)), epsilon }),
);

/** (v − mean v − y·mean(y·v))/√(variance + ε): the Jacobian is symmetric and serves tangents and cotangents. */
function differential(v: Value, x: Value, y: Value, { axes, epsilon }: Standard): Value {
  const centered = sub(v, mean(v, axes, true));
  const scale = rsqrt(add(variance(x, axes, true), epsilon));
  return mul(scale, sub(centered, mul(y, mean(mul(y, v), axes, true))));
}
