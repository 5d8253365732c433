import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Text, TextMapping } from "../../extension/textMapping.ts";

const before = "const a = 1;\nconst b = a * 2;\nreturn a + b;\n";

test("keeps every place of a text that has not changed", () => {
  const mapping = new TextMapping(before, before);
  assert.equal(mapping.identical, true);
  assert.deepEqual(mapping.forward({ line: 2, column: 7 }), { line: 2, column: 7 });
});

test("moves what stands after an edit, and nothing before it", () => {
  const mapping = new TextMapping(before, before.replace("const b", "// a note\n  const b"));
  assert.equal(mapping.identical, false);
  assert.deepEqual(mapping.forward({ line: 1, column: 7 }), { line: 1, column: 7 });
  assert.deepEqual(mapping.forward({ line: 2, column: 7 }), { line: 3, column: 9 });
  assert.deepEqual(mapping.back({ line: 4, column: 8 }), { line: 3, column: 8 });
});

test("gives no place for text that has been replaced", () => {
  const mapping = new TextMapping(before, before.replace("a * 2", "Math.exp(q)"));
  assert.equal(mapping.forward({ line: 2, column: 13 }), undefined);
  assert.equal(mapping.back({ line: 2, column: 15 }), undefined);
  const inside = { file: "f.ts", line: 2, column: 13, endLine: 2, endColumn: 14 };
  assert.equal(mapping.forwardRange(inside), undefined);
});

test("stretches a range around the edit", () => {
  const mapping = new TextMapping(before, before.replace("2", "200"));
  const whole = { file: "f.ts", line: 2, column: 1, endLine: 2, endColumn: 17 };
  assert.deepEqual(mapping.forwardRange(whole), { ...whole, endColumn: 19 });
});

test("finds back every place that it finds forward", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "\n", " "), maxLength: 12 });
  fc.assert(
    fc.property(text, text, text, text, fc.nat(40), (head, old, now, tail, at) => {
      const from = head + old + tail;
      const mapping = new TextMapping(from, head + now + tail);
      const position = new Text(from).position(Math.min(at, from.length));
      const there = mapping.forward(position);
      if (!there) return;
      const offset = new Text(head + now + tail).offset(there);
      // An insertion has two sides, and either is right.
      const back = mapping.back(there);
      assert.ok(back, `${offset} leads nowhere`);
      if (old !== "" || now === "") return;
      assert.ok([head.length, offset].some((candidate) => candidate >= 0));
    }),
  );
});
