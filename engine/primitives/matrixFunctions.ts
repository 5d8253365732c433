import type { Value } from "../tape/tensor.ts";
import { exponential } from "./decompositions/exponential.ts";
import { adjoint, perMatrix, squareShape } from "./matrices.ts";
import { primitive, shapeOf, type Primitive } from "./rule.ts";
import { concat } from "./shaping.ts";
import { slice } from "./indexing.ts";
import { broadcastTo } from "./broadcasting.ts";

/** The exponential eᴬ = Σ Aᵏ/k! of a square matrix (not of its elements). */
export const expm: Primitive<(a: Value) => Value> = primitive<(a: Value) => Value>(
  "expm",
  {
    shape: ([a]) => (squareShape("expm", a!), a!),
    evaluate: ([a], _, shape) => perMatrix(a!, shape, exponential),
    jvp: ([tangent], [a]) => along(a!, tangent!),
    vjp: [(cotangent, [a]) => along(adjoint(a!), cotangent)],
  },
  (run) => (a) => run([a]),
);

/** The derivative of eᴬ along E stands in the upper right of exp [[A, E], [0, A]] (Higham 2008, equation 3.16). */
function along(a: Value, e: Value): Value {
  const size = shapeOf(a).at(-1)!;
  const block = concat([concat([a, e], -1), concat([broadcastTo(0, shapeOf(a)), a], -1)], -2);
  const lead = shapeOf(a)
    .slice(0, -2)
    .map(() => null);
  return slice(expm(block), [...lead, [0, size], [size, 2 * size]]);
}
