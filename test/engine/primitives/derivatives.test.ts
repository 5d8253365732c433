import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { add } from "../../../engine/primitives/arithmetic.ts";
import { codeOf, isPiecewiseConstant, primitiveNames } from "../../../engine/primitives/names.ts";
import { bf16round, f16round, fround } from "../../../engine/primitives/rounding.ts";
import { dataOf, pullback, shapeOf } from "../../../engine/primitives/rule.ts";
import { rules } from "../../../engine/primitives/table.ts";
import { cases } from "./cases.ts";
import { checkDerivatives, filled, jvp, noise, vjp } from "./checkDerivatives.ts";

describe("tangents, adjoints, their pairing and second derivatives agree with differences", () => {
  for (const name of primitiveNames)
    test(name, () => {
      for (const { model, at } of cases[name]) for (const point of at) checkDerivatives(model, point);
    });
});

test("what is taken of a value twice adds to its adjoint in place what the adjoint rule gives", () => {
  const taking = primitiveNames.filter((name) => rules[codeOf(name)]!.accumulate !== undefined);
  assert.deepEqual(taking, ["slice", "take", "takeAlongAxis", "dynamicSlice"]);
  for (const name of taking)
    for (const { model, at } of cases[name])
      for (const point of at) {
        const u = filled(shapeOf(model(...point)), noise(3));
        const once = vjp(model, point, u);
        const twice = vjp((...inputs) => add(model(...inputs), model(...inputs)), point, u);
        twice.forEach((adjoint, k) =>
          assert.deepEqual(
            dataOf(adjoint),
            dataOf(once[k]!).map((x) => 2 * x),
            name,
          ),
        );
      }
});

test("only the primitives listed as piecewise constant and stopGradient let no adjoint through", () => {
  for (const name of primitiveNames) {
    const rule = rules[codeOf(name)]!;
    const severs = [0, 1, 2].every((k) => pullback(rule, k) === undefined);
    assert.equal(severs, isPiecewiseConstant(name) || name === "stopGradient", name);
  }
});

test("rounding to a narrower float passes the derivative straight through", () => {
  for (const round of [fround, f16round, bf16round]) {
    assert.equal(vjp(round, [0.1], 3)[0], 3);
    assert.equal(jvp(round, [0.1], [3]), 3);
  }
});
