import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { ExecutorCall, TrainingReport } from "../../engine/process/trainingProtocol.ts";
import { Disposable } from "../disposable.ts";
import { page } from "../panel/html.ts";
import { pack, unpack } from "../panel/wire.ts";
import { PageError, UnsupportedError, type GpuPage } from "./gpu.ts";
import type { Curves } from "./history.ts";
import type { FromTrainingPage, ToTrainingPage, TrainingState } from "./protocol.ts";
import { pageReloaded, panelClosed } from "./texts.ts";
import { isFromTrainingPage } from "./validate.ts";

/** What the page's messages lead to. */
export interface PanelOwner {
  readonly received: (message: Exclude<FromTrainingPage, { type: "ready" | "answer" | "log" }>) => void;
  /** The page listens, for the first time or anew. */
  readonly ready: () => void;
  readonly closed: () => void;
}

interface Pending {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (reason: Error) => void;
}

/** The page is a file of the extension: one that has not loaded in this time does not come. */
const loadedWithinMs = 20_000;

/** The page of one model: curves, and the graphics card. */
export class TrainingPanel extends Disposable implements GpuPage {
  readonly #panel: vscode.WebviewPanel;
  readonly #extensionUri: vscode.Uri;
  readonly #log: vscode.LogOutputChannel;
  readonly #owner: PanelOwner;
  readonly #pending = new Map<number, Pending>();
  readonly #waiting: Pending[] = [];
  #listening = false;
  #lastId = 0;

  constructor(
    panel: vscode.WebviewPanel,
    services: { readonly extensionUri: vscode.Uri; readonly log: vscode.LogOutputChannel },
    owner: PanelOwner,
  ) {
    super();
    this.#panel = panel;
    this.#extensionUri = services.extensionUri;
    this.#log = services.log;
    this.#owner = owner;
    this.register(panel.webview.onDidReceiveMessage((message) => this.#receive(message)));
    this.register(panel.onDidDispose(() => this.dispose()));
    panel.webview.options = {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(services.extensionUri, "dist", "webview")],
    };
    const icon = (theme: "light" | "dark") =>
      vscode.Uri.joinPath(services.extensionUri, "media", `training-${theme}.svg`);
    panel.iconPath = { light: icon("light"), dark: icon("dark") };
    panel.webview.html = this.#html();
  }

  get visible(): boolean {
    return this.#panel.visible;
  }

  get active(): boolean {
    return this.#panel.active;
  }

  get column(): vscode.ViewColumn | undefined {
    return this.#panel.viewColumn;
  }

  reveal(): void {
    this.#panel.reveal(undefined, true);
  }

  show(state: TrainingState): void {
    this.#post({ type: "show", state });
  }

  redraw(curves: Curves, latest: TrainingReport | undefined): void {
    this.#post({ type: "curves", curves, latest });
  }

  report(report: TrainingReport): void {
    this.#post({ type: "report", report });
  }

  settings(digits: number): void {
    this.#post({ type: "settings", settings: { digits } });
  }

  // ------------------------------------------------------------------------------------------------ the graphics card

  async findGpu(): Promise<unknown> {
    await this.#loaded();
    return this.#ask((id) => ({ type: "findGpu", id }));
  }

  call(call: ExecutorCall): Promise<unknown> {
    return this.#ask((id) => ({ type: "call", id, call }));
  }

  release(): void {
    this.#post({ type: "release" });
  }

  #loaded(): Promise<unknown> {
    if (this.disposed) return Promise.reject(new PageError(panelClosed));
    if (this.#listening) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new PageError("the training panel, which has the GPU, did not load")),
        loadedWithinMs,
      );
      const settle =
        <Value>(give: (value: Value) => void) =>
        (value: Value): void => {
          clearTimeout(timer);
          give(value);
        };
      this.#waiting.push({ resolve: settle(resolve), reject: settle(reject) });
    });
  }

  #ask(message: (id: number) => ToTrainingPage): Promise<unknown> {
    if (this.disposed) return Promise.reject(new PageError(panelClosed));
    if (!this.#listening) return Promise.reject(new PageError(pageReloaded));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#post(message(id));
    });
  }

  /** Nobody will answer any more. */
  #rejectAll(reason: string): void {
    for (const { reject } of this.#pending.values()) reject(new PageError(reason));
    this.#pending.clear();
  }

  override dispose(): void {
    if (this.disposed) return;
    this.#listening = false;
    super.dispose();
    this.#rejectAll(panelClosed);
    for (const { reject } of this.#waiting.splice(0)) reject(new PageError(panelClosed));
    this.#panel.dispose();
    this.#owner.closed();
  }

  // --------------------------------------------------------------------------------------------------------- messages

  #post(message: ToTrainingPage): void {
    if (this.#listening) void this.#panel.webview.postMessage(pack(message));
  }

  #receive(raw: unknown): void {
    const message = unpack(raw);
    if (!isFromTrainingPage(message)) {
      this.#log.warn(`The training page sent something that is no message: ${JSON.stringify(raw).slice(0, 200)}`);
      return;
    }
    switch (message.type) {
      case "ready":
        this.#rejectAll(pageReloaded);
        this.#listening = true;
        this.#owner.ready();
        for (const { resolve } of this.#waiting.splice(0)) resolve(undefined);
        return;
      case "answer": {
        const pending = this.#pending.get(message.id);
        this.#pending.delete(message.id);
        const { result } = message;
        if ("ok" in result) pending?.resolve(result.ok);
        else if ("unsupported" in result) pending?.reject(new UnsupportedError(result.error));
        else pending?.reject(new Error(result.error));
        return;
      }
      case "log":
        this.#log[({ error: "error", warning: "warn", information: "info" } as const)[message.level]](
          `Training page: ${message.message}`,
        );
        return;
      default:
        this.#owner.received(message);
    }
  }

  #html(): string {
    const { webview } = this.#panel;
    const asset = (name: string) =>
      webview.asWebviewUri(vscode.Uri.joinPath(this.#extensionUri, "dist", "webview", name)).toString();
    return page({
      nonce: randomBytes(16).toString("hex"),
      source: webview.cspSource,
      script: asset("training.js"),
      styles: [asset("codicon.css"), asset("training.css")],
    });
  }
}
