import type { Texture } from "gpu.js";
import type { Device, Executor, Residents, StepResult, Weights } from "../../engine/execute/executor.ts";
import { sizeOf, stepsInRound, type GpuPlan } from "../../engine/execute/gpuKernels/plan.ts";
import type { Program } from "../../engine/execute/program.ts";
import {
  deleteAll,
  deleteWeights,
  GpuProgram,
  tooLarge,
  type MadeStep,
  type Resident,
  type Residing,
} from "./gpuProgram.ts";
import type { KernelRunner } from "./kernelRunner.ts";

interface Gradients {
  readonly textures: readonly Resident[];
  readonly sizes: readonly number[];
}

/** What is kept between steps. */
interface Loaded {
  readonly residents: Residents;
  readonly data: readonly (Texture | undefined)[];
  readonly parameterSizes: readonly number[];
  readonly stateSizes: readonly number[];
  readonly stepsInRound: number;
}

/** The weights before each step of a round are kept until it is known how the step came out: no more than this. */
const mostKeptBytes = 2 ** 28;
/** Row numbers are float32. */
const mostRows = 2 ** 24;

/** Runs programs as kernels of gpu.js. Data, parameters and the optimizer's state stay on the GPU between steps. */
export class GpuExecutor implements Executor {
  readonly name = "gpu.js";
  readonly device: Device;
  readonly #runner: KernelRunner;
  readonly #programs: GpuProgram[] = [];
  #loaded: Loaded | undefined;
  #weights: Residing = { parameters: [], state: [] };
  /** Of the latest step. */
  #gradients: Gradients | undefined;
  /** Why the context is gone: every call rejects with it. */
  #lost: Error | undefined;
  readonly #disposal = new AbortController();
  /** Calls run one after the other. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(runner: KernelRunner, renderer: string) {
    this.#runner = runner;
    this.device = { kind: "gpu", description: renderer };
    runner.whenLost((reason) => {
      this.#lost = reason;
    }, this.#disposal.signal);
  }

  load(residents: Residents): Promise<void> {
    return this.#next(async () => {
      this.#free();
      const { data, weights, parameterShapes, stateShapes } = residents;
      const rows = data[0]?.shape[0] ?? 0;
      if (rows > mostRows)
        throw new Error(`The data has ${rows} rows, and the GPU counts only to ${mostRows}: train on the CPU.`);
      const most = this.#runner.mostElements;
      const largest = Math.max(
        0,
        ...data.map((leaf) => leaf.data.length),
        ...weights.parameters.map(({ length }) => length),
      );
      if (largest > most) throw tooLarge(largest, most);
      const parameterSizes = parameterShapes.map(sizeOf);
      const stateSizes = stateShapes.map(sizeOf);
      const bytes = 4 * [...parameterSizes, ...stateSizes].reduce((sum, size) => sum + size, 0);
      const kept = Math.max(1, Math.min(stepsInRound, Math.floor(mostKeptBytes / Math.max(1, bytes))));
      const textures: (Texture | undefined)[] = [];
      this.#loaded = { residents, data: textures, parameterSizes, stateSizes, stepsInRound: kept };
      for (const leaf of data) textures.push(leaf.data.length === 0 ? undefined : await this.#runner.upload(leaf.data));
      await this.#put(weights);
      this.#runner.check();
    });
  }

  prepare(program: Program): Promise<number> {
    return this.#next(async () => {
      const { residents, data } = this.#ready;
      const prepared = new GpuProgram(this.#runner, program, residents.data);
      this.#programs.push(prepared);
      await prepared.upload();
      // A step that changes nothing: it compiles every kernel, so that what the driver does not take is told now.
      if (data.every((leaf) => leaf !== undefined)) await this.#rehearse(prepared);
      return this.#programs.length - 1;
    });
  }

  run(program: number, batches: readonly Int32Array[]): Promise<readonly StepResult[]> {
    return this.#next(async () => {
      const prepared = this.#programs[program]!;
      const { stepsInRound } = this.#ready;
      const results: StepResult[] = [];
      for (let at = 0; at < batches.length; at += stepsInRound) {
        results.push(...(await this.#round(prepared, batches.slice(at, at + stepsInRound))));
        if (results.at(-1)!.outcome !== "done") break;
      }
      return results;
    });
  }

  gradients(): Promise<readonly Float32Array[]> {
    return this.#next(async () => {
      if (this.#gradients === undefined) throw new Error("No step has been run yet.");
      const { textures, sizes } = this.#gradients;
      return this.#readAll(textures, sizes);
    });
  }

  read(): Promise<Weights> {
    return this.#next(async () => {
      const { parameterSizes, stateSizes, residents } = this.#ready;
      const parameters = await this.#readAll(this.#weights.parameters, parameterSizes);
      const state = await this.#readAll(this.#weights.state, stateSizes);
      return {
        parameters,
        state: state.map((data, leaf) => {
          if (residents.stateShapes[leaf]!.length > 0) return data;
          const kept = this.#weights.state[leaf];
          return Float64Array.of(typeof kept === "number" ? kept : data[0]!);
        }),
      };
    });
  }

  write(weights: Weights): Promise<void> {
    return this.#next(() => this.#put(weights));
  }

  dispose(): void {
    this.#disposal.abort();
    void this.#next(() => {
      this.#free();
      return Promise.resolve();
    }).catch(() => undefined);
  }

  get #ready(): Loaded {
    if (this.#loaded === undefined) throw new Error("The executor was given no data yet.");
    return this.#loaded;
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#before.then(async () => {
      this.#checkContext();
      const value = await work();
      // What was computed while the context went is nothing.
      this.#checkContext();
      return value;
    });
    this.#before = result.catch(() => undefined);
    return result;
  }

  #checkContext(): void {
    if (this.#lost !== undefined) throw this.#lost;
  }

  async #put({ parameters, state }: Weights): Promise<void> {
    const { residents } = this.#ready;
    const upload = (data: ArrayLike<number>): Promise<Texture> | undefined =>
      data.length === 0 ? undefined : this.#runner.upload(Float32Array.from(data));
    const next = { parameters: [] as Resident[], state: [] as Resident[] };
    try {
      for (const leaf of parameters) next.parameters.push(await upload(leaf));
      for (const [leaf, data] of state.entries())
        next.state.push(residents.stateShapes[leaf]!.length === 0 ? data[0]! : await upload(data));
    } catch (error) {
      deleteWeights([next]);
      throw error;
    }
    this.#replace(next);
  }

  #replace(next: Residing): void {
    const before = this.#weights;
    this.#weights = next;
    deleteAll([...before.parameters, ...before.state]);
  }

  /** All are asked for before the first is waited for. */
  #readAll(textures: readonly Resident[], sizes: readonly number[]): Promise<Float32Array[]> {
    const read = async (kept: Resident, size: number): Promise<Float32Array> => {
      if (typeof kept === "number") return Float32Array.of(kept);
      return kept === undefined ? new Float32Array(0) : this.#runner.read(kept, size);
    };
    return Promise.all(textures.map((kept, k) => read(kept, sizes[k]!)));
  }

  /** Steps whose reports are read at once. Those after one that is not done have not been. */
  async #round(program: GpuProgram, batches: readonly Int32Array[]): Promise<StepResult[]> {
    await this.#bring(program.plan);
    const rows = await program.uploadRows(batches);
    const before: Residing[] = [];
    const numbers: Float64Array[] = [];
    let reports = program.noReports();
    try {
      for (let place = 0; place < batches.length; place++) {
        const step = await this.#step(program, rows, reports, place);
        reports.delete();
        reports = step.reports;
        numbers.push(step.numbers);
        before.push(this.#weights);
        this.#weights = step.weights;
      }
      const results = await program.results(reports, numbers);
      const last = results.length - 1;
      if (results[last]!.outcome !== "done") {
        // As they were before the step.
        this.#replace(before[last]!);
        deleteWeights(before.splice(last + 1));
        before.pop();
        if (last < batches.length - 1) await this.#again(program, rows, last);
      }
      return results;
    } catch (error) {
      // As if the round had not begun.
      const first = before.shift();
      if (first !== undefined) this.#replace(first);
      throw error;
    } finally {
      deleteWeights(before);
      reports.delete();
      rows.delete();
    }
  }

  async #step(program: GpuProgram, rows: Texture, reports: Texture, place: number): Promise<MadeStep> {
    const step = await program.step(this.#weights, this.#ready.data, rows, reports, place);
    this.#keepGradients({ textures: step.gradients, sizes: program.gradientSizes });
    return step;
  }

  /** The gradients of a step after which others were run already. */
  async #again(program: GpuProgram, rows: Texture, place: number): Promise<void> {
    const reports = program.noReports();
    try {
      const step = await this.#step(program, rows, reports, place);
      step.reports.delete();
      deleteWeights([step.weights]);
    } finally {
      reports.delete();
    }
  }

  async #rehearse(program: GpuProgram): Promise<void> {
    await this.#bring(program.plan);
    const rows = await program.uploadRows([]);
    const gradients = this.#gradients;
    this.#gradients = undefined;
    try {
      await this.#again(program, rows, 0);
      this.#runner.check();
    } finally {
      rows.delete();
      this.#keepGradients(gradients);
    }
  }

  /** A number of the state is kept where a program wants it: as one of float64, or on the GPU. */
  async #bring({ numbers, state }: GpuPlan): Promise<void> {
    for (const [leaf, kept] of this.#weights.state.entries()) {
      let brought = kept;
      if (numbers.leaves.has(leaf) && typeof kept === "object") brought = (await this.#runner.read(kept, 1))[0];
      else if (state[leaf] !== undefined && typeof kept === "number")
        brought = await this.#runner.upload(Float32Array.of(kept));
      if (brought === kept) continue;
      this.#weights = { parameters: this.#weights.parameters, state: this.#weights.state.with(leaf, brought) };
      deleteAll([kept]);
    }
  }

  #keepGradients(gradients: Gradients | undefined): void {
    if (this.#gradients !== undefined) deleteAll(this.#gradients.textures);
    this.#gradients = gradients;
  }

  #free(): void {
    for (const program of this.#programs.splice(0)) program.dispose();
    this.#keepGradients(undefined);
    this.#replace({ parameters: [], state: [] });
    deleteAll(this.#loaded?.data ?? []);
    this.#loaded = undefined;
    this.#runner.dispose();
  }
}
