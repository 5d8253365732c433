/** Runs layouts in a worker, one at a time; a newer question withdraws the older. */
import ELK, { type ElkNode } from "elkjs/lib/elk-api.js";
import type { Graph } from "../../engine/process/protocol.ts";
import { CancelledError } from "../channel.ts";
import type { Direction } from "./geometry.ts";
import { describe, understand, type Layout } from "./layout.ts";

export class LayoutEngine {
  readonly #script: string;
  #address: string | undefined;
  #elk: Promise<InstanceType<typeof ELK>> | undefined;
  #running: ((reason: Error) => void) | undefined;

  /** Fetches the worker's script: a webview may start workers only from its own text (a blob). */
  constructor(script: string) {
    this.#script = script;
    this.#elk = this.#start();
    // Whoever asks for a layout is told.
    this.#elk.catch(() => undefined);
  }

  /** @throws {CancelledError} when a newer layout is asked for first. */
  async layout(graph: Graph, direction: Direction, digits: number): Promise<Layout> {
    this.cancel();
    const withdrawn = new Promise<never>((_, reject) => (this.#running = reject));
    const mine = this.#running;
    try {
      const elk = await Promise.race([(this.#elk ??= this.#start()), withdrawn]);
      const attempt = (careful: boolean) => elk.layout(describe(graph, direction, digits, careful)) as Promise<ElkNode>;
      const placed = await Promise.race([attempt(false).catch(() => attempt(true)), withdrawn]);
      return understand(graph, direction, digits, placed);
    } catch (error) {
      // A worker that failed is not asked again.
      if (this.#running === mine) this.#elk = undefined;
      throw error;
    } finally {
      if (this.#running === mine) this.#running = undefined;
    }
  }

  /** Stops the layout that runs, if any: its worker is ended, since a layout cannot be interrupted. */
  cancel(): void {
    if (!this.#running) return;
    this.#running(new CancelledError("A newer layout was asked for."));
    this.#running = undefined;
    void this.#elk?.then(
      (elk) => elk.terminateWorker(),
      () => undefined,
    );
    this.#elk = undefined;
  }

  async #start(): Promise<InstanceType<typeof ELK>> {
    const address = (this.#address ??= await this.#load());
    return new ELK({ algorithms: ["layered"], workerFactory: () => new Worker(address) });
  }

  async #load(): Promise<string> {
    const response = await fetch(this.#script);
    if (!response.ok) throw new Error(`The layout worker could not be loaded (${response.statusText}).`);
    return URL.createObjectURL(new Blob([await response.blob()], { type: "text/javascript" }));
  }
}
