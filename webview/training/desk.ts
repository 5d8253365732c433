/** Answers for the graphics card: finds it, and does what the engine asks of it. */
import { answerCall } from "../../engine/process/remoteExecutor.ts";
import type { Executor, ExecutorCall } from "../../engine/process/trainingProtocol.ts";
import type { FoundGpu, GpuResult } from "../../extension/training/protocol.ts";
import { findGpu } from "./gpu.ts";

export class GpuDesk {
  #executor: Executor | undefined;

  async find(): Promise<GpuResult> {
    this.release();
    const found = await findGpu();
    if ("unavailable" in found) return { ok: { unavailable: found.unavailable } satisfies FoundGpu };
    const { executor, renderer, software } = found;
    this.#executor = executor;
    return { ok: { renderer, software, name: executor.name, device: executor.device } satisfies FoundGpu };
  }

  async call(call: ExecutorCall): Promise<GpuResult> {
    if (this.#executor === undefined) return { error: "The GPU was let go before the run had ended." };
    try {
      return { ok: await answerCall(this.#executor, call) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return isUnsupported(error) ? { error: message, unsupported: true } : { error: message };
    }
  }

  release(): void {
    this.#executor?.dispose();
    this.#executor = undefined;
  }
}

function isUnsupported(error: unknown): boolean {
  return error instanceof Error && error.name === "UnsupportedOperationError";
}
