import type { Value } from "../tape/tensor.ts";
import { add, mul, sub } from "./arithmetic.ts";
import { broadcastTo, sumTo } from "./broadcasting.ts";
import { greater, greaterEqual, less, lessEqual, winsMax, winsMin } from "./comparison.ts";
import { binary, broadcastAll, elementwiseEvaluation, unary } from "./elementwise.ts";
import { primalOf, primitive, shapeOf, type Primitive, type Rule } from "./rule.ts";
import { sign } from "./rounding.ts";
import { variadic } from "./variadic.ts";
import { native } from "./native.ts";

/** The derivative at 0 is 0. */
export const abs = unary("abs", Math.abs, (x) => sign(x));

const maxOfTwo = binary("max", Math.max, [(a, b) => winsMax(a, b), (a, b) => sub(1, winsMax(a, b))]);
const minOfTwo = binary("min", Math.min, [(a, b) => winsMin(a, b), (a, b) => sub(1, winsMin(a, b))]);

/** The largest, element by element; of equal ones the first gets the whole adjoint. */
export const max = variadic(maxOfTwo, Math.max, isWinner);
/** The smallest, element by element; of equal ones the first gets the whole adjoint. */
export const min = variadic(minOfTwo, Math.min, isWinner);

/** 1 for the input that is the result, the first of several. (NaN is the result where any input is NaN.) */
function isWinner(inputs: readonly Value[], result: Value, k: number): number {
  const value = primalOf(result) as number;
  const winner = inputs.findIndex((input) => primalOf(input) === value || Number.isNaN(primalOf(input)));
  return winner === k ? 1 : 0;
}

const ternary = (
  name: "where" | "clip",
  scalar: (...inputs: number[]) => number,
): Pick<Rule, "shape" | "evaluate" | "scalar"> => ({
  scalar,
  shape: (shapes) => broadcastAll(shapes, name),
  evaluate: elementwiseEvaluation(scalar, 3),
});

export type Ternary = (a: Value, b: Value, c: Value) => Value;

/**
 * a where the condition is not 0, else b. The adjoint goes to the side taken; the other gets exactly 0, which a branch
 * with an infinite derivative still turns into NaN (0·∞): make the argument of that branch safe as well.
 */
export const where: Primitive<Ternary> = primitive<Ternary>(
  "where",
  {
    ...ternary("where", (condition, a, b) => (condition === 0 ? b : a)),
    jvp: ([, a = 0, b = 0], [condition], result) => spread(where(condition!, a, b), result),
    vjp: [
      undefined,
      (cotangent, [condition, a]) => sumTo(where(condition!, cotangent, 0), shapeOf(a!)),
      (cotangent, [condition, , b]) => sumTo(where(condition!, 0, cotangent), shapeOf(b!)),
    ],
  },
  (run) => (condition, a, b) => run([condition, a, b]),
);

/** x kept within [low, high]. The adjoint goes to x on the interval, its ends included, and to the end taken elsewhere. */
export const clip: Primitive<Ternary> = primitive<Ternary>(
  "clip",
  {
    ...ternary("clip", (x, low, high) => native.min(native.max(x, low), high)),
    jvp: (tangents, inputs, result) =>
      tangents
        .map((tangent, k) => spread(tangent === undefined ? 0 : where(clipSides[k]!(inputs), tangent, 0), result))
        .reduce(add),
    vjp: (cotangent, inputs, _, __, k) => sumTo(where(clipSides[k]!(inputs), cotangent, 0), shapeOf(inputs[k]!)),
  },
  (run) => (x, low, high) => run([x, low, high]),
);

/** 1 where the result of `clip` is x, the lower end, the upper end. */
const clipSides: readonly ((inputs: readonly Value[]) => Value)[] = [
  ([x, low, high]) => mul(greaterEqual(x!, low!), lessEqual(x!, high!)),
  ([x, low, high]) => mul(less(x!, low!), lessEqual(low!, high!)),
  ([x, low, high]) => greater(max(x!, low!), high!),
];

function spread(value: Value, like: Value): Value {
  return broadcastTo(value, shapeOf(like));
}
