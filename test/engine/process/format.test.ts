import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNested,
  formatNumber,
  formatPlural,
  formatShape,
  formatSigned,
  formatSummary,
} from "../../../engine/process/format.ts";

test("writes four significant digits, and no zeros that say nothing", () => {
  const written = [
    2.1269280110429727, -1.6423912, 0.11920292, 7.38905609893065, 1, 0, -0, 0.25, 53, 13780.6, 9999.96, 123456.7,
  ];
  assert.deepEqual(
    written.map((x) => formatNumber(x)),
    ["2.127", "−1.642", "0.1192", "7.389", "1", "0", "0", "0.25", "53", "13,781", "10,000", "123,457"],
  );
});

test("writes an exponent where the zeros would have to be counted", () => {
  const written = [3.8752202e-7, -1e-12, 2.656e-5, 0.001, 1e6, 1.5e300, 5e-324, 999999.7];
  assert.deepEqual(
    written.map((x) => formatNumber(x)),
    ["3.875e-7", "−1e-12", "2.656e-5", "0.001", "1e6", "1.5e300", "4.941e-324", "1,000,000"],
  );
});

test("names what is not a number", () => {
  assert.deepEqual(
    [NaN, Infinity, -Infinity].map((x) => formatNumber(x)),
    ["NaN", "∞", "−∞"],
  );
});

test("writes as many digits as a person has set", () => {
  assert.deepEqual(
    [2, 6, 12].map((digits) => formatNumber(Math.PI, digits)),
    ["3.1", "3.14159", "3.14159265359"],
  );
});

test("writes signs, shapes, counts, sizes and durations", () => {
  assert.deepEqual(
    [0.1192, -1.76, 0].map((x) => formatSigned(x)),
    ["+0.1192", "−1.76", "0"],
  );
  assert.deepEqual(
    [[], [3], [64, 32]].map((shape) => formatShape(shape)),
    ["scalar", "3", "64 × 32"],
  );
  assert.deepEqual(
    [7, 4218, 1000000].map((count) => formatCount(count)),
    ["7", "4,218", "1,000,000"],
  );
  assert.deepEqual(
    [1, 4218].map((count) => formatPlural(count, "node")),
    ["1 node", "4,218 nodes"],
  );
  assert.deepEqual(
    [176, 186_000, 2_100_000, 3e9].map((size) => formatBytes(size)),
    ["176 B", "186 KB", "2.1 MB", "3.0 GB"],
  );
  assert.deepEqual(
    [0.1, 6, 48.6, 1234].map((time) => formatDuration(time)),
    ["0.1 ms", "6.0 ms", "49 ms", "1.2 s"],
  );
});

test("shortens nested values and says how much there is", () => {
  assert.equal(formatNested([46, 64]), "[46, 64]");
  assert.equal(
    formatNested({ w: [1, 2, 3, 4, 5, 6, 7, 8], b: -0.5 }),
    "{ w: [1, 2, 3, 4, 5, 6, … 8 in all], b: −0.5 }",
  );
  assert.equal(formatSummary({ norm: 3.1, min: 0, max: 3, mean: 1, finite: true }), "‖3.1‖");
});
