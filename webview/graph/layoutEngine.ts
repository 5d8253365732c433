/** Runs layouts in a worker, one at a time; a newer question withdraws the older. */
import ELK, { type ElkNode } from "elkjs/lib/elk-api.js";
import type { Graph } from "../../engine/process/protocol.ts";
import { CancelledError } from "../channel.ts";
import type { Direction } from "./geometry.ts";
import { describe, understand, type Layout } from "./layout.ts";

export class LayoutEngine {
  readonly #address: Promise<string>;
  #elk: Promise<InstanceType<typeof ELK>> | undefined;
  #running: ((reason: Error) => void) | undefined;

  /** Fetches the worker's script: a webview may start workers only from its own text (a blob). */
  constructor(script: string) {
    this.#address = fetch(script)
      .then((response) => (response.ok ? response.blob() : Promise.reject(new Error(response.statusText))))
      .then((text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
    this.#elk = this.#start();
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
    } finally {
      if (this.#running === mine) this.#running = undefined;
    }
  }

  /** Stops the layout that runs, if any: its worker is ended, since a layout cannot be interrupted. */
  cancel(): void {
    if (!this.#running) return;
    this.#running(new CancelledError("A newer layout was asked for."));
    this.#running = undefined;
    void this.#elk?.then((elk) => elk.terminateWorker());
    this.#elk = undefined;
  }

  async #start(): Promise<InstanceType<typeof ELK>> {
    const address = await this.#address;
    return new ELK({ algorithms: ["layered"], workerFactory: () => new Worker(address) });
  }
}
