import { performance } from "node:perf_hooks";
import type { StepResult } from "../execute/executor.ts";
import type { Checkpoint } from "./runFolder.ts";

/** What a save takes, reading weights from a slow device included, may be this share of the time. */
export const saveShare = 0.05;
/** A loss that has grown so much from the best has diverged: weights just before it overflows are good for nothing. */
const diverged = 10;

/** The weights with the lowest loss so far, of those that there was time to keep. */
export class GoodWeights {
  /** Judged by the steps that follow. */
  #latest: Checkpoint | undefined;
  #best: (Checkpoint & { readonly loss: number }) | undefined;
  #keptAt = -Infinity;
  #everyMs = 0;

  keep(checkpoint: Checkpoint, tookMs: number): void {
    this.#latest = checkpoint;
    this.#everyMs = tookMs / saveShare;
    this.#keptAt = performance.now();
  }

  get due(): boolean {
    return performance.now() - this.#keptAt >= this.#everyMs;
  }

  /** What the steps since the weights were kept came to. */
  judge(results: readonly StepResult[]): void {
    const made = results.filter(({ outcome }) => outcome === "done");
    if (made.length === 0) return;
    const loss = made.reduce((sum, result) => sum + result.loss, 0) / made.length;
    if (this.#latest !== undefined && (this.#best === undefined || loss < this.#best.loss))
      this.#best = { ...this.#latest, loss };
    this.#latest = undefined;
  }

  /** What to go back to from a loss; undefined where it has not diverged. */
  after(loss: number): Checkpoint | undefined {
    if (this.#best === undefined || !(loss - this.#best.loss > diverged * Math.abs(this.#best.loss))) return undefined;
    return this.#best;
  }
}
