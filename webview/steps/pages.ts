/** The steps of the backward pass, fetched in pages as they come into view. */
import type { Step } from "../../engine/process/protocol.ts";

const pageSize = 200;
/** Pages kept; a page is a few tens of kilobytes. */
const mostPages = 50;

export type FetchSteps = (from: number, count: number) => Promise<{ total: number; steps: readonly Step[] }>;

export class StepPages {
  total = 0;
  readonly #fetch: FetchSteps;
  readonly #pages = new Map<number, Promise<readonly Step[]>>();
  readonly #arrived = new Map<number, readonly Step[]>();

  constructor(fetch: FetchSteps) {
    this.#fetch = fetch;
  }

  /** Fetches the first page, to know how many steps there are. */
  async open(): Promise<void> {
    await this.#page(0);
  }

  /** Step `index`, counting from 0, if it has arrived. */
  known(index: number): Step | undefined {
    return this.#arrived.get(Math.floor(index / pageSize))?.[index % pageSize];
  }

  async step(index: number): Promise<Step | undefined> {
    if (index < 0 || index >= this.total) return undefined;
    return (await this.#page(Math.floor(index / pageSize)))[index % pageSize];
  }

  /** The step in which `node` passes its adjoint on, counting from 0; −1: it has none to pass on. */
  async rowOf(node: number): Promise<number> {
    // Nodes pass on in reverse order of execution; step 0 gives the output its adjoint.
    let low = 1;
    let high = this.total;
    while (low < high) {
      const half = (low + high) >> 1;
      const step = await this.step(half);
      if (step === undefined || step.node <= node) high = half;
      else low = half + 1;
    }
    return (await this.step(low))?.node === node ? low : -1;
  }

  /** Sees that steps `from` to `to` arrive. Answers whether any of them had not been there. */
  async load(from: number, to: number): Promise<boolean> {
    const missing: Promise<unknown>[] = [];
    for (let page = Math.floor(from / pageSize); page * pageSize < Math.min(to, this.total); page++) {
      if (!this.#arrived.has(page)) missing.push(this.#page(page));
    }
    await Promise.all(missing);
    return missing.length > 0;
  }

  #page(page: number): Promise<readonly Step[]> {
    const known = this.#pages.get(page);
    if (known) return known;
    const asked = this.#fetch(page * pageSize, pageSize).then(({ total, steps }) => {
      this.total = total;
      this.#arrived.set(page, steps);
      this.#forget();
      return steps;
    });
    this.#pages.set(page, asked);
    asked.catch(() => this.#pages.delete(page));
    return asked;
  }

  #forget(): void {
    for (const page of this.#arrived.keys()) {
      if (this.#arrived.size <= mostPages) return;
      this.#arrived.delete(page);
      this.#pages.delete(page);
    }
  }
}
