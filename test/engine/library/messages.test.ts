import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as library from "../../../engine/library/index.ts";
import { isArgumentError } from "../../../engine/primitives/argumentErrors.ts";
import { ShapeError, TransformError, UnsolvableError } from "../../../engine/library/index.ts";

type Function = (...args: unknown[]) => unknown;
const f = library as unknown as Readonly<Record<keyof typeof library, Function>>;

/** Functions of functions, of files and of random numbers are called otherwise: see below and their own tests. */
const others: ReadonlySet<string> = new Set([
  ...[
    "grad",
    "valueAndGrad",
    "vjp",
    "jvp",
    "linearize",
    "jacobian",
    "jacfwd",
    "jacrev",
    "hessian",
    "hvp",
    "vmap",
    "checkpoint",
  ],
  ...["scan", "foriLoop", "whileLoop", "cond", "customVjp", "customJvp", "odeint", "odeintEvent", "fixedPoint"],
  ...["implicitRoot", "treeMap", "treeLeaves", "ravel", "defineModel", "readCsv", "random", "adam", "sgd"],
]);
const names = Object.keys(library).filter(
  (name) => /^[a-z]/.test(name) && !others.has(name) && typeof f[name as "abs"] === "function",
);

const matrix = f.zeros([2, 3]);
const other = f.zeros([4, 5]);
/** Arguments that do not fit most functions; those that take them give something. */
const wrong: Readonly<Record<string, readonly unknown[]>> = {
  nothing: [],
  "a text": ["abc"],
  "an object": [{}],
  null: [null],
  "a date": [new Date(0)],
  "a function": [(): number => 1],
  "a bigint": [3n],
  "ragged arrays": [[[1], [1, 2]]],
  texts: ["a", "b"],
  "shapes that do not fit": [matrix, other],
  "three shapes that do not fit": [matrix, other, f.zeros([7])],
  "a text second": [matrix, "b"],
  "an object second": [matrix, {}],
  "an axis that there is not": [matrix, 7],
  "half an axis": [matrix, 0.5],
  "an axis twice": [matrix, [0, 0]],
  "NaN as an axis": [matrix, NaN],
  "an axis third": [matrix, matrix, 7],
  "a text third": [matrix, 0, "x"],
  "no element": [[]],
  "no elements": [[], []],
  "a negative extent": [[-1]],
  "a cube": [f.zeros([2, 2, 2])],
  "NaN and infinity": [
    [
      [NaN, 1],
      [Infinity, 2],
    ],
  ],
  "a number": [3],
  "two numbers": [3, 4],
};

/** One sentence that begins with the function, without what JavaScript says of its own accord. */
function assertNamed(name: string, error: unknown, what: string): void {
  assert.ok(error instanceof Error, what);
  const { message } = error;
  const known =
    error instanceof ShapeError ||
    error instanceof TransformError ||
    error instanceof UnsolvableError ||
    isArgumentError(error);
  assert.ok(known, `${name} of ${what}: ${error.stack}`);
  assert.match(message, new RegExp(`^${name}\\b`), `${name} of ${what}`);
  assert.doesNotMatch(message, /\n|is not a function|Cannot |NaN elements|\[object|outside of traced code/, what);
}

describe("what does not fit is refused in one sentence that begins with the function that was called", () => {
  for (const name of names)
    test(name, () => {
      for (const [what, args] of Object.entries(wrong)) {
        try {
          f[name as "abs"](...args);
        } catch (error) {
          assertNamed(name, error, what);
        }
      }
    });
});

test("shapes that do not broadcast are told with the axis and what to do, under the name that was called", () => {
  const says = (run: () => unknown, message: string): void => assert.throws(run, { name: "ShapeError", message });
  const rest = "they do not broadcast: axis −1 has 3 against 5; make them equal, or one of them 1";
  for (const name of ["add", "maximum", "less", "atan2", "meanSquaredError", "huberLoss", "clip", "where"] as const)
    says(() => f[name](matrix, other, 0), `${name} of [2, 3] and [4, 5]: ${rest}`);
  says(() => f.mul(f.complex(matrix, 1), other), `mul of [2, 3] and [4, 5]: ${rest}`);
  says(
    () => f.broadcastTo(matrix, [4]),
    "broadcastTo of [2, 3]: it does not broadcast to [4]; aligned at the last axis, each of its extents must be equal, or 1",
  );
});

describe("functions of functions begin their sentences with their names", () => {
  const one = (x: unknown): unknown => x;
  const calls: readonly (readonly [name: string, run: () => unknown])[] = [
    ...(["grad", "valueAndGrad", "jacobian", "jacfwd", "jacrev", "hessian", "vmap", "checkpoint"] as const).flatMap(
      (name) =>
        [3, null, undefined, "f"].map(
          (given) => [name, (): unknown => (f[name](given) as Function | undefined)?.(1)] as const,
        ),
    ),
    ...(["grad", "valueAndGrad", "jacobian", "hessian"] as const).flatMap((name) =>
      ["1", {}, undefined, new Date(0), new Int32Array(1)].map(
        (given) => [name, (): unknown => (f[name](() => "a") as Function)(given)] as const,
      ),
    ),
    ["vjp", (): unknown => f.vjp(3, 1)],
    ["vjp", (): unknown => (f.vjp(f.sin, 1) as [unknown, Function])[1](f.zeros([2]))],
    ["jvp", (): unknown => f.jvp(f.sin, [1], [f.zeros([2])])],
    ["jvp", (): unknown => f.jvp(f.sin, 1, 2)],
    ["hvp", (): unknown => f.hvp(f.sin, [1], [])],
    ["vmap", (): unknown => (f.vmap(one) as Function)(1)],
    ["vmap", (): unknown => (f.vmap(one) as Function)(f.zeros([0]))],
    ["vmap", (): unknown => (f.vmap(f.add) as Function)(f.zeros([2]), f.zeros([3]))],
    ["scan", (): unknown => f.scan(one, 0, [1])],
    ["scan", (): unknown => f.scan(one, 0, 3)],
    ["scan", (): unknown => f.scan((c: unknown) => [f.stack([c, c]), 1], 0, [1, 2])],
    ["foriLoop", (): unknown => f.foriLoop(0, 1.5, one, 1)],
    ["whileLoop", (): unknown => f.whileLoop(() => true, one, 1, { maxIterations: 10 })],
    [
      "whileLoop",
      (): unknown =>
        f.whileLoop(
          () => true,
          () => [1],
          1,
        ),
    ],
    ["cond", (): unknown => f.cond(true, 1, 2)],
    ["fixedPoint", (): unknown => f.fixedPoint((x: unknown) => f.add(f.mul(x, 2), 1), 1)],
    ["fixedPoint", (): unknown => f.fixedPoint((x: unknown) => f.neg(x), 1, { maxIterations: 10 })],
    ["implicitRoot", (): unknown => f.implicitRoot((x: unknown) => f.add(f.square(x), 1), 1)],
    ["implicitRoot", (): unknown => f.implicitRoot(() => NaN, 1)],
    ["odeint", (): unknown => f.odeint((y: unknown) => f.square(y), 1, [0, 2])],
    ["odeint", (): unknown => f.odeint(() => NaN, 1, [0, 2])],
    ["odeint", (): unknown => f.odeint(one, 1, [0])],
    [
      "odeintEvent",
      (): unknown =>
        f.odeintEvent(
          () => 1,
          0,
          0,
          (y: unknown) => f.add(y, 1),
          { until: 1 },
        ),
    ],
    ["customVjp", (): unknown => f.customVjp(one, 3)],
    ["customJvp", (): unknown => f.customJvp(3, one)],
  ];
  for (const [at, [name, run]] of calls.entries())
    test(`${name} (${at})`, () => {
      assert.throws(run, (error: Error) => {
        assert.match(error.message, new RegExp(`^${name}\\b`));
        assert.doesNotMatch(error.message, /\n|is not a function|Cannot |\[object/);
        return true;
      });
    });
});
