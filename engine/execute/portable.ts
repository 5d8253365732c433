import { cpus } from "node:os";
import type { Device, Executor, Residents, StepResult, Weights } from "./executor.ts";
import { compile, type Compiled } from "./portable/compile.ts";
import { Storage } from "./portable/storage.ts";
import type { Program } from "./program.ts";

/**
 * Runs programs on the processor, in this thread: loops compiled for one program each, and matrix products in WebAssembly
 * where there is one. Buffers are laid out once for each program; a step allocates nothing.
 */
export class PortableExecutor implements Executor {
  readonly name = "portable";
  readonly device: Device = { kind: "cpu", description: cpus()[0]?.model.trim() ?? "CPU" };
  readonly #programs: Compiled[] = [];
  #storage: Storage | undefined;
  #latest: Compiled | undefined;

  load(residents: Residents): Promise<void> {
    this.#programs.length = 0;
    this.#latest = undefined;
    this.#storage = new Storage(residents);
    return Promise.resolve();
  }

  prepare(program: Program): Promise<number> {
    return Promise.resolve(this.#programs.push(compile(program, this.#loaded)) - 1);
  }

  run(program: number, batches: readonly Int32Array[]): Promise<readonly StepResult[]> {
    const compiled = this.#programs[program]!;
    const results: StepResult[] = [];
    this.#latest = compiled;
    for (const rows of batches) {
      const result = compiled.step(rows);
      results.push(result);
      if (result.outcome !== "done") break;
    }
    return Promise.resolve(results);
  }

  gradients(): Promise<readonly Float32Array[]> {
    if (this.#latest === undefined) return Promise.reject(new Error("No step has been run yet."));
    return Promise.resolve(this.#latest.gradients());
  }

  read(): Promise<Weights> {
    const { parameters, state } = this.#loaded;
    return Promise.resolve({
      parameters: parameters.map((leaf) => leaf.slice()),
      state: state.map((leaf) => leaf.slice()),
    });
  }

  write(weights: Weights): Promise<void> {
    this.#loaded.write(weights);
    return Promise.resolve();
  }

  dispose(): void {
    this.#programs.length = 0;
    this.#latest = undefined;
    this.#storage = undefined;
  }

  get #loaded(): Storage {
    if (this.#storage === undefined) throw new Error("The executor was given no data yet.");
    return this.#storage;
  }
}
