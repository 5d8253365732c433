import assert from "node:assert/strict";
import { test } from "node:test";
import { dissent } from "../../../engine/check/meaning.ts";
import type { Dissent, Votes } from "../../../engine/check/report.ts";

const votes = (reverse: number, forward: number, numeric: number, complex?: number): Votes => ({
  ...{ reverse, forward, numeric, error: 0, tolerance: 1e-7, verdict: "wrong" },
  ...(complex === undefined ? {} : { complex }),
});

const cases: readonly [string, Votes, Dissent][] = [
  ["reverse mode alone is off", votes(2, 1, 1, 1), "reverse"],
  ["forward mode alone is off", votes(1, 2, 1), "forward"],
  ["both modes are off alike, and a complex step sides with differences", votes(2, 2, 1, 1), "rules"],
  ["a complex step sides with the modes: the program is not what is on the tape", votes(2, 2, 1, 2), "program"],
  ["no complex step tells", votes(2, 2, 1), "differences"],
  ["nobody agrees", votes(2, 3, 1), "all"],
];
for (const [name, given, expected] of cases)
  test(name, () => {
    const { dissent: who, meaning } = dissent(given, 1e-7);
    assert.equal(who, expected);
    assert.match(meaning, /^[A-Z].*\.$/);
  });

test("at a kink the modes are held to each other and to both sides", () => {
  assert.equal(dissent(votes(2, 2, 0), 1e-7, true).dissent, "kink");
  assert.equal(dissent(votes(2, 1, 0), 1e-7, true).dissent, "modes");
});
