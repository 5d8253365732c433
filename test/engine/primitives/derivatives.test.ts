import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { codeOf, isPiecewiseConstant, primitiveNames } from "../../../engine/primitives/names.ts";
import { bf16round, f16round, fround } from "../../../engine/primitives/rounding.ts";
import { pullback } from "../../../engine/primitives/rule.ts";
import { rules } from "../../../engine/primitives/table.ts";
import { cases } from "./cases.ts";
import { checkDerivatives, jvp, vjp } from "./checkDerivatives.ts";

describe("tangents, adjoints, their pairing and second derivatives agree with differences", () => {
  for (const name of primitiveNames)
    test(name, () => {
      for (const { model, at } of cases[name]) for (const point of at) checkDerivatives(model, point);
    });
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
