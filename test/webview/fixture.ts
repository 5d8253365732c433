/** One browser and one engine for all tests of a file. */
import { after, before } from "node:test";
import type { Browser } from "playwright-core";
import { launchBrowser } from "../host/browser.ts";
import { openPanel, type OpenPanel, type PanelOptions } from "./harness.ts";
import { Engine, openTraced, type Traced, type TracedOptions } from "./traced.ts";

export class Fixture {
  readonly engine = new Engine();
  #browser: Browser | undefined;
  readonly #traces = new Map<string, Promise<Traced>>();

  constructor() {
    before(async () => {
      this.#browser = await launchBrowser();
    });
    after(async () => {
      await this.#browser?.close();
      this.engine.dispose();
    });
  }

  trace(file: string): Promise<Traced> {
    let traced = this.#traces.get(file);
    if (!traced) this.#traces.set(file, (traced = this.engine.trace(file)));
    return traced;
  }

  /** The panel on a function of a file, with its graph drawn. */
  async open(file: string, options: TracedOptions = {}): Promise<OpenPanel> {
    return openTraced(this.#browser!, await this.trace(file), options);
  }

  /** The panel on another text of the formula's file. */
  async openText(text: string): Promise<OpenPanel> {
    return openTraced(this.#browser!, await this.engine.trace(formula, text));
  }

  openState(options: PanelOptions): Promise<OpenPanel> {
    return openPanel(this.#browser!, options);
  }
}

export const formula = "examples/formula.ts";
export const loop = "test/fixtures/panel/loop.ts";
export const network = "test/fixtures/panel/network.ts";
export const deepSigmoid = "examples/deep-sigmoid.ts";
export const rnn = "examples/rnn.ts";
export const nanModel = "examples/nan.ts";
export const digits = "examples/digits.ts";
