/** What runs in the page of the tests: the GPU as the training panel finds it, called by the test through messages. */
import { answerCall } from "../../../engine/process/remoteExecutor.ts";
import type { ExecutorCall } from "../../../engine/process/trainingProtocol.ts";
import { findGpu, type FoundGpu, type GpuFound } from "../../../webview/training/gpu.ts";
import { packed, unpacked } from "./wire.ts";

/** Another executor in place of the one before. */
export type PageCall = ExecutorCall | { readonly method: "find" | "loseContext" | "dispose" | "liveTextures" };

const page = window as unknown as { answer(id: number, answer: unknown): void };
let found: FoundGpu | undefined;

async function answer(call: PageCall): Promise<unknown> {
  switch (call.method) {
    case "find": {
      const gpu: GpuFound = await findGpu();
      if ("unavailable" in gpu) return gpu;
      found = gpu;
      return { renderer: gpu.renderer, software: gpu.software };
    }
    case "loseContext":
      contexts.at(-1)!.getExtension("WEBGL_lose_context")!.loseContext();
      await new Promise((resolve) => setTimeout(resolve, 50));
      return null;
    case "dispose":
      found!.executor.dispose();
      await new Promise((resolve) => setTimeout(resolve, 50));
      return null;
    case "liveTextures":
      return textures.live;
    default:
      return answerCall(found!.executor, call);
  }
}

window.addEventListener("message", ({ data }: MessageEvent<{ id: number; call: unknown }>) => {
  void answer(unpacked(data.call) as PageCall).then(
    (ok) => page.answer(data.id, { ok: packed(ok) }),
    (error: unknown) => page.answer(data.id, { error: [(error as Error).name, (error as Error).message] }),
  );
});

const contexts: WebGL2RenderingContext[] = [];
const textures = { live: 0 };
/** What a method of a browser's class was before the test took its place. */
function original<T extends object, M extends keyof T>(of: T, method: M): T[M] {
  return of[method];
}

const getContext = original(HTMLCanvasElement.prototype, "getContext");
HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, ...parameters: unknown[]) {
  const context: unknown = getContext.apply(this, parameters as Parameters<typeof getContext>);
  if (context instanceof WebGL2RenderingContext && !contexts.includes(context)) contexts.push(context);
  return context;
} as typeof getContext;
const createTexture = original(WebGL2RenderingContext.prototype, "createTexture");
const deleteTexture = original(WebGL2RenderingContext.prototype, "deleteTexture");
WebGL2RenderingContext.prototype.createTexture = function () {
  textures.live++;
  return createTexture.call(this);
};
WebGL2RenderingContext.prototype.deleteTexture = function (texture) {
  if (texture !== null && this.isTexture(texture)) textures.live--;
  deleteTexture.call(this, texture);
};

let blocked = false;
try {
  // The control: under the policy of the panel this must fail.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- see above
  new Function("return 1")();
} catch {
  blocked = true;
}
page.answer(0, { ok: { blocked } });
