import { GPU, Input, type IKernelRunShortcut, type ITypesList, type Texture } from "gpu.js";
import { helpers, nativeFunctions } from "../../engine/execute/gpuKernels/functions.ts";

/** A kernel's text with how many results it gives. */
export interface RunnableKernel {
  readonly source: string;
  readonly size: number;
}

/** The context was lost: nothing that was on the GPU is there any more. */
export class GpuLostError extends Error {
  override name = "GpuLostError";

  constructor() {
    super(
      "The GPU was taken away while it trained (its driver was reset, or the page lost its WebGL context): train again, or on the CPU.",
    );
  }
}

const elementOf = "function(x) { return x[this.thread.x]; }";

type Argument = Texture | number | Input;

/**
 * Runs kernels of gpu.js in WebGL 2 and compiles each once. Every texture that it gives is the caller's to delete; a
 * deleted one is used again by the kernel that made it.
 */
export class KernelRunner {
  readonly #gpu: GPU;
  readonly #gl: WebGL2RenderingContext;
  readonly #kernels = new Map<string, IKernelRunShortcut>();

  constructor(gpu: GPU, gl: WebGL2RenderingContext) {
    this.#gpu = gpu;
    this.#gl = gl;
  }

  /** Calls back once when the context is lost, until `signal` ends that. */
  whenLost(listener: (reason: GpuLostError) => void, signal: AbortSignal): void {
    this.#gl.canvas.addEventListener("webglcontextlost", () => listener(new GpuLostError()), { once: true, signal });
  }

  /** How many elements a texture may have. */
  get mostElements(): number {
    return (this.#gl.getParameter(this.#gl.MAX_TEXTURE_SIZE) as number) ** 2;
  }

  /** `sizes` are those of the textures, of which each kernel knows its arguments'. */
  async run(
    { source, size }: RunnableKernel,
    textures: readonly Texture[],
    sizes: readonly number[],
    numbers: readonly number[],
    offsets: readonly number[],
  ): Promise<Texture> {
    const types = Object.fromEntries([
      ...textures.map((_, k) => [`b${k}`, "ArrayTexture(1)"]),
      ...numbers.map((_, k) => [`n${k}`, "Float"]),
      ...offsets.map((_, k) => [`o${k}`, "Float"]),
    ]) as ITypesList; // which knows no textures of single numbers
    const kernel = this.#kernel(`${size} of ${sizes.join()} ${source}`, source, size, {
      pipeline: true,
      immutable: true,
      argumentTypes: types,
    });
    return this.#texture(await this.#call(kernel, [...textures, ...numbers, ...offsets]));
  }

  async upload(data: Float32Array): Promise<Texture> {
    const kernel = this.#kernel(`upload ${data.length}`, elementOf, data.length, { pipeline: true, immutable: true });
    // The typings know only plain arrays; typed ones are copied as fast as can be.
    return this.#texture(await this.#call(kernel, [new Input(data as unknown as number[], [data.length])]));
  }

  /** Waits for the GPU without blocking the page. */
  async read(texture: Texture, size: number): Promise<Float32Array> {
    const kernel = this.#kernel(`read ${size}`, elementOf, size, { asyncMode: true });
    const data = await this.#call(kernel, [texture]);
    this.check();
    if (!(data instanceof Float32Array) || data.length !== size) throw new Error("The GPU gave no numbers back.");
    return data;
  }

  /** Throws where the context is lost or out of memory: kernels themselves would go on and give zeros. */
  check(): void {
    if (this.#gl.isContextLost()) throw new GpuLostError();
    // Each kind of error is told once, in no order.
    for (let error = this.#gl.getError(); error !== this.#gl.NO_ERROR; error = this.#gl.getError())
      if (error === this.#gl.OUT_OF_MEMORY)
        throw new Error("The GPU has no memory left for this model: train it on the CPU, or with smaller batches.");
  }

  /** Frees all kernels. Textures that they gave must have been deleted. */
  dispose(): void {
    for (const kernel of this.#kernels.values()) kernel.destroy();
    this.#kernels.clear();
  }

  #kernel(
    key: string,
    source: string,
    size: number,
    settings: NonNullable<Parameters<GPU["createKernel"]>[1]>,
  ): IKernelRunShortcut {
    let kernel = this.#kernels.get(key);
    if (kernel === undefined) {
      kernel = this.#gpu.createKernel(source, {
        output: [size],
        precision: "single",
        tactic: "precision",
        ...settings,
      });
      this.#kernels.set(key, kernel);
    }
    return kernel;
  }

  async #call(kernel: IKernelRunShortcut, values: readonly Argument[]): Promise<unknown> {
    if (this.#gl.isContextLost()) throw new GpuLostError();
    try {
      return await (kernel as unknown as (...values: readonly Argument[]) => unknown)(...values);
    } catch (error) {
      // What fails after the context was lost fails for that reason.
      if (this.#gl.isContextLost()) throw new GpuLostError();
      const reason = error instanceof Error ? error.message.split("\n")[0]! : String(error);
      throw new Error(`The GPU's driver does not take a kernel of this model: ${reason}`, { cause: error });
    }
  }

  /** gpu.js falls back to the processor where it cannot do otherwise, and then gives an array. */
  #texture(result: unknown): Texture {
    if (typeof result === "object" && result !== null && "texture" in result) return result as unknown as Texture;
    throw new Error("The GPU does not take a kernel of this model: train it on the CPU.");
  }
}

/** The functions that kernels call, for all kernels of a GPU. */
export function giveFunctions(gpu: GPU): void {
  (gpu as GPU & { injectNative(source: string): void }).injectNative(helpers);
  for (const { name, source } of nativeFunctions) gpu.addNativeFunction(name, source);
}
