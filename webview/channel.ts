/** The page's end of the channel to the extension: requests with ids, and the messages that need no answer. */
import type { Questions } from "../engine/process/protocol.ts";
import type { Answer, FromPanel, PanelMethod, Result, SaveRequest, ToPanel } from "../extension/panel/protocol.ts";
import { pack, unpack } from "../extension/panel/wire.ts";

/** What VS Code gives a webview's page, once. */
export interface VSCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare global {
  function acquireVsCodeApi(): VSCodeApi;
}

/** The extension answered that a request failed; the message is a sentence for the person. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
}

/** Nobody waits for the answer any more, or nobody is there to give it. */
export class CancelledError extends Error {
  override readonly name = "CancelledError";
}

export type Receive = (message: Exclude<ToPanel, Answer>) => void;

interface Pending {
  readonly settle: (result: Result<unknown>) => void;
  readonly reject: (reason: Error) => void;
}

export class Channel {
  readonly #api: VSCodeApi;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #gone = false;

  constructor(api: VSCodeApi, receive: Receive) {
    this.#api = api;
    addEventListener("message", (event: MessageEvent<unknown>) => {
      const message = unpack(event.data);
      if (!isMessage(message)) return;
      if (message.type === "answer") this.#settle(message);
      else receive(message);
    });
    addEventListener("pagehide", () => this.close());
  }

  post(message: FromPanel): void {
    this.#api.postMessage(pack(message));
  }

  /**
   * Puts one of the engine's questions about a trace.
   * @throws {AnswerError} when the extension cannot answer it.
   * @throws {CancelledError} when `signal` aborts first or the page goes away.
   */
  ask<Method extends PanelMethod>(
    trace: number,
    method: Method,
    params: Questions[Method][0],
    signal?: AbortSignal,
  ): Promise<Questions[Method][1]> {
    return this.#request((id) => this.post({ type: "ask", id, trace, method, params } as FromPanel), signal) as Promise<
      Questions[Method][1]
    >;
  }

  /** Resolves to whether the person saved the picture. */
  save(picture: Omit<SaveRequest, "type" | "id">): Promise<boolean> {
    return this.#request((id) => this.post({ type: "save", id, ...picture })) as Promise<boolean>;
  }

  /** Rejects every request that is still open: none of them will be answered. */
  close(): void {
    this.#gone = true;
    for (const { reject } of this.#pending.values()) reject(new CancelledError("The panel was closed."));
    this.#pending.clear();
  }

  #request(send: (id: number) => void, signal?: AbortSignal): Promise<unknown> {
    if (this.#gone || signal?.aborted) return Promise.reject(new CancelledError("The request was withdrawn."));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const withdraw = () => {
        if (!this.#pending.delete(id)) return;
        this.post({ type: "cancel", id });
        reject(new CancelledError("The request was withdrawn."));
      };
      signal?.addEventListener("abort", withdraw, { once: true });
      const settle = (result: Result<unknown>) => {
        signal?.removeEventListener("abort", withdraw);
        // JSON drops an `ok` that is undefined, so that only `error` tells.
        if ("error" in result)
          reject(result.cancelled ? new CancelledError(result.error) : new AnswerError(result.error));
        else resolve(result.ok);
      };
      this.#pending.set(id, { settle, reject });
      send(id);
    });
  }

  #settle({ id, result }: Answer): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.settle(result);
  }
}

/** Other scripts and browser extensions post messages too. */
function isMessage(data: unknown): data is ToPanel {
  return typeof data === "object" && data !== null && "type" in data && typeof data.type === "string";
}
