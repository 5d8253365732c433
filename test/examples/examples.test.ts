import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { landing } from "../../examples/pendulum.ts";
import { heNormal, random, readCsv } from "../../engine/library/index.ts";
import type { Diagnostic } from "../../engine/process/protocol.ts";

const root = path.join(import.meta.dirname, "../..");

interface Traced {
  readonly function: string;
  readonly value: number;
  readonly gradient: Readonly<Record<string, unknown>>;
  readonly nodes: readonly { readonly op: string; readonly name?: string; readonly adjoint: number }[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What `adjoint trace --json` says of an example. */
function trace(example: string, ...options: string[]): Traced {
  const args = ["engine/cli/main.ts", "trace", `examples/${example}`, "--json", ...options];
  // A finding of level error ends the command with 1.
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", maxBuffer: 1e8 });
  return JSON.parse(stdout) as Traced;
}

function close(actual: unknown, expected: number, tolerance = 1e-9): void {
  const difference = Math.abs((actual as number) - expected);
  assert.ok(difference <= tolerance * Math.max(1, Math.abs(expected)), `${String(actual)} is not ${expected}`);
}

/** (f(x + h) − f(x − h))/2h with respect to one of the arguments. */
function centralDifference(f: (...x: number[]) => number, at: readonly number[], index: number, h = 1e-5): number {
  const moved = (by: number) => f(...at.map((x, i) => (i === index ? x + by : x)));
  return (moved(h) - moved(-h)) / (2 * h);
}

test("formula: every value and adjoint is what the chain rule gives", () => {
  const { value, gradient, nodes, diagnostics } = trace("formula.ts");
  const e = Math.exp(2);
  close(value, Math.log(1 + e), 1e-15);
  close(gradient["x"], (1 - 2 * e) / (1 + e), 1e-14);
  close(gradient["y"], e / (1 + e), 1e-14);
  const adjoints = nodes.map(({ op, name, adjoint }) => [name ?? op, Number(adjoint.toFixed(7))]);
  assert.deepEqual(adjoints, [
    ["x", -1.6423912],
    ["y", 0.8807971],
    ["div", 0.8807971],
    ["e", 0.1192029],
    ["add", 0.1192029],
    ["log", 1],
  ]);
  assert.deepEqual(diagnostics, []);
});

test("least squares: the value is 53 and the gradient 2Aᵀ(AX − B) = [46, 64]", () => {
  const { value, gradient } = trace("least-squares.ts");
  close(value, 53, 1e-14);
  assert.deepEqual(gradient, { X: [46, 64] });
});

test("pendulum: the gradient of where the ball lands agrees with differences of the program itself", () => {
  for (const at of [
    [-1.2, 1, 0.8],
    [-0.9, 0.5, 0.35],
    [-0.3, 0.2, 1.1],
  ]) {
    const [start, push, release] = at;
    const { value, gradient } = trace("pendulum.ts", "--at", JSON.stringify({ start, push, release }));
    assert.equal(value, landing(start, push, release));
    ["start", "push", "release"].forEach((name, index) =>
      close(gradient[name], centralDifference(landing, at, index), 1e-6),
    );
  }
});

test("orbit: Kepler's laws, and their derivatives", () => {
  const pull = 4 * Math.PI ** 2;
  for (const [distance, speed] of [
    [0.6, 9.5],
    [1, 7],
  ] as const) {
    const at = ["--at", JSON.stringify({ distance, speed })];
    // Vis-viva gives the half axis a; the comet goes out to 2a − distance, and comes back after a^(3/2).
    const a = 1 / (2 / distance - speed ** 2 / pull);
    const [byDistance, bySpeed] = [(2 * a ** 2) / distance ** 2, (2 * a ** 2 * speed) / pull];
    const farthest = trace("orbit.ts", "--function", "aphelion", ...at);
    close(farthest.value, 2 * a - distance, 1e-6);
    close(farthest.gradient["distance"], 2 * byDistance - 1, 1e-6);
    close(farthest.gradient["speed"], 2 * bySpeed, 1e-6);
    const period = trace("orbit.ts", "--function", "period", ...at);
    close(period.value, a ** 1.5, 1e-6);
    close(period.gradient["distance"], 1.5 * Math.sqrt(a) * byDistance, 1e-6);
    close(period.gradient["speed"], 1.5 * Math.sqrt(a) * bySpeed, 1e-6);
    assert.deepEqual([...farthest.diagnostics, ...period.diagnostics], []);
  }
});

test("digits: the loss and its gradient agree with plain loops over the images", () => {
  const { value, gradient } = trace("digits.ts");
  const rows = readCsv(path.join(root, "examples/data/digits.csv.gz")).toArray() as number[][];
  assert.equal(rows.length, 1797);
  const w1 = heNormal(random(1), [64, 32]).toArray() as number[][];
  const w2 = heNormal(random(2), [32, 10]).toArray() as number[][];
  const b1 = new Array<number>(32).fill(0);
  const b2 = new Array<number>(10).fill(0);

  const loss = () => {
    let sum = 0;
    for (const row of rows) {
      const hidden = b1.map((b, j) =>
        Math.max(
          0,
          row.slice(0, 64).reduce((z, x, i) => z + (x / 16) * w1[i]![j]!, b),
        ),
      );
      const logits = b2.map((b, k) => hidden.reduce((z, h, j) => z + h * w2[j]![k]!, b));
      sum += Math.log(logits.reduce((s, z) => s + Math.exp(z), 0)) - logits[row[64]!]!;
    }
    return sum / rows.length;
  };
  close(value, loss(), 1e-12);

  const difference = (weights: number[], index: number, h = 1e-5) => {
    const before = weights[index]!;
    weights[index] = before + h;
    const above = loss();
    weights[index] = before - h;
    const below = loss();
    weights[index] = before;
    return (above - below) / (2 * h);
  };
  const {
    w1: dw1,
    b1: db1,
    w2: dw2,
    b2: db2,
  } = gradient as { w1: number[][]; b1: number[]; w2: number[][]; b2: number[] };
  close(dw1[20]![3], difference(w1[20]!, 3), 1e-6);
  close(dw1[36]![17], difference(w1[36]!, 17), 1e-6);
  close(db1[4], difference(b1, 4), 1e-6);
  close(dw2[7]![2], difference(w2[7]!, 2), 1e-6);
  close(db2[9], difference(b2, 9), 1e-6);
});

/** "code line" of each finding. */
function findings({ diagnostics }: Traced): string[] {
  return diagnostics.map(({ code, source }) => `${code} ${source.line}`);
}

/** The line of an example on which `text` stands. */
function lineOf(example: string, text: string): number {
  const lines = readFileSync(path.join(root, "examples", example), "utf8").split("\n");
  return lines.findIndex((line) => line.includes(text)) + 1;
}

test("deep sigmoid: vanishes by a quarter a layer, at the sigmoid", () => {
  const traced = trace("deep-sigmoid.ts");
  assert.deepEqual(findings(traced), [`vanishing-gradient ${lineOf("deep-sigmoid.ts", "h = sigmoid(z)")}`]);
  const { perStep, steps } = traced.diagnostics[0]!.data as { perStep: number; steps: number };
  close(perStep, 0.236, 0.01);
  assert.equal(steps, 19);
});

test("rnn: explodes along time, at the recurrent product", () => {
  assert.deepEqual(findings(trace("rnn.ts")), [`exploding-gradient ${lineOf("rnn.ts", "matmul(h, recurrent)")}`]);
});

test("nan: the root that is not taken spoils the gradient, and a safe root gives that of a disc", () => {
  const spoiled = trace("nan.ts", "--function", "area");
  assert.deepEqual(findings(spoiled), [`non-finite ${lineOf("nan.ts", "sqrt(square)")}`]);
  const { value, gradient, diagnostics } = trace("nan.ts", "--function", "safeArea");
  assert.equal(value, spoiled.value);
  assert.deepEqual(diagnostics, []);
  const strips = Array.from({ length: 12 }, (_, k) => -1.1 + 0.2 * k).filter((x) => x * x < 1);
  close(
    gradient["radius"],
    strips.reduce((sum, x) => sum + 0.4 / Math.sqrt(1 - x * x), 0),
    1e-12,
  );
});
