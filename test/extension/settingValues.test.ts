import assert from "node:assert/strict";
import { test } from "node:test";
import { allowedValue, type SettingProperty } from "../../extension/settingValues.ts";

const digits: SettingProperty = { type: "integer", default: 4, minimum: 2, maximum: 15 };
const time: SettingProperty = { type: "number", default: 10, minimum: 0.1 };

test("a number out of bounds counts as the bound, and a whole number is rounded to", () => {
  assert.equal(allowedValue(digits, 6), 6);
  assert.equal(allowedValue(digits, 0), 2);
  assert.equal(allowedValue(digits, 99), 15);
  assert.equal(allowedValue(digits, 3.4), 3);
  assert.equal(allowedValue(time, 0.25), 0.25);
  assert.equal(allowedValue(time, -1), 0.1);
});

test("what is of another kind counts as the default", () => {
  assert.equal(allowedValue(time, "10 s"), 10);
  assert.equal(allowedValue(time, null), 10);
  assert.equal(allowedValue({ type: "boolean", default: true }, "no"), true);
  assert.equal(allowedValue({ type: "boolean", default: true }, false), false);
  const inlay: SettingProperty = { type: "string", default: "names", enum: ["off", "names", "all"] };
  assert.equal(allowedValue(inlay, "all"), "all");
  assert.equal(allowedValue(inlay, "some"), "names");
});
