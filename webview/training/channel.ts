/** The page's end of the channel to the extension. */
import type { FromTrainingPage, ToTrainingPage } from "../../extension/training/protocol.ts";
import { pack, unpack } from "../../extension/panel/wire.ts";
import type { VSCodeApi } from "../channel.ts";

export class TrainingChannel {
  readonly #api: VSCodeApi;

  constructor(api: VSCodeApi, receive: (message: ToTrainingPage) => void) {
    this.#api = api;
    addEventListener("message", (event: MessageEvent<unknown>) => {
      const message = unpack(event.data);
      if (isMessage(message)) receive(message);
    });
  }

  post(message: FromTrainingPage): void {
    this.#api.postMessage(pack(message));
  }

  remember(memory: unknown): void {
    this.#api.setState(memory);
  }
}

/** Other scripts and browser extensions post messages too. */
function isMessage(data: unknown): data is ToTrainingPage {
  return typeof data === "object" && data !== null && "type" in data && typeof data.type === "string";
}
