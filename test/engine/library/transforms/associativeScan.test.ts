import assert from "node:assert/strict";
import { test } from "node:test";
import type { Primal } from "../../../../engine/primitives/rule.ts";
import type { Value } from "../../../../engine/tape/tensor.ts";
import { close, f, plain, random } from "../calls.ts";
import { checkDerivatives } from "../../primitives/checkDerivatives.ts";
import { refuses } from "./compare.ts";

type Two = (a: Value, b: Value) => Value;
const scanned = (operation: Two, x: unknown, options = {}): Value => f.associativeScan(operation, x, options);

test("gives what the operation makes of all up to each, for any number of them", () => {
  for (let n = 1; n <= 9; n++) {
    const x = random(n);
    close(scanned(f.add, x), plain(f.cumsum(x)), 1e-13);
    close(scanned(f.maximum, x), plain(f.cummax(x)));
    close(scanned(f.mul, x, { reverse: true }), plain(f.cumprod(x, 0, { reverse: true })), 1e-13);
  }
});

test("keeps the order of what does not commute, along any axis, and over trees", () => {
  const matrices = random(5, 2, 2);
  const products: Value[] = [];
  for (let k = 0; k < 5; k++) {
    const next = f.take(matrices, k) as Value;
    products.push(k === 0 ? next : f.matmul(products[k - 1], next));
  }
  close(scanned(f.matmul, matrices), plain(f.stack(products)), 1e-13);
  const x = random(3, 4);
  close(scanned(f.add, x, { axis: -1 }), plain(f.cumsum(x, 1)), 1e-13);
  const [a, b] = [random(7), f.add(random(7), 1)];
  const affine = ([p, q]: Value[], [r, s]: Value[]): Value[] => [f.mul(p, r), f.add(f.mul(r, q), s)];
  const [, recurrence] = f.associativeScan(affine, [a, b]) as unknown as [Value, Value];
  close(recurrence, plain(f.linearRecurrence(a, b)), 1e-13);
});

test("is differentiable to second order", () => {
  checkDerivatives((x) => scanned(f.mul, f.add(x, 2)), [random(5)] as Primal[], 1e-6);
  checkDerivatives((x) => scanned(f.matmul, x, { reverse: true }), [random(3, 2, 2)] as Primal[], 1e-6);
});

test("calls the function once for each halving and each way back", () => {
  let calls = 0;
  const counting: Two = (a, b) => (calls++, f.add(a, b));
  scanned(counting, f.ones([1024]));
  assert.equal(calls, 19);
});

test("refuses what does not fit in a sentence", () => {
  refuses(
    () => f.associativeScan(f.add, [f.ones([3]), f.ones([4])]),
    "associativeScan: extents along the axis differ: 3 and 4; all must be equal.",
  );
  refuses(
    () => scanned(f.add, 3),
    "associativeScan: there is a number to scan over: give tensors, such as tensor([1, 2, 3]).",
  );
  assert.throws(
    () => scanned((a) => f.sum(a), f.ones([4])),
    /^TransformError: associativeScan: what the function returned/,
  );
});
