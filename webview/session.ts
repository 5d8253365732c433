/** One function's trace, as it is looked at: what every part of the panel needs to know. */
import type { Questions } from "../engine/process/protocol.ts";
import type { PanelMethod, PanelSettings, Ready } from "../extension/panel/protocol.ts";
import type { Channel } from "./channel.ts";
import type { View } from "./view.ts";

type WithoutFunction<Parameters> = Omit<Parameters, "function">;

export class Session {
  ready: Ready;
  pinned: boolean;
  readonly view: View;
  readonly settings: PanelSettings;
  readonly #channel: Channel;
  readonly #ended = new AbortController();

  constructor(channel: Channel, ready: Ready, view: View, settings: PanelSettings) {
    this.#channel = channel;
    this.ready = ready;
    this.pinned = ready.pinned;
    this.view = view;
    this.settings = settings;
  }

  /** Aborts when another trace or function takes this one's place. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** A question about this trace's function. Withdrawn when the session ends. */
  ask<Method extends PanelMethod>(
    method: Method,
    parameters: WithoutFunction<Questions[Method][0]>,
    signal = this.signal,
  ): Promise<Questions[Method][1]> {
    const params = { function: this.ready.function, ...parameters } as Questions[Method][0];
    return this.#channel.ask(this.ready.trace, method, params, signal);
  }

  isOf(other: Ready): boolean {
    return this.ready.file === other.file && this.ready.function === other.function;
  }

  end(): void {
    this.#ended.abort();
  }
}
