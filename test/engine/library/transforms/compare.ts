import assert from "node:assert/strict";
import { TransformError } from "../../../../engine/library/index.ts";
import { Tensor, TracedNumber } from "../../../../engine/tape/tensor.ts";

/** Trees of numbers, tensors and nested arrays, element by element. */
export function close(actual: unknown, expected: unknown, tolerance = 1e-12): void {
  const [found, wanted] = [plain(actual), plain(expected)];
  if (typeof wanted === "number") {
    const off = Math.abs((found as number) - wanted);
    assert.ok(off <= tolerance * Math.max(1, Math.abs(wanted)), `${String(found)} is not ${wanted}`);
    return;
  }
  assert.deepEqual(Object.keys(found as object), Object.keys(wanted as object));
  for (const [key, value] of Object.entries(wanted as object))
    close((found as Record<string, unknown>)[key], value, tolerance);
}

function plain(x: unknown): unknown {
  if (x instanceof TracedNumber) return x.primal;
  return x instanceof Tensor ? (x as Tensor & { toArray(): unknown }).toArray() : x;
}

/** That a call is refused with exactly this sentence. */
export function refuses(call: () => unknown, sentence: string): void {
  assert.throws(call, (error) => {
    assert.ok(error instanceof TransformError, String(error));
    assert.equal(error.message, sentence);
    return true;
  });
}
