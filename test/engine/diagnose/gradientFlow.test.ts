import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Diagnostic } from "../../../engine/process/protocol.ts";
import { diagnosed, diagnosedFile } from "./diagnosed.ts";
import { convolutions, recurrences, stacks, type Network } from "./networks.ts";

const found = await diagnosedFile("flow.ts");

function only(name: string): Diagnostic {
  const [finding, ...others] = found.get(name)!;
  assert.deepEqual(others, []);
  return finding!;
}

const near = (actual: unknown, expected: number, tolerance = 1e-9): void =>
  assert.ok(Math.abs((actual as number) - expected) <= tolerance, `${String(actual)} is not ${expected}`);

describe("what is known in closed form", () => {
  test("0.9¹⁰⁰ vanishes and 1.1¹⁰⁰ explodes, at 99 steps from the last state to the first", () => {
    const [decay, growth] = [only("decay"), only("growth")];
    assert.equal(decay.code, "vanishing-gradient");
    near(decay.data!["totalNats"], 99 * Math.log(0.9));
    assert.equal(growth.code, "exploding-gradient");
    near(growth.data!["totalNats"], 99 * Math.log(1.1));
    near(growth.data!["perStep"], 1.1);
  });

  for (const name of ["sigmoidChain", "sigmoidNested", "sigmoidWritten"])
    test(`ten sigmoids from 0 take the derivative from ¼ to 3.8752202e-7 (${name})`, () => {
      const finding = only(name);
      assert.equal(finding.code, "vanishing-gradient");
      near(finding.data!["totalNats"], Math.log(3.8752202e-7 / 0.25), 1e-6);
    });

  test("diag(1.1, 0.9) explodes and vanishes at once", () => {
    for (const name of ["diagonal", "diagonalPlain"])
      assert.deepEqual(
        found
          .get(name)!
          .map(({ code }) => code)
          .sort(),
        ["exploding-gradient", "vanishing-gradient"],
      );
  });

  test("σ_w² = 1, 2 and 3 in a ReLU net: vanishes, is silent, explodes", () => {
    assert.equal(only("deepRelu1").code, "vanishing-gradient");
    assert.deepEqual(found.get("deepRelu2"), []);
    assert.equal(only("deepRelu3").code, "exploding-gradient");
  });
});

test("says by how much, what chance explains, which line does it and what to change", () => {
  const finding = only("deepSigmoid");
  assert.equal(
    finding.message,
    "The gradient vanishes: from layer 20 back to layer 1 the adjoint shrinks by a factor of 9.6e+11 (×0.234 a layer); " +
      "chance at this width explains at most 3.8. Line 11, `sigmoid(z)`, is responsible for −27.4 of −27.6 nats. " +
      "The derivative of a sigmoid is at most 0.25: use relu with heNormal weights, or add a skip connection, h + f(h).",
  );
  assert.equal(finding.source.line, 11);
});

test("puts it down to small weights, not to saturation, where the units of a deep tanh net hardly saturate", async () => {
  const traced = await diagnosed(`
    const initial = Array.from({ length: 15 }, (_, k) =>
      Array.from({ length: 8 }, (_, i) => Array.from({ length: 8 }, (_, j) => 0.2 * Math.sin(1 + 91 * k + 17 * i + 5 * j))),
    );
    export function loss(weights = initial) {
      let h = [0.1, -0.3, 0.7, 0.2, 0.9, -0.5, 0.4, -0.8];
      for (const w of weights) h = w.map((row) => Math.tanh(row.reduce((sum, x, j) => sum + x * h[j], 0)));
      return h.reduce((sum, x) => sum + (x - 0.5) ** 2, 0);
    }
  `);
  const [finding, ...others] = traced.get("loss")!;
  assert.deepEqual(others, []);
  assert.match(finding!.message, /Larger weights keep it level: scale the initial weights by [\d.]+ \(/);
});

test("gives the figures behind the message: stations with the band of chance, and lines that add up", () => {
  const { data } = only("deepSigmoid");
  const layers = data!["layers"] as { label: string; log10Norm: number; chance: [number, number]; lines: number[] }[];
  assert.equal(layers.length, 20);
  assert.deepEqual([layers[0]!.label, layers[19]!.label], ["layer 1", "layer 20"]);
  near((layers[0]!.log10Norm - layers[19]!.log10Norm) * Math.LN10, data!["totalNats"] as number);
  assert.ok(layers[0]!.log10Norm < layers[0]!.chance[0]);
  const lines = data!["lines"] as { line: number; nats: number; op: string }[];
  near(
    lines.reduce((sum, { nats }) => sum + nats, 0),
    data!["totalNats"] as number,
  );
  assert.deepEqual(lines.map(({ op }) => op).sort(), ["matmul", "sigmoid"]);
});

test("judges plain numbers as it judges tensors", () => {
  for (const name of ["plainRnnSmall", "ten", "linearRnn"]) assert.equal(only(name).code, "vanishing-gradient");
  near(only("noResidual").data!["totalNats"], 99 * Math.log(0.01), 1e-6);
});

test("judges recurrences by what comes from the last state alone where a loss is read at every step", () => {
  assert.equal(only("rnnSmall").code, "vanishing-gradient");
  assert.equal(only("rnnLarge").code, "exploding-gradient");
});

test("blames the forget gate of an LSTM that begins half shut", () => {
  const finding = only("lstm");
  assert.equal(finding.code, "vanishing-gradient");
  assert.match(
    finding.message,
    /`sigmoid\(slice\(z, \[null, \[16, 32\]\]\)\)`, is the gate that multiplies the state, by 0\.\d+ on average/,
  );
});

test("finds layers that are written out line by line, however small the loss", () => {
  const finding = only("unrolled");
  assert.equal(finding.code, "vanishing-gradient");
  assert.match(finding.message, /^The gradient vanishes: from layer 8 back to layer 1 /);
});

test("multiplying the loss by 1e-6 changes no verdict and no figure", async () => {
  const model = (factor: string): string =>
    `export function f(x = 0.3) { let h = x; for (let k = 0; k < 12; k++) h = 1 / (1 + Math.exp(-h)); return ${factor}h; }
     export function g(x = 0.3) { let h = x; for (let k = 0; k < 12; k++) h = Math.sin(h); return ${factor}h; }`;
  const [plain, scaled] = [await diagnosed(model("")), await diagnosed(model("1e-6 * "))];
  near(scaled.get("f")![0]!.data!["totalNats"], plain.get("f")![0]!.data!["totalNats"] as number);
  assert.deepEqual([plain.get("g"), scaled.get("g")], [[], []]);
});

describe("formulas, iterations that converge and simulations are silent", async () => {
  for (const [name, diagnostics] of await diagnosedFile("sane.ts"))
    test(name, () =>
      assert.deepEqual(
        diagnostics.map(({ code, message }) => `${code}: ${message}`),
        [],
      ),
    );
});

const quiet = async (network: Network, seeds: number, besides: readonly string[] = []): Promise<void> => {
  const results = await diagnosed(network.model(seeds));
  const told = [...results].flatMap(([name, list]) =>
    list.filter(({ code }) => !besides.includes(code)).map(({ message }) => `${name}: ${message}`),
  );
  assert.equal(results.size, seeds);
  assert.deepEqual(told, []);
};

const flagged = async (network: Network, seeds: number): Promise<void> => {
  const results = await diagnosed(network.model(seeds));
  for (const [name, list] of results)
    assert.deepEqual([name, ...list.map(({ code }) => code)], [name, network.finding]);
};

describe("healthy networks are silent", () => {
  for (const style of ["tensors", "loops", "maps", "recursion"] as const)
    for (const [activation, variance] of [
      ["relu", 2],
      ["tanh", 1],
      ["linear", 1],
    ] as const)
      for (const [width, depth] of style === "tensors"
        ? ([
            [16, 50],
            [32, 20],
            [64, 10],
          ] as const)
        : ([[16, 12]] as const)) {
        const network = stacks({ style, activation, variance, width, depth });
        test(network.name, () => quiet(network, 6));
      }
  for (const [forget, steps] of [
    [1, 10],
    [1, 50],
    [5, 50],
  ] as const)
    for (const everyStep of [false, true]) {
      const network = recurrences({ forget, steps, everyStep });
      test(network.name, () => quiet(network, 4));
    }
  for (const [activation, variance] of [
    ["tanh", 1],
    ["linear", 1],
  ] as const)
    for (const [style, width, depth] of [
      ["tensors", 2, 40],
      ["tensors", 4, 40],
      ["loops", 3, 20],
    ] as const) {
      const network = stacks({ style, activation, variance, width, depth });
      test(network.name, () => quiet(network, 12));
    }
  for (const [width, depth] of [
    [3, 8],
    [4, 20],
  ] as const) {
    const network = stacks({ style: "loops", activation: "relu", variance: 2, width, depth });
    // Some of them are dead, which is told; of the gradient's size nothing is.
    test(network.name, () => quiet(network, 12, ["dead-relu"]));
  }
  for (const [channels, size, depth] of [
    [4, 2, 20],
    [8, 4, 20],
    [16, 6, 30],
  ] as const) {
    const network = convolutions({ activation: "relu", variance: 2, channels, size, depth });
    test(network.name, () => quiet(network, 6));
  }
  for (const branch of [0.1, 0.5]) {
    const network = stacks({ style: "tensors", activation: "relu", variance: 2, width: 32, depth: 20, branch });
    test(network.name, () => quiet(network, 6));
  }
});

describe("faulty networks are told, in every way of writing them", () => {
  for (const style of ["tensors", "loops", "maps", "recursion"] as const)
    for (const [activation, variance, finding] of [
      ["sigmoid", 1, "vanishing-gradient"],
      ["linear", 0.5, "vanishing-gradient"],
      ["tanh", 0.2, "vanishing-gradient"],
      ["linear", 2, "exploding-gradient"],
    ] as const) {
      const network = stacks({ style, activation, variance, width: 16, depth: 20, finding });
      test(network.name, () => flagged(network, 3));
    }
  for (const [activation, variance, finding] of [
    ["sigmoid", 1, "vanishing-gradient"],
    ["linear", 0.5, "vanishing-gradient"],
    ["tanh", 0.3, "vanishing-gradient"],
  ] as const) {
    const network = stacks({ style: "loops", activation, variance, width: 4, depth: 20, finding });
    test(network.name, () => flagged(network, 6));
  }
  const padded = { activation: "relu", channels: 8, size: 6, depth: 20 } as const;
  for (const [variance, finding] of [
    [0.8, "vanishing-gradient"],
    [4, "exploding-gradient"],
  ] as const) {
    const network = convolutions({ ...padded, variance, finding });
    test(network.name, () => flagged(network, 4));
  }
});
