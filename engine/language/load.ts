import type { SiteTable } from "../tape/site.ts";
import type { InstrumentedFile } from "./instrumentedFile.ts";
import type { Runtime } from "./runtime.ts";
import type { Diagnostic, Outline } from "./sourceReport.ts";

export interface LoadRequest {
  /** Absolute path of the model file. */
  readonly file: string;
  /** Its text where that differs from what is on disk. */
  readonly text?: string;
  /** What instrumented code calls; becomes globalThis.$adjoint. */
  readonly runtime: Runtime;
  readonly sites: SiteTable;
  /** What `import … from "adjoint"` gives: the library's own namespace, so that model and engine share one tape. */
  readonly library: object;
}

export interface LoadedModel {
  readonly namespace: Readonly<Record<string, unknown>>;
  readonly outline: Outline;
  /** Every instrumented file by its path: the model, its local imports, the packages it imports. */
  readonly sources: ReadonlyMap<string, InstrumentedFile>;
  /** Export name → the function's id in `$adjoint.parameter`. */
  readonly functionIds: ReadonlyMap<string, number>;
}

/** Why a model file could not be loaded: `syntax-error`, `import-not-found` or `model-error` (it threw while loading). */
export class LoadError extends Error {
  readonly diagnostic: Diagnostic;
  constructor(diagnostic: Diagnostic, options?: ErrorOptions) {
    super(diagnostic.message, options);
    this.name = "LoadError";
    this.diagnostic = diagnostic;
  }
}

/** Instruments and imports a model file and everything it imports. Throws LoadError. */
export async function loadModel(request: LoadRequest): Promise<LoadedModel> {
  await Promise.resolve();
  throw new Error(`not loaded: ${request.file}`);
}
