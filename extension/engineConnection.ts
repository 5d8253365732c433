import * as vscode from "vscode";
import type { EngineClient, TrainOptions } from "../engine/process/client.ts";
import type { CheckRequest, CheckSummary, Outline, TraceRequest } from "../engine/process/protocol.ts";
import type { TrainAnswer, TrainRequest } from "../engine/process/trainingProtocol.ts";
import { Disposable } from "./disposable.ts";
import type { CheckOptions, Engine, TraceOptions, TraceSession } from "./engine.ts";

/** The engine in child processes of the extension host. Nothing is loaded or started before the first question. */
export class EngineConnection extends Disposable implements Engine {
  readonly #engine: string;
  readonly #log: vscode.LogOutputChannel;
  #client: Promise<EngineClient> | undefined;
  #background: Promise<EngineClient> | undefined;

  constructor(extensionUri: vscode.Uri, log: vscode.LogOutputChannel) {
    super();
    this.#engine = vscode.Uri.joinPath(extensionUri, "dist", "engine.mjs").fsPath;
    this.#log = log;
  }

  async outline(file: string, text: string): Promise<Outline> {
    return (await this.#started()).outline(file, text);
  }

  async trace(request: TraceRequest, options: TraceOptions): Promise<TraceSession> {
    return (await this.#started()).trace(request, options);
  }

  async tryOut(request: TraceRequest, options: { readonly cancellation?: AbortSignal }): Promise<TraceSession> {
    this.#background ??= import("../engine/process/client.ts").then(
      (module) => new module.EngineClient({ engine: this.#engine, background: true }),
    );
    return (await this.#background).trace(request, options);
  }

  async check(request: CheckRequest, options: CheckOptions): Promise<CheckSummary> {
    return (await this.#started()).check(request, options);
  }

  async train(request: Omit<TrainRequest, "executor">, options: TrainOptions): Promise<TrainAnswer> {
    return (await this.#started()).train(request, options);
  }

  restart(): void {
    for (const each of [this.#client, this.#background]) void each?.then((client) => client.restart());
  }

  override dispose(): void {
    for (const each of [this.#client, this.#background]) void each?.then((client) => client.dispose());
    super.dispose();
  }

  #started(): Promise<EngineClient> {
    this.#client ??= import("../engine/process/client.ts").then((module) => {
      // What the model prints stands in the log, as it would in a terminal.
      const onOutput = (text: string) => this.#log.info(`› ${text.trimEnd()}`);
      return new module.EngineClient({ engine: this.#engine, spare: true, onOutput });
    });
    return this.#client;
  }
}
