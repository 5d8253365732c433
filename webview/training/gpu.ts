import type { Executor, Residents, StepResult, Weights } from "../../engine/execute/executor.ts";
import { GPU } from "gpu.js";
import type { Program } from "../../engine/execute/program.ts";

/** The GPU of the machine that shows this page, or one sentence why there is none to train on. */
export type GpuFound = FoundGpu | { readonly unavailable: string };

export interface FoundGpu {
  readonly executor: GpuExecutor;
  /** As the driver calls it. */
  readonly renderer: string;
  /** Whether it is a program on the processor that stands in for a GPU. */
  readonly software: boolean;
}

/** Looks for a GPU that computes in float32. Never rejects. To be called again after the context was lost. */
export function findGpu(): Promise<GpuFound> {
  return Promise.resolve(find());
}

interface Context {
  readonly gpu: GPU;
  readonly gl: WebGL2RenderingContext;
}

/** One for the whole page: each has a WebGL context, of which a page may have few. */
let context: Context | undefined;

function find(): GpuFound {
  if (context?.gl.isContextLost() === true) context = undefined;
  try {
    if (!GPU.isWebGL2Supported)
      return {
        unavailable:
          "There is no WebGL 2 here, which training on the GPU needs: this machine may have no graphics driver.",
      };
    if (context === undefined) {
      const gpu = new GPU({ mode: "webgl2" });
      const gl = (gpu.context ??
        document.createElement("canvas").getContext("webgl2")) as WebGL2RenderingContext | null;
      if (gl === null)
        return {
          unavailable: "There is no WebGL 2 here, which training on the GPU needs: the browser gave no context.",
        };
      context = { gpu, gl };
    }
    const renderer = rendererOf(context.gl);
    if (context.gl.getExtension("EXT_color_buffer_float") === null)
      return { unavailable: `The GPU (${renderer}) cannot compute in float32: it writes no float textures.` };
    return { executor: new GpuExecutor(renderer), renderer, software: isSoftware(renderer) };
  } catch (error) {
    return { unavailable: `The GPU could not be used: ${error instanceof Error ? error.message : String(error)}.` };
  }
}

function rendererOf(gl: WebGL2RenderingContext): string {
  const details = gl.getExtension("WEBGL_debug_renderer_info");
  const name: unknown = gl.getParameter(details === null ? gl.RENDERER : details.UNMASKED_RENDERER_WEBGL);
  return typeof name === "string" && name !== "" ? name : "unknown";
}

function isSoftware(renderer: string): boolean {
  return /swiftshader|llvmpipe|softpipe|software|microsoft basic render/i.test(renderer);
}

/** Runs programs as kernels of gpu.js. Data, parameters and the optimizer's state stay on the GPU between steps. */
export class GpuExecutor implements Executor {
  readonly name = "gpu.js";
  readonly device: Executor["device"];
  /** Called once when the context is lost, with one sentence; from then on every call rejects with it. */
  onLost: ((reason: Error) => void) | undefined;

  constructor(renderer: string) {
    this.device = { kind: "gpu", description: renderer };
  }

  load(_residents: Residents): Promise<void> {
    return notYet();
  }

  prepare(_program: Program): Promise<number> {
    return notYet();
  }

  run(_program: number, _batches: readonly Int32Array[]): Promise<readonly StepResult[]> {
    return notYet();
  }

  gradients(): Promise<readonly Float32Array[]> {
    return notYet();
  }

  read(): Promise<Weights> {
    return notYet();
  }

  write(_weights: Weights): Promise<void> {
    return notYet();
  }

  dispose(): void {
    this.onLost = undefined;
  }
}

function notYet(): Promise<never> {
  return Promise.reject(new Error("Training on the GPU is not there yet: train on the CPU."));
}
