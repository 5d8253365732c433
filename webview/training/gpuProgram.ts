import type { Texture } from "gpu.js";
import type { Leaf, StepResult } from "../../engine/execute/executor.ts";
import {
  firstRowSlot,
  placeSlot,
  planKernels,
  sizeOf,
  stepsInRound,
  type GpuPlan,
  type Told,
} from "../../engine/execute/gpuKernels/plan.ts";
import type { Program } from "../../engine/execute/program.ts";
import type { KernelRunner } from "./kernelRunner.ts";

/** A leaf of the weights on the GPU; undefined where it has no elements, a number where it is one of float64. */
export type Resident = Texture | number | undefined;

export interface Residing {
  readonly parameters: readonly Resident[];
  readonly state: readonly Resident[];
}

/** What one step made. All textures are the caller's to delete. */
export interface MadeStep {
  readonly weights: Residing;
  readonly gradients: readonly Resident[];
  /** What this step and those before it in the same round told. */
  readonly reports: Texture;
  /** What was computed before the kernels ran, by value. */
  readonly numbers: Float64Array;
}

/** A program with its kernels, and the tensors of its own. */
export class GpuProgram {
  readonly plan: GpuPlan;
  readonly #program: Program;
  readonly #runner: KernelRunner;
  readonly #constants: Texture[] = [];
  #noReports: Texture | undefined;

  /** Throws an UnsupportedOperationError. */
  constructor(runner: KernelRunner, program: Program, data: readonly Leaf[]) {
    this.plan = planKernels(program, data);
    this.#program = program;
    this.#runner = runner;
    const most = runner.mostElements;
    const largest = Math.max(...this.plan.kernels.map(({ size }) => size));
    if (largest > most) throw tooLarge(largest, most);
  }

  async upload(): Promise<void> {
    for (const constant of this.plan.constants) this.#constants.push(await this.#runner.upload(constant));
    this.#noReports = await this.#runner.upload(new Float32Array(this.#reportsSize));
  }

  get #reportsSize(): number {
    return stepsInRound * this.plan.width;
  }

  /** Where a round begins. */
  noReports(): Texture {
    return this.#noReports!.clone();
  }

  /** The rows of the steps of a round. */
  uploadRows(batches: readonly Int32Array[]): Promise<Texture> {
    const { batchSize } = this.#program;
    const rows = new Float32Array(stepsInRound * batchSize);
    batches.forEach((batch, place) => rows.set(batch, place * batchSize));
    return this.#runner.upload(rows);
  }

  /** By leaf of the parameters. */
  get gradientSizes(): number[] {
    const { outputs, values } = this.#program;
    return outputs.gradients.map((id) => sizeOf(values[id]!.shape));
  }

  /** Runs all kernels once. Gives what the weights become, and leaves them as they are. */
  async step(
    weights: Residing,
    data: readonly (Texture | undefined)[],
    rows: Texture,
    reports: Texture,
    place: number,
  ): Promise<MadeStep> {
    const [program, plan] = [this.#program, this.plan];
    const { graph } = plan;
    const numbers = plan.numbers.compute((leaf) => weights.state[leaf] as number);
    const numberAt = (slot: number): number =>
      slot === firstRowSlot ? place * program.batchSize : slot === placeSlot ? place : numbers[slot]!;
    const made = new Map<number, Texture>();
    const residents = {
      parameter: weights.parameters,
      state: weights.state,
      data,
      constant: this.#constants,
      rows: [rows],
      reports: [reports],
    };
    const textureOf = (id: number): Texture => {
      const node = graph.nodes[id]!;
      return (node.kind === "resident" ? residents[node.of][node.leaf] : made.get(id)) as Texture;
    };
    try {
      for (const kernel of plan.kernels) {
        const texture = await this.#runner.run(
          kernel,
          kernel.textures.map(textureOf),
          kernel.textures.map((id) => sizeOf(graph.nodes[id]!.shape)),
          kernel.numbers.map(numberAt),
          kernel.offsets,
        );
        made.set(kernel.node, texture);
        for (const id of kernel.releases) {
          made.get(id)!.delete();
          made.delete(id);
        }
      }
      const own = (ids: readonly (number | undefined)[]): Resident[] =>
        ids.map((id) => (id === undefined ? undefined : textureOf(id).clone()));
      const { outputs } = program;
      const updates = outputs.parameters.length > 0 || outputs.state.length > 0;
      const next = updates
        ? {
            parameters: own(plan.parameters),
            state: own(plan.state).map((kept, leaf) =>
              plan.numbers.leaves.has(leaf) ? numbers[outputs.state[leaf]!]! : kept,
            ),
          }
        : { parameters: clones(weights.parameters), state: clones(weights.state) };
      return { weights: next, gradients: own(plan.gradients), reports: textureOf(plan.reports).clone(), numbers };
    } finally {
      deleteAll([...made.values()]);
    }
  }

  /** The results of steps from the reports of their round, up to the first that is not done. */
  async results(reports: Texture, steps: readonly Float64Array[]): Promise<StepResult[]> {
    const { width } = this.plan;
    const told = await this.#runner.read(reports, this.#reportsSize);
    const results = steps.map((numbers, place) =>
      this.#resultOf(told.subarray(place * width, (place + 1) * width), numbers),
    );
    const last = results.findIndex(({ outcome }) => outcome !== "done");
    return last < 0 ? results : results.slice(0, last + 1);
  }

  #resultOf(told: Float32Array, numbers: Float64Array): StepResult {
    const [program, plan] = [this.#program, this.plan];
    const number = (where: Told): number => ("slot" in where ? numbers[where.slot]! : told[where.place]!);
    const loss = number(plan.loss);
    const gradientNorms = plan.gradientNorms.map(number);
    const broken =
      told[plan.broken] !== 0 ||
      plan.guards.some(
        ({ slot, expected }) => !sameNumber(numbers[slot]!, expected) && numbers[slot] !== Math.fround(expected),
      );
    const finite =
      [loss, ...gradientNorms].every(Number.isFinite) &&
      told[plan.nonFinite] === 0 &&
      program.outputs.state.every(
        (id, leaf) => !plan.numbers.leaves.has(leaf) || Number.isFinite(Math.fround(numbers[id]!)),
      );
    const outcome = broken ? "guard" : finite ? "done" : "non-finite";
    return { outcome, loss, metrics: plan.metrics.map(number), gradientNorms };
  }

  dispose(): void {
    deleteAll([...this.#constants, this.#noReports]);
  }
}

const sameNumber = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));

function clones(residents: readonly Resident[]): Resident[] {
  return residents.map((kept) => (typeof kept === "object" ? kept.clone() : kept));
}

export function deleteAll(residents: readonly Resident[]): void {
  for (const kept of residents) if (typeof kept === "object") kept.delete();
}

export function deleteWeights(weights: readonly Residing[]): void {
  for (const { parameters, state } of weights) deleteAll([...parameters, ...state]);
}

export function tooLarge(elements: number, most: number): Error {
  return new Error(`A tensor of ${elements} elements is more than this GPU takes, which is ${most}: train on the CPU.`);
}
