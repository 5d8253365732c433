import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { buildProgram } from "../../../engine/execute/build.ts";
import { compile } from "../../../engine/execute/portable/compile.ts";
import { Storage } from "../../../engine/execute/portable/storage.ts";
import { recordStep } from "../../../engine/execute/record.ts";
import * as library from "../../../engine/library/index.ts";
import { Tensor, type Value } from "../../../engine/tape/tensor.ts";
import { leavesOf } from "../execute/steps.ts";

setFlagsFromString("--expose-gc");
const collectOnce = runInNewContext("gc") as () => void;
/** Buffers of arrays are swept in the background; the next collection waits for that. */
const collect = (): void => {
  collectOnce();
  collectOnce();
};

/** The functions of the library, applied to values. */
type Functions = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
const { add, checkpoint, customVjp, fixedPoint, grad, hvp, jvp, matmul, mul, odeint, sin, sum, tanh, valueAndGrad } =
  library as unknown as Functions;

function filled(shape: readonly number[]): Tensor {
  return new Tensor(shape, new Float64Array(shape.reduce((a, b) => a * b)).fill(0.1));
}

const elements = 50_000;
const bytesEach = 8 * elements;

/** x itself, whose rule notes how many bytes are held when the backward pass gets there. */
function probe(held: number[]): (x: unknown) => unknown {
  return customVjp!(
    (x: unknown) => x,
    (cotangent: unknown) => {
      collect();
      held.push(process.memoryUsage().arrayBuffers);
      return [cotangent];
    },
  ) as (x: unknown) => unknown;
}

test("adjoints are let go as soon as they have been passed on", () => {
  const held: number[] = [];
  const at = probe(held);
  const layers = 40;
  const f = (x: unknown): unknown => {
    let h = at(x);
    for (let k = 0; k < layers; k++) h = sin!(h);
    return sum!(at(h));
  };
  const gradient = (grad!(f) as (x: unknown) => Tensor)(filled([elements]));
  assert.ok(gradient.data.every((x) => x > 0));
  const [end, start] = held as [number, number];
  // Kept until the end, they would be 40 times as much.
  assert.ok(start - end < 2 * bytesEach, `${(start - end) / bytesEach} adjoints are held at the end of the pass`);
});

test("a checkpoint holds what its policy keeps, and nothing else", () => {
  const layers = 36;
  const held: number[] = [];
  const at = probe(held);
  const row = Array.from({ length: layers }, () => sin!);
  const x = filled([elements]);
  const heldWith = (policy: string): number => {
    held.length = 0;
    collect();
    const before = process.memoryUsage().arrayBuffers;
    const f = (v: unknown): unknown => sum!(at((checkpoint!(row, { policy }) as (v: unknown) => unknown)(v)));
    (grad!(f) as (v: unknown) => Tensor)(x);
    return (held[0]! - before) / bytesEach;
  };
  // Besides what is kept, the cotangent that the backward pass begins with.
  const inAll = heldWith("everything");
  assert.ok(Math.abs(inAll - (layers + 1)) < 1, `${inAll} values are held`);
  const withRoot = heldWith("sqrt");
  assert.ok(Math.abs(withRoot - (Math.sqrt(layers) + 1)) < 1, `${withRoot} values are held`);
});

/** Buffers of a value that are held when the backward pass of `f` begins. It is not gone through. */
function heldBy(f: (x: unknown) => unknown): number {
  const held: number[] = [];
  const at = probe(held);
  const enough = new Error("enough");
  const stop = customVjp!(
    (x: unknown) => x,
    () => {
      throw enough;
    },
  ) as (x: unknown) => unknown;
  collect();
  const before = process.memoryUsage().arrayBuffers;
  const gradient = grad!((x: unknown) => sum!(at(stop(f(x))))) as (x: unknown) => unknown;
  assert.throws(
    () => gradient(filled([elements])),
    (error) => error === enough,
  );
  return (held[0]! - before) / bytesEach;
}

test("a fixed point and the continuous adjoint hold no more for more iterations and steps", () => {
  const contraction =
    (factor: number) =>
    (x: unknown): unknown =>
      fixedPoint!((z: unknown) => add!(mul!(factor, tanh!(z)), x), x);
  const growth = heldBy(contraction(0.9)) - heldBy(contraction(0.1));
  assert.ok(growth < 3, `${growth} more values are held`);
  const flow =
    (time: number) =>
    (x: unknown): unknown =>
      sum!(
        odeint!((z: unknown) => mul!(-1, sin!(z)), x, [0, time], { gradient: "adjoint" }),
        0,
      );
  const longer = heldBy(flow(8)) - heldBy(flow(1));
  assert.ok(longer < 3, `${longer} more values are held`);
});

test("what a derivative has computed on its way is let go with it", async () => {
  const seen: WeakRef<Float64Array>[] = [];
  const f = (x: unknown): unknown => {
    const h = tanh!(sin!(x)) as Tensor;
    seen.push(new WeakRef(h.data));
    return sum!(h);
  };
  const x = filled([elements]);
  const call = (g: unknown, ...args: readonly unknown[]): unknown => (g as (...given: unknown[]) => unknown)(...args);
  const results = [
    call(grad!(f), x),
    call(valueAndGrad!(f), x),
    jvp!(f, [x], [x]),
    hvp!(f, [x], [x]),
    call(grad!(checkpoint!(f)), x),
  ];
  // A tensor that was looked at through a WeakRef is kept until the event loop turns.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  const alive = seen.filter((reference) => reference.deref() !== undefined).length;
  assert.equal(alive, 0, `${alive} of ${seen.length} intermediate values outlive their derivatives`);
  assert.equal(results.length, 5);
});

/** Bytes that the compiled step of a chain of tanh(matmul) takes, besides weights. */
function bytesOfStep(layers: number, update: boolean): number {
  const leaves = leavesOf({
    data: filled([64, 16]),
    batchSize: 64,
    parameters: Array.from({ length: layers }, () => filled([16, 16])),
    loss: (weights: readonly Value[], x: Value) =>
      sum!(weights.reduce<unknown>((h, w) => tanh!(matmul!(h, w)), x)) as Value,
  });
  const rows = Int32Array.from({ length: 64 }, (_, k) => k);
  const inputs = leaves.inputs(leaves.initial, rows);
  const program = buildProgram(recordStep(leaves.model, inputs, update), inputs);
  return compile(program, new Storage(leaves.residents(leaves.initial))).bytes;
}

const activation = 64 * 16 * 4;
const matrix = 16 * 16 * 4;
/** Single numbers are float64. */
const number = 8;

test("a compiled model takes no more memory when it is deeper, as long as it is not trained", () => {
  // The batch, what goes into a layer and what comes out, and the loss.
  assert.equal(bytesOfStep(4, false), 3 * activation + number);
  assert.equal(bytesOfStep(32, false), 3 * activation + number);
});

test("a compiled training step takes what is kept, the gradients and the new weights, and little else", () => {
  const perLayer = (bytesOfStep(32, true) - bytesOfStep(8, true)) / 24;
  // The product, what goes into it, a gradient with its norm, and what becomes of the weights.
  assert.equal(perLayer, 2 * activation + 2 * matrix + number);
  const ideal = (2 * 8 - 1) * activation + 8 * 2 * matrix;
  assert.ok(bytesOfStep(8, true) - ideal <= 4 * activation);
});
