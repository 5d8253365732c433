/** The panel on a file that the real engine has traced: the test stands where the extension does. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Browser } from "playwright-core";
import { EngineClient, type TraceSession } from "../../engine/process/client.ts";
import type { PanelState } from "../../extension/panel/protocol.ts";
import { panelState } from "../../extension/panel/state.ts";
import { openPanel, type OpenPanel, type PanelOptions } from "./harness.ts";

const root = path.resolve(import.meta.dirname, "../..");

export class Engine {
  readonly #client = new EngineClient({ engine: path.join(root, "engine/process/server.ts") });
  #traces = 0;

  /** `file` from the repository's root. */
  async trace(file: string, text?: string): Promise<Traced> {
    const absolute = path.join(root, file);
    const source = text ?? (await readFile(absolute, "utf8"));
    const session = await this.#client.trace({ file: absolute, text: source });
    return new Traced(++this.#traces, absolute, source, session);
  }

  dispose(): void {
    this.#client.dispose();
  }
}

export class Traced {
  readonly id: number;
  readonly #file: string;
  readonly #text: string;
  readonly session: TraceSession;

  constructor(id: number, file: string, text: string, session: TraceSession) {
    this.id = id;
    this.#file = file;
    this.#text = text;
    this.session = session;
  }

  state({
    name,
    stale = false,
    unsaved,
  }: { name?: string | undefined; stale?: boolean; unsaved?: string } = {}): PanelState {
    const { summary } = this.session;
    return panelState({
      trusted: true,
      file: {
        path: this.#file,
        name: path.basename(this.#file),
        state: "traced",
        hasModel: true,
        failure: summary.diagnostics,
        trace: { id: this.id, text: this.#text, summary, stale, unsaved },
        ...(name === undefined ? {} : { function: name }),
        pinned: false,
      },
    });
  }

  readonly answer: NonNullable<PanelOptions["answer"]> = (ask) => this.session.ask(ask.method, ask.params);

  /** How many nodes a function's trace has. */
  nodes(name: string): number {
    const traced = this.session.summary.functions.find((each) => each.function === name);
    return traced?.tape.operations ?? 0;
  }

  dispose(): void {
    this.session.dispose();
  }
}

export type TracedOptions = Omit<PanelOptions, "state" | "answer"> & { readonly function?: string };

/** Opens the panel on a trace and waits until its graph is drawn. */
export async function openTraced(browser: Browser, traced: Traced, options: TracedOptions = {}): Promise<OpenPanel> {
  const state = traced.state({ name: options.function });
  if (state.kind !== "ready") throw new Error(`It was not traced: ${JSON.stringify(state)}`);
  const panel = await openPanel(browser, {
    ...options,
    state,
    answer: traced.answer,
  });
  await panel.page.waitForSelector(".card, .group.closed");
  return panel;
}
