import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CustomRuleError } from "../../../../engine/differentiate/custom.ts";
import {
  customJvp,
  div,
  exp,
  grad,
  jvp,
  log1p,
  mul,
  pow,
  add,
  neg,
  sum,
  tensor,
  vjp,
  type Value,
} from "../../../../engine/library/index.ts";
import { close } from "./compare.ts";

const softplus = customJvp(
  (x: Value) => log1p(exp(x)),
  ([dx], [x]) => div(dx, add(1, exp(neg(x)))),
);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

describe("customJvp", () => {
  test("gives value and tangent, and the adjoint as the transpose of the tangent", () => {
    close(jvp(softplus, [0.5], [2]), [Math.log1p(Math.exp(0.5)), 2 * sigmoid(0.5)]);
    close(grad(softplus)(0.5), sigmoid(0.5));
    const x = tensor([1, -2, 0.3]);
    close(grad((v: typeof x) => sum(softplus(v)))(x), [sigmoid(1), sigmoid(-2), sigmoid(0.3)]);
  });

  test("takes the rule that is given, not that of the function", () => {
    const twice = customJvp(
      (x: Value) => x,
      ([dx]) => mul(2, dx),
    );
    assert.equal(grad(twice)(1), 2);
    assert.equal(jvp(twice, [1], [1])[1], 2);
  });

  test("can be differentiated again, either way", () => {
    const second = sigmoid(0.5) * (1 - sigmoid(0.5));
    close(grad(grad(softplus))(0.5), second);
    close(jvp(grad(softplus), [0.5], [1])[1], second);
    close(grad((x: number) => jvp(softplus, [x], [1])[1])(0.5), second);
  });

  test("of several inputs, some of which do not move", () => {
    const power = customJvp(
      (x: Value, y: Value) => mul(x, pow(y, 2)),
      ([dx, dy], [x, y]) => add(mul(dx, pow(y, 2)), mul(2, mul(mul(x, y), dy))),
    );
    close(vjp(power, 3, 2)[1](1), [4, 12]);
    close(grad((y: number) => power(3, y))(2), 12);
    close(
      jvp((x: number) => power(x, 2), [3], [1]),
      [12, 4],
    );
  });

  test("refuses a tangent of another shape than the value", () => {
    const misshapen = customJvp(
      (x: Value) => sum(x),
      ([dx]) => dx,
    );
    assert.throws(
      () => grad((x: Value) => misshapen(x))(tensor([1, 2])),
      (error) => {
        assert.ok(error instanceof CustomRuleError);
        assert.equal(
          error.message,
          "The tangent function of this custom rule returned a tensor of shape [2] as the tangent of a value that is a number: both must have the same shape.",
        );
        return true;
      },
    );
  });
});
