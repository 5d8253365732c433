import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import * as adjoint from "../../../engine/library/index.ts";
import { Complex, complexOf } from "../../../engine/library/complex/number.ts";
import { asValue } from "../../../engine/library/values.ts";
import { reverse } from "../../../engine/differentiate/reverse.ts";
import { add, mul } from "../../../engine/primitives/arithmetic.ts";
import { sum } from "../../../engine/primitives/reduction.ts";
import { dataOf, isTraced, primalOf, shapeOf } from "../../../engine/primitives/rule.ts";
import { recordOn } from "../../../engine/tape/recording.ts";
import { sizeOf } from "../../../engine/tape/shape.ts";
import { Tape } from "../../../engine/tape/tape.ts";
import { Tensor, type Value } from "../../../engine/tape/tensor.ts";

type Numbers = number | Numbers[];
type Given = Numbers | { readonly re: Numbers; readonly im: Numbers };

interface Case {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly inputs: readonly Given[];
  readonly value: Given;
  readonly gradients: readonly Given[];
}

const file = new URL("../../fixtures/torch/reference.json", import.meta.url);
const cases = JSON.parse(readFileSync(file, "utf8")) as readonly Case[];

type Model = (inputs: never[], settings: Record<string, never>) => unknown;

const library = adjoint as unknown as Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** What is not a function of all its tensors and then its settings. */
const models: Readonly<Record<string, Model>> = {
  maxPool: ([x], { window, ...options }) => adjoint.maxPool(x!, window!, options),
  avgPool: ([x], { window, ...options }) => adjoint.avgPool(x!, window!, options),
  slogdet: ([a]) => adjoint.slogdet(a!).logabsdet,
  "qr.q": ([a]) => adjoint.qr(a!).q,
  "qr.r": ([a]) => adjoint.qr(a!).r,
  "lu.l": ([a]) => adjoint.lu(a!).l,
  "lu.u": ([a]) => adjoint.lu(a!).u,
  "eigh.squares": ([a]) => adjoint.square(adjoint.eigh(a!).eigenvectors),
  "svd.u.squares": ([a]) => adjoint.square(adjoint.svd(a!).u),
  "svd.vh.squares": ([a]) => adjoint.square(adjoint.svd(a!).vh),
  matrixPower: ([a], { n }) => adjoint.matrixPower(a!, n!),
  matrixNorm: ([a], { ord }) =>
    adjoint.matrixNorm(a!, (ord as unknown) === "fro" || (ord as unknown) === "nuc" ? ord! : Number(ord)),
  fftshift: ([x]) => adjoint.fftshift(x!),
  ifftshift: ([x]) => adjoint.ifftshift(x!),
  sum: ([x]) => adjoint.sum(x!, 0),
  mean: ([x]) => adjoint.mean(x!, 0),
  pow: ([x], { exponent }) => adjoint.pow(x!, exponent!),
};

const plainOnes = new Set([
  "solve",
  "inv",
  "det",
  "logdet",
  "cholesky",
  "eigvalsh",
  "svdvals",
  "pinv",
  "lstsq",
  "expm",
  "kron",
]);

function modelOf(name: string): Model {
  const own = models[name];
  if (own !== undefined) return own;
  const f = library[name]!;
  return (inputs, settings) => (plainOnes.has(name) || inputs.length > 2 ? f(...inputs) : f(...inputs, settings));
}

const isPair = (given: Given): given is Exclude<Given, Numbers> => typeof given === "object" && !Array.isArray(given);
const flat = (given: Numbers): number[] => (typeof given === "number" ? [given] : given.flatMap(flat));

/** Parts of a number or tensor: one, or two of a complex one. */
function partsOf(result: unknown): Value[] {
  return result instanceof Complex ? [result.re, result.im] : [result as Value];
}

function near(actual: readonly number[], expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length, what);
  const scale = Math.max(1, ...expected.map(Math.abs));
  expected.forEach((value, k) => {
    assert.ok(Math.abs(actual[k]! - value) <= 1e-9 * scale, `${what}, element ${k}: ${actual[k]!} instead of ${value}`);
  });
}

const numbersOf = (given: Given): number[][] => (isPair(given) ? [flat(given.re), flat(given.im)] : [flat(given)]);

function check({ name, settings, inputs, value, gradients }: Case): void {
  const tape = new Tape();
  recordOn(tape, () => {
    const input = (x: Numbers): Value => tape.addInput(primalOf(asValue("test", x)), "x", 0);
    const values = inputs.map((given) => (isPair(given) ? complexOf(input(given.re), input(given.im)) : input(given)));
    const parts = partsOf(modelOf(name)(values as never[], settings as Record<string, never>));
    const expected = numbersOf(value);
    parts.forEach((part, k) => near([...dataOf(primalOf(part))], expected[k]!, `${name}, part ${k}`));
    const terms = parts.map((part, k) => {
      const weight = k === 0 ? Math.cos : Math.sin;
      const shape = shapeOf(part);
      const data = Float64Array.from({ length: sizeOf(shape) }, (_, at) => weight(at + 1));
      return sum(mul(part, shape.length === 0 ? data[0]! : new Tensor(shape, data)));
    });
    const loss = terms.reduce(add);
    const adjoints = isTraced(loss) ? reverse(tape, (loss as Tensor).node) : undefined;
    values.forEach((own, k) => {
      partsOf(own).forEach((part, at) => {
        const { node } = part as Tensor;
        const found = part instanceof Tensor ? adjoints?.tensor(node)?.data : [adjoints?.scalar(node) ?? 0];
        near(
          [...(found ?? new Float64Array(sizeOf(shapeOf(part))))],
          numbersOf(gradients[k]!)[at]!,
          `gradient of ${name}, input ${k}, part ${at}`,
        );
      });
    });
  });
}

describe("values and gradients are PyTorch's", () => {
  for (const name of new Set(cases.map((one) => one.name)))
    test(name, () => {
      for (const one of cases) if (one.name === name) check(one);
    });
});
