import assert from "node:assert/strict";
import { test } from "node:test";
import { Pacer } from "../../../engine/train/pacer.ts";

/** Counts of the first runs where a run costs `wait` milliseconds and each step `each`. */
function counts(wait: number, each: number, runs = 14): number[] {
  const pacer = new Pacer();
  return Array.from({ length: runs }, () => {
    const { count } = pacer;
    pacer.ran(count, wait + count * each);
    return count;
  });
}

test("fast steps are made in runs of a twentieth of a second", () => {
  const made = counts(0, 0.1);
  assert.deepEqual(made.slice(0, 4), [1, 4, 16, 64]);
  assert.equal(made.at(-1), 500);
});

test("slow steps are made one at a time", () => {
  assert.deepEqual([...new Set(counts(0, 300).slice(2))], [1]);
  assert.deepEqual([...new Set(counts(0, 5000).slice(2))], [1]);
});

test("where waiting is most of it, more steps share the wait, within a second", () => {
  const made = counts(200, 10).at(-1)!;
  assert.ok(made >= 16 && 200 + made * 10 <= 1000, String(made));
});

test("a run cut short by the end of an epoch says nothing", () => {
  const pacer = new Pacer();
  pacer.ran(1, 100);
  assert.equal(pacer.count, 2);
  pacer.ran(1, 100);
  assert.equal(pacer.count, 2);
});
