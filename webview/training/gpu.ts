import { GPU } from "gpu.js";
import { GpuExecutor } from "./gpuExecutor.ts";
import { giveFunctions, KernelRunner } from "./kernelRunner.ts";

export { GpuExecutor } from "./gpuExecutor.ts";
export { GpuLostError } from "./kernelRunner.ts";

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
    context ??= open();
    if (context === undefined) return { unavailable: noWebGL };
    const { gpu, gl } = context;
    const renderer = rendererOf(gl);
    if (gl.getExtension("EXT_color_buffer_float") === null)
      return { unavailable: `The GPU (${renderer}) writes no float textures, and so cannot train: train on the CPU.` };
    const executor = new GpuExecutor(new KernelRunner(gpu, gl), renderer);
    return { executor, renderer, software: isSoftware(renderer) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { unavailable: `The GPU cannot be used (${reason}): train on the CPU.` };
  }
}

const noWebGL =
  "There is no WebGL 2 here, which training on the GPU needs (the machine that shows this page may have no graphics driver): train on the CPU.";

function open(): Context | undefined {
  // gpu.js asks a canvas of its own what there is.
  if (!GPU.isWebGL2Supported) return undefined;
  const canvas = document.createElement("canvas");
  const gl = canvas.getContext("webgl2", { alpha: false, depth: false, antialias: false });
  if (gl === null) return undefined;
  const gpu = new GPU({ canvas, context: gl });
  giveFunctions(gpu);
  return { gpu, gl };
}

function rendererOf(gl: WebGL2RenderingContext): string {
  const details = gl.getExtension("WEBGL_debug_renderer_info");
  const name: unknown = gl.getParameter(details === null ? gl.RENDERER : details.UNMASKED_RENDERER_WEBGL);
  return typeof name === "string" && name !== "" ? name : "unknown";
}

function isSoftware(renderer: string): boolean {
  return /swiftshader|llvmpipe|softpipe|software|microsoft basic render/i.test(renderer);
}
