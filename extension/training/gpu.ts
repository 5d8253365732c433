/** The graphics card of the page, as the engine calls it. */
import type { Device, Executor, ExecutorCall, Program, Residents } from "../../engine/process/trainingProtocol.ts";
import type { StepResult, Weights } from "../../engine/process/trainingProtocol.ts";
import type { FoundGpu } from "./protocol.ts";
import { executorAnswers, isFoundGpu } from "./validate.ts";

/** The page's end. Everything rejects with a PageError once the page has gone away or was loaded anew. */
export interface GpuPage {
  /** Opens the page where it is not, and waits for it. */
  findGpu(): Promise<unknown>;
  call(call: ExecutorCall): Promise<unknown>;
  release(): void;
}

/** The page has gone away, and with it what the graphics card held. */
export class PageError extends Error {
  override readonly name = "PageError";
}

/** The graphics card cannot run this program. The message names the operation. */
export class UnsupportedError extends Error {
  override readonly name = "UnsupportedError";
}

export type Gpu = Exclude<FoundGpu, { readonly unavailable: string }>;

/** Throws a PageError where the page does not come. */
export async function findGpu(page: GpuPage): Promise<FoundGpu> {
  const found = await page.findGpu();
  if (!isFoundGpu(found)) throw new PageError("The training panel gave no answer that could be understood.");
  return found;
}

export class PageExecutor implements Executor {
  readonly name: string;
  readonly device: Device;
  readonly #page: GpuPage;
  /** What the page answered in place of a result. */
  failure: Error | undefined;

  constructor(page: GpuPage, { name, device }: Gpu) {
    this.name = name;
    this.device = device;
    this.#page = page;
  }

  async load(residents: Residents): Promise<void> {
    await this.#call("load", residents);
  }

  prepare(program: Program): Promise<number> {
    return this.#call("prepare", program);
  }

  run(program: number, batches: readonly Int32Array[]): Promise<readonly StepResult[]> {
    return this.#call("run", program, batches);
  }

  gradients(): Promise<readonly Float32Array[]> {
    return this.#call("gradients");
  }

  read(): Promise<Weights> {
    return this.#call("read");
  }

  async write(weights: Weights): Promise<void> {
    await this.#call("write", weights);
  }

  dispose(): void {
    this.#page.release();
  }

  async #call<Method extends keyof typeof executorAnswers>(
    method: Method,
    ...parameters: unknown[]
  ): Promise<AnswerOf<Method>> {
    try {
      const answer = await this.#page.call({ method, parameters });
      if (!executorAnswers[method](answer)) throw new Error(`The GPU executor gave no answer to ${method}.`);
      return answer as AnswerOf<Method>;
    } catch (error) {
      this.failure ??= error instanceof Error ? error : new Error(String(error));
      throw error;
    }
  }
}

type AnswerOf<Method extends keyof typeof executorAnswers> = (typeof executorAnswers)[Method] extends (
  value: unknown,
) => value is infer Answer
  ? Answer
  : never;
