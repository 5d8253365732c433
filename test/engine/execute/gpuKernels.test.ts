import assert from "node:assert/strict";
import { test } from "node:test";
import { nativeFunctions } from "../../../engine/execute/gpuKernels/functions.ts";
import { hostFunctions } from "../../../engine/execute/gpuKernels/hostNumbers.ts";
import { planKernels, UnsupportedOperationError, type GpuPlan } from "../../../engine/execute/gpuKernels/plan.ts";
import { mostTextures } from "../../../engine/execute/gpuKernels/textures.ts";
import type { Program } from "../../../engine/execute/program.ts";
import { adam } from "../../../engine/library/optimizers/adam.ts";
import { random } from "../../../engine/library/random.ts";
import { add, mul, sub } from "../../../engine/primitives/arithmetic.ts";
import { matmul } from "../../../engine/primitives/contraction.ts";
import { codeOf, type PrimitiveName } from "../../../engine/primitives/names.ts";
import { mean, sum } from "../../../engine/primitives/reduction.ts";
import { stack } from "../../../engine/primitives/shaping.ts";
import { solve } from "../../../engine/primitives/systems.ts";
import { rules } from "../../../engine/primitives/table.ts";
import { cos, exp, sin, tanh } from "../../../engine/primitives/transcendental.ts";
import type { Tensor, Value } from "../../../engine/tape/tensor.ts";
import { compileStep, type Definition } from "./steps.ts";

type Tensors = Record<string, Tensor>;

const rng = random(5);
const normal = (...shape: number[]): Tensor => rng.normal(shape) as unknown as Tensor;

async function planOf(definition: Definition): Promise<{ readonly plan: GpuPlan; readonly program: Program }> {
  const { program, leaves } = await compileStep(definition);
  return { program, plan: planKernels(program, leaves.data) };
}

const namesOf = ({ graph, kernels }: GpuPlan): string[] =>
  kernels.map(({ node }) => {
    const made = graph.nodes[node]!;
    return made.kind === "operation" ? made.name : made.kind;
  });

test("chains of elementwise operations, and whatever only says where an element stands, make no kernels", async () => {
  const { plan } = await planOf({
    parameters: { w: normal(6, 4) },
    data: { x: normal(8, 6) },
    batchSize: 8,
    loss: ({ w }: Tensors, { x }: Tensors) => {
      const scores = matmul(x!, w!);
      return sum(mul(sin(scores), exp(cos(add(scores, 1)))));
    },
  });
  const [before, ...rest] = namesOf(plan);
  assert.equal(before, "rows");
  assert.deepEqual(rest.slice(0, 2), ["matmul", "sum"], "the forward pass");
  assert.equal(rest.filter((name) => name === "matmul").length, 2, "one more for the gradient");
  assert.ok(rest.length <= 9, rest.join());
});

test("no kernel takes more textures than WebGPU has, however many values are added or joined", async () => {
  const parameters = Object.fromEntries(Array.from({ length: 30 }, (_, k) => [`p${k}`, normal(3)]));
  const { plan } = await planOf({
    parameters,
    loss: (own: Tensors) => {
      const values = Object.values(own);
      return add(sum(sin(stack(values))), sum(values.map((value) => tanh(value)).reduce<Value>(add, 0)));
    },
  });
  for (const { textures } of plan.kernels) assert.ok(textures.length <= mostTextures);
});

test("loops are bounded by constants, and equal parts of a long model are one kernel", async () => {
  const { plan } = await planOf({
    parameters: { w: normal(8, 8) },
    data: { x: normal(5, 8) },
    batchSize: 5,
    loss: ({ w }: Tensors, { x }: Tensors) => {
      let h: Value = x!;
      for (let k = 0; k < 40; k++) h = tanh(matmul(h, w!));
      return mean(h);
    },
  });
  const sources = new Set(plan.kernels.map(({ source }) => source));
  assert.ok(sources.size < 25, `${sources.size} different kernels of ${plan.kernels.length}`);
  const matches = (pattern: RegExp): number => [...sources].join("\n").match(pattern)?.length ?? 0;
  assert.ok(matches(/\bfor\b/g) > 0);
  assert.equal(matches(/\bfor \(let (\w+) = 0; \1 < \d+; \1\+\+\)/g), matches(/\b(?:for|while|do)\b/g));
});

/** Two coupled springs as plain numbers, for so many steps of a loop. */
const springs = (turns: number): Definition => ({
  parameters: { stiffness: 0.7, drag: 0.1, starts: [1, -0.5] },
  optimizer: adam({ learningRate: 0.01 }),
  loss: ({ stiffness, drag, starts }: { stiffness: Value; drag: Value; starts: Value[] }) => {
    let [p, q] = starts as [Value, Value];
    let [v, w]: [Value, Value] = [0, 0];
    let total: Value = 0;
    for (let k = 0; k < turns; k++) {
      const pull = mul(stiffness, sub(q, p));
      v = add(v, mul(0.01, sub(pull, mul(drag, v))));
      w = sub(w, mul(0.01, add(pull, mul(drag, w))));
      [p, q] = [add(p, mul(0.01, v)), add(q, mul(0.01, w))];
      total = add(total, mul(sub(p, sin(0.01 * k)), sub(p, sin(0.01 * k))));
    }
    return total;
  },
});

test("thousands of operations on single numbers are a few kernels, and those of a loop have one text", async () => {
  const sizes = [];
  for (const turns of [100, 400]) {
    const { plan, program } = await planOf(springs(turns));
    const operations = program.values.filter(({ kind }) => kind === "operation").length;
    assert.ok(plan.kernels.length < 30 + operations / 50, `${plan.kernels.length} kernels of ${operations} operations`);
    for (const { textures } of plan.kernels) assert.ok(textures.length <= mostTextures);
    sizes.push(new Set(plan.kernels.map(({ source }) => source)).size);
  }
  assert.ok(sizes[1]! <= sizes[0]! + 6, `${sizes.join(" and ")} different kernels: a longer loop is no other one`);
});

test("the steps of an elimination are kernels of one text", async () => {
  const { plan } = await planOf({
    parameters: { a: normal(20, 20), b: normal(20, 1) },
    loss: ({ a, b }: Tensors) => sum(solve(a!, b!)),
  });
  const steps = plan.kernels.filter((_, k) => namesOf(plan)[k] === "solveStep");
  assert.equal(steps.length, 40, "of the solution and of its adjoint");
  assert.ok(new Set(steps.map(({ source }) => source)).size <= 2);
  assert.deepEqual(
    steps.slice(0, 20).map(({ offsets }) => offsets),
    Array.from({ length: 20 }, (_, k) => [k]),
  );
});

test("single numbers from many tensors are collected, however many there are", async () => {
  const parameters = Object.fromEntries(Array.from({ length: 60 }, (_, k) => [`p${k}`, 0.1 * k]));
  const { plan } = await planOf({
    parameters,
    loss: (own: Record<string, Value>) => {
      const values = Object.values(own);
      return values.map((value, k) => mul(sin(value), cos(values[(7 * k) % 60]!))).reduce(add);
    },
  });
  for (const { textures } of plan.kernels) assert.ok(textures.length <= mostTextures);
  assert.ok(namesOf(plan).includes("collect"));
});

test("every texture that a kernel makes is kept, or released after its last reader", async () => {
  const { plan } = await planOf({
    parameters: { w: normal(6, 4), b: normal(4) },
    data: { x: normal(8, 6) },
    batchSize: 8,
    optimizer: adam({ learningRate: 0.01 }),
    loss: ({ w, b }: Tensors, { x }: Tensors) => mean(exp(tanh(add(matmul(x!, w!), b!)))),
  });
  const alive = new Set<number>();
  for (const { node, textures, releases } of plan.kernels) {
    for (const texture of textures)
      assert.ok(plan.graph.nodes[texture]!.kind === "resident" || alive.has(texture), "is there when it is read");
    alive.add(node);
    for (const released of releases) assert.ok(alive.delete(released));
  }
  const kept = [...plan.gradients, ...plan.parameters, ...plan.state, plan.reports].filter((k) => k !== undefined);
  assert.deepEqual([...alive].sort(), [...new Set(kept)].sort());
});

test("the corrections of Adam are computed in float64 before the kernels run", async () => {
  const { plan } = await planOf({
    parameters: { w: normal(4) },
    optimizer: adam({ learningRate: 0.01 }),
    loss: ({ w }: Tensors) => sum(mul(w!, w!)),
  });
  assert.equal(plan.numbers.leaves.size, 1, "the count of steps");
  const numbers = plan.numbers.compute(() => 4);
  const update = plan.kernels.find(({ node }) => node === plan.parameters[0])!;
  assert.equal(update.numbers.length, 2);
  // As float32 would not give it.
  const corrections = [0.01 / (1 - 0.9 ** 5), 1 / Math.sqrt(1 - 0.999 ** 5)];
  for (const [k, slot] of update.numbers.entries())
    assert.ok(Math.abs(numbers[slot]! / corrections[k]! - 1) < 1e-12, `${numbers[slot]} against ${corrections[k]}`);
});

test("numbers computed before the kernels run are what the primitives give", () => {
  const points = [-2.5, -1, -0, 0, 0.3, 1, 2, 7.25, Infinity, NaN];
  for (const [name, compute] of Object.entries(hostFunctions)) {
    const { scalar, vjp } = rules[codeOf(name as PrimitiveName)]!;
    const arity = Array.isArray(vjp) ? vjp.length : name === "clip" ? 3 : 2;
    for (const a of points)
      for (const b of arity > 1 ? points : [0]) {
        const operands = [a, b, 0.5].slice(0, arity);
        assert.equal(compute!(...operands), scalar!(...operands), `${name}(${operands.join()})`);
      }
  }
});

test("what there is no kernel for is refused by name, and so is what an operation's attributes ask for in addition", async () => {
  const { program } = await planOf({ parameters: { w: normal(4) }, loss: ({ w }: Tensors) => sum(sub(w!, 1)) });
  const changed = (change: (operation: object) => object): Program => ({
    ...program,
    values: program.values.map((value) =>
      value.kind === "operation" && value.name === "sum" ? (change(value) as typeof value) : value,
    ),
  });
  const refused = (message: string): object => ({ name: "UnsupportedOperationError", message });
  assert.throws(
    () =>
      planKernels(
        changed((operation) => ({ ...operation, name: "unheardOf" })),
        [],
      ),
    refused("unheardOf is not computed on the GPU yet: train this model on the CPU."),
  );
  assert.throws(
    () =>
      planKernels(
        changed((operation) => ({ ...operation, attributes: { axes: [0], weights: [1] } })),
        [],
      ),
    refused("sum is not computed on the GPU yet: train this model on the CPU."),
  );
  assert.ok(new UnsupportedOperationError("x") instanceof Error);
});

test("a program of more single numbers than a GPU gains by is refused in one sentence", () => {
  const count = 100_001;
  const operation = (k: number): Program["values"][number] => {
    return { kind: "operation", name: "mul", inputs: [k, 0], shape: [], attributes: {} };
  };
  const values: Program["values"] = [
    { kind: "parameter", leaf: 0, shape: [] },
    ...Array.from({ length: count }, (_, k) => operation(k)),
  ];
  const outputs = { loss: count, metrics: [], gradients: [], gradientNorms: [], parameters: [], state: [] };
  assert.throws(() => planKernels({ batchSize: 1, metrics: [], values, outputs, guards: [] }, []), {
    name: "UnsupportedOperationError",
    message:
      "One step of this model takes 100001 operations on single numbers, more than a GPU gains by: train it on the CPU, which runs loops over numbers faster.",
  });
});

test("no two functions that kernels call have the same name", () => {
  const names = nativeFunctions.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)]);
});
