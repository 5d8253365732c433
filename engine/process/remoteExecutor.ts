import type { Executor, Residents, StepResult, Weights } from "../execute/executor.ts";
import type { Program } from "../execute/program.ts";
import type { ExecutorCall } from "./trainingProtocol.ts";

/** Whoever runs the steps could not. The message is one whole sentence of theirs. */
export class ExecutorError extends Error {
  override name = "ExecutorError";
}

type Call = (call: ExecutorCall) => Promise<unknown>;
type Description = Pick<Executor, "name" | "device">;

/** The executor of whoever asks for a training, at the other end of the channel. */
export class RemoteExecutor implements Executor {
  readonly name: string;
  readonly device: Executor["device"];
  readonly #call: Call;

  private constructor(description: Description, call: Call) {
    this.name = description.name;
    this.device = description.device;
    this.#call = call;
  }

  static async find(call: Call): Promise<RemoteExecutor> {
    const told: Call = (asked) =>
      call(asked).catch((error: unknown) => {
        throw new ExecutorError(error instanceof Error ? error.message : String(error));
      });
    return new RemoteExecutor((await told({ method: "describe", parameters: [] })) as Description, told);
  }

  async load(residents: Residents): Promise<void> {
    await this.#call({ method: "load", parameters: [residents] });
  }

  async prepare(program: Program): Promise<number> {
    return (await this.#call({ method: "prepare", parameters: [program] })) as number;
  }

  async run(program: number, batches: readonly Int32Array[]): Promise<readonly StepResult[]> {
    return (await this.#call({ method: "run", parameters: [program, batches] })) as StepResult[];
  }

  async gradients(): Promise<readonly Float32Array[]> {
    return (await this.#call({ method: "gradients", parameters: [] })) as Float32Array[];
  }

  async read(): Promise<Weights> {
    return (await this.#call({ method: "read", parameters: [] })) as Weights;
  }

  async write(weights: Weights): Promise<void> {
    await this.#call({ method: "write", parameters: [weights] });
  }

  /** Whoever gave the executor disposes of it. */
  dispose(): void {
    return undefined;
  }
}

/** The other end: what a call asks of an executor. */
export async function answerCall(executor: Executor, { method, parameters }: ExecutorCall): Promise<unknown> {
  switch (method) {
    case "describe":
      return { name: executor.name, device: executor.device };
    case "load":
      await executor.load(parameters[0] as Residents);
      return null;
    case "prepare":
      return executor.prepare(parameters[0] as Program);
    case "run":
      return executor.run(parameters[0] as number, parameters[1] as Int32Array[]);
    case "gradients":
      return executor.gradients();
    case "read":
      return executor.read();
    case "write":
      await executor.write(parameters[0] as Weights);
      return null;
  }
}
