import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import * as library from "../../../engine/library/index.ts";
import { asValue } from "../../../engine/library/values.ts";
import { dataOf, shapeOf, type Primal } from "../../../engine/primitives/rule.ts";
import { near, second, vjp, type Model } from "../primitives/checkDerivatives.ts";

type Numbers = number | string | Numbers[];

/** One call as functions.py wrote it down: see there. */
interface Entry {
  readonly name: string;
  readonly arguments: readonly ({ readonly input: Numbers } | { readonly value: unknown })[];
  readonly result: Numbers;
  readonly u?: Numbers;
  readonly gradients?: readonly Numbers[];
  readonly w?: readonly Numbers[];
  readonly second?: readonly Numbers[];
}

const entries = JSON.parse(
  readFileSync(new URL("../../fixtures/torch/functions.json", import.meta.url), "utf8"),
) as Entry[];

const functions = library as unknown as Readonly<Record<string, (...values: unknown[]) => unknown>>;

/** JSON has no infinities; they stand there as texts. */
function revived(x: unknown): unknown {
  if (Array.isArray(x)) return x.map(revived);
  if (typeof x === "object" && x !== null)
    return Object.fromEntries(Object.entries(x).map(([key, value]) => [key, revived(value)]));
  return x === "Infinity" || x === "-Infinity" || x === "NaN" ? Number(x) : x;
}

const primal = (x: Numbers): Primal => asValue("test", revived(x)) as Primal;

/** PyTorch's trigamma has nine digits, and it takes some slopes in single precision. */
const coarse: ReadonlySet<string> = new Set(["lgamma", "digamma", "polygamma", "hardSigmoid", "hardSwish", "celu"]);

function assertEqual(actual: Primal, expected: Numbers, tolerance: number, what: string): void {
  const wanted = primal(expected);
  assert.deepEqual(shapeOf(actual), shapeOf(wanted), `${what}: shape`);
  dataOf(wanted).forEach((value, k) => near(dataOf(actual)[k]!, value, tolerance, `${what}, element ${k}`));
}

describe("PyTorch gives the same value, gradient and second derivative of", () => {
  for (const [at, entry] of entries.entries())
    test(`${entry.name} (${at})`, () => {
      const inputs = entry.arguments.flatMap((argument) => ("input" in argument ? [primal(argument.input)] : []));
      const model: Model = (...values) => {
        const rest = values[Symbol.iterator]();
        const given = entry.arguments.map((argument) =>
          "input" in argument ? rest.next().value : revived(argument.value),
        );
        return functions[entry.name]!(...given) as Primal;
      };
      const tolerance = coarse.has(entry.name) ? 1e-7 : 1e-12;
      assertEqual(model(...inputs) as Primal, entry.result, tolerance, "value");
      if (entry.u === undefined) return;
      const u = primal(entry.u);
      vjp(model, inputs, u).forEach((gradient, k) =>
        assertEqual(gradient, entry.gradients![k]!, tolerance, `gradient ${k}`),
      );
      if (entry.second === undefined) return;
      second(model, inputs, u, entry.w!.map(primal)).forEach((gradient, k) =>
        assertEqual(gradient, entry.second![k]!, tolerance, `second derivative ${k}`),
      );
    });
});

test("most of the library's functions are among them", () => {
  assert.ok(new Set(entries.map(({ name }) => name)).size > 120);
});
