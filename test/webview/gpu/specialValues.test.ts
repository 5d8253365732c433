import assert from "node:assert/strict";
import { test } from "node:test";
import { arityOf, isElementwise } from "../../../engine/execute/gpuKernels/functions.ts";
import type { OperationName, Program, ProgramValue } from "../../../engine/execute/program.ts";
import { codeOf, primitiveNames } from "../../../engine/primitives/names.ts";
import { rules } from "../../../engine/primitives/table.ts";
import { gpuPage } from "./gpuPage.ts";

const gpu = await (await gpuPage()).executor();

const special = [
  0,
  1,
  -1,
  Infinity,
  -Infinity,
  NaN,
  1e-20,
  -1e-20,
  1e-4,
  0.5,
  -0.5,
  2,
  -2,
  3,
  7.5,
  -7.5,
  12,
  -12,
].concat([50, -50, 87, -87, 100, -100, 1000.5, -1000.5, 1e10, -1e10, 3e38, -3e38]);
const few = [0, 1, -1, Infinity, -Infinity, NaN, 0.5, -0.5, 2, -3, 60, -100.5, 1e20];

/** A program that gives the values of an operation where the gradients are. */
function programOf(name: OperationName, operands: readonly (Float32Array | number)[]): Program {
  const [data] = operands.filter((operand) => typeof operand === "object");
  const shape = [data!.length];
  const inputs = operands.map((operand): ProgramValue => {
    return { kind: "constant", shape: typeof operand === "number" ? [] : shape, data: operand };
  });
  const operation: ProgramValue = { kind: "operation", name, inputs: operands.map((_, k) => k), shape, attributes: {} };
  const zero: ProgramValue = { kind: "constant", shape: [], data: 0 };
  const [result, loss] = [operands.length, operands.length + 1];
  return {
    batchSize: 1,
    metrics: [],
    values: [...inputs, operation, zero],
    outputs: { loss, metrics: [], gradients: [result], gradientNorms: [], parameters: [], state: [] },
    guards: [],
  };
}

/** What float32 can hold of it. */
function agrees(actual: number, expected: number, operands: readonly number[]): boolean {
  const single = Math.fround(expected);
  if (Number.isNaN(single) || !Number.isFinite(single)) return Object.is(actual, single);
  if (Math.abs(single) < 1e-37) return Math.abs(actual) < 1e-37;
  // Of large arguments, a function that turns or grows fast can only be as exact as the argument.
  const size = Math.max(1, ...operands.map(Math.abs).filter((x) => x < 1e4));
  return Math.abs(actual - single) <= 2e-6 * size * Math.max(Math.abs(single), 1e-2);
}

/** Turns and remainders of numbers this large are noise in float32. */
const periodic = new Set(["sin", "cos", "tan", "mod", "remainder"]);

const names = primitiveNames.filter((name): name is OperationName => name !== "custom" && isElementwise(name));

/** Gives the values of operations, which the page keeps where gradients are. */
async function compute(name: OperationName, operands: readonly (Float32Array | number)[]): Promise<Float32Array> {
  const handle = await gpu.prepare(programOf(name, operands));
  await gpu.run(handle, [Int32Array.of(0)]);
  return (await gpu.gradients())[0]!;
}

const nothing = {
  data: [{ shape: [1, 1], data: new Float32Array(1) }],
  parameterShapes: [],
  stateShapes: [],
  weights: { parameters: [], state: [] },
};

test("functions of an order are what they mean there too", async () => {
  const wrong: string[] = [];
  await gpu.load(nothing);
  // Where a derivative is not the small difference of large ones.
  const points = Float32Array.from([Infinity, NaN, 1e-4, 0.3, -0.3, 0.5, -0.5, 1, 1.7, 2, -2.7, 7.5, 12, 50, 1000.5]);
  for (const order of [0, 1, 2, 5])
    for (const name of ["polygamma", "sinc"] as const) {
      const scalar = rules[codeOf(name)]!.scalar!;
      const values = await compute(name, name === "sinc" ? [points, order] : [order, points]);
      for (const [k, x] of points.entries()) {
        const expected = Math.fround(name === "sinc" ? scalar(x, order) : scalar(order, x));
        const size = Math.max(Math.abs(expected), name === "sinc" ? 1e-2 * Math.PI ** order : 1e-30);
        const off = Math.abs(values[k]! - expected) / size;
        if (!Object.is(values[k], expected) && !(off <= 2e-5 * Math.max(1, Math.abs(x) < 100 ? Math.abs(x) : 1)))
          wrong.push(`${name} of order ${order} at ${x} is ${expected}, not ${values[k]!}`);
      }
    }
  assert.deepEqual(wrong, []);
});

test("functions are what they mean at infinities, NaN, zeros, and large and small numbers", async () => {
  const wrong: string[] = [];
  await gpu.load(nothing);
  for (const name of names) {
    const arity = arityOf(name)!;
    const points: number[][] =
      arity === 1
        ? special.map((x) => [x])
        : arity === 2
          ? few.flatMap((a) => few.map((b) => [a, b]))
          : few.flatMap((a) => few.map((b) => [a, -1, b]));
    const operands = Array.from({ length: arity }, (_, k) => Float32Array.from(points, (point) => point[k]!));
    const values = await compute(name, operands);
    const scalar = rules[codeOf(name)]!.scalar!;
    points.forEach((_, k) => {
      const own = operands.map((operand) => operand[k]!);
      if (periodic.has(name) && own.some((x) => Math.abs(x) > 1e4)) return;
      const expected = scalar(...own);
      if (!agrees(values[k]!, expected, own))
        wrong.push(`${name}(${own.join(", ")}) is ${expected}, not ${values[k]!}`);
    });
  }
  assert.deepEqual(wrong, []);
});
