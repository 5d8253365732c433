import assert from "node:assert/strict";
import { test } from "node:test";
import { brief, diagnosedFile } from "./diagnosed.ts";

const found = await diagnosedFile("severed.ts");
const severed = (name: string): string[] => brief(found.get(name)!.filter(({ code }) => code === "severed-gradient"));

test("names the piecewise constant operation that ends the path", () => {
  assert.deepEqual(severed("rounded"), ["warning severed-gradient 4"]);
  assert.match(found.get("rounded")![0]!.message, /no adjoint passes through `Math\.floor\(x \* 3\)` on line 4/);
});

test("names the condition of a where", () => {
  assert.deepEqual(severed("masked"), ["warning severed-gradient 54"]);
});

test("names the comparison where a value only decides which way to go", () => {
  assert.deepEqual(severed("hard"), ["information severed-gradient 9"]);
  assert.deepEqual(severed("count"), ["information severed-gradient 31"]);
});

test("warns of the comparison where the whole result is constant", () => {
  assert.deepEqual(severed("hardOnly"), ["warning severed-gradient 18"]);
});

test("names the last place a value got to", () => {
  assert.deepEqual(severed("lost"), ["warning severed-gradient 26"]);
});

test("points at a parameter that nothing reads", () => {
  assert.deepEqual(severed("unused"), ["warning severed-gradient 21"]);
  assert.match(found.get("unused")![0]!.message, /y is 0 whatever its value: nothing reads it/);
});

test("only mentions counts and stopped gradients", () => {
  assert.deepEqual(severed("size"), ["information severed-gradient 35"]);
  assert.deepEqual(severed("stopped"), ["information severed-gradient 40"]);
});

test("names the bitwise operator or whole-number array that took the value", () => {
  assert.deepEqual(severed("bits"), ["warning severed-gradient 44"]);
  assert.deepEqual(severed("integers"), ["warning severed-gradient 49"]);
});

test("names where a number is read from the text that was made of it", () => {
  assert.deepEqual(severed("readBack"), ["warning severed-gradient 80"]);
});

test("is the one finding of its place: what was noticed there while the function ran is told along with it", () => {
  for (const [name, line, noticed] of [
    ["readBack", 80, /^The number read here is a constant: it comes from the text of a traced value/],
    ["bits", 44, /^A bitwise operator works on 32-bit integers/],
    ["integers", 49, /^Int32Array stores whole numbers/],
  ] as const) {
    assert.deepEqual(brief(found.get(name)), [`warning severed-gradient ${line}`]);
    const { message, source } = found.get(name)![0]!.related!.at(-1)!;
    assert.match(message, noticed);
    assert.equal(source.line, line);
  }
});

test("is one finding for all parameters that one place takes", () => {
  assert.deepEqual(brief(found.get("rounding")), ["warning severed-gradient 85"]);
  assert.match(
    found.get("rounding")![0]!.message,
    /^The gradient with respect to w and b is 0 whatever their values: /,
  );
  const [finding, ...others] = found.get("compared")!;
  assert.deepEqual(others, []);
  assert.match(finding!.message, /to a and b is 0 whatever their values: they only decide which way the program goes/);
  assert.deepEqual(
    finding!.related!.map(({ message }) => message),
    [
      "The parameter a",
      "The parameter b",
      "The value of compared does not depend on its parameters, so every derivative is 0.",
    ],
  );
});

test("points at the first use of a value where that is all that is known", () => {
  assert.deepEqual(severed("dated"), ["warning severed-gradient 94"]);
});

test("is silent where some element of a parameter is used", () => {
  assert.deepEqual(found.get("healthy"), []);
});

test("names the bounds that hold a parameter, and nothing else that makes its gradient 0", () => {
  assert.deepEqual(severed("clipped"), ["warning severed-gradient 62"]);
  assert.equal(
    found.get("clipped")![0]!.message,
    "The gradient with respect to w is 0 at this value: `clip(w, -1, 1)` on line 62 holds all that is computed from it at a bound. " +
      "Begin within the bounds, or use a smooth limit such as tanh.",
  );
  assert.deepEqual(severed("limited"), ["warning severed-gradient 67"]);
  for (const name of ["partly", "cheaper"]) assert.deepEqual(severed(name), []);
});
