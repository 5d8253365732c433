import path from "node:path";
import * as vscode from "vscode";
import { randomBytes } from "node:crypto";
import type { Diagnostic } from "../../engine/process/protocol.ts";
import { fromPosition } from "../convert.ts";
import { Disposable } from "../disposable.ts";
import type { SettingsStore } from "../settings.ts";
import type { FixActions } from "../fixes/fixActions.ts";
import { hasModel, isModelFile } from "../models.ts";
import type { TraceRun } from "../trace.ts";
import type { Traces } from "../traces.ts";
import { act, savePicture } from "./acts.ts";
import { page } from "./html.ts";
import { Mark } from "./mark.ts";
import type { Ask, FromPanel, PanelCommand, PanelMemory, PanelState, ToPanel } from "./protocol.ts";
import { panelState, type PanelFacts } from "./state.ts";
import { isFromPanel } from "./validate.ts";
import { pack, unpack } from "./wire.ts";

export interface PanelServices {
  readonly extensionUri: vscode.Uri;
  readonly traces: Traces;
  readonly settings: SettingsStore;
  readonly fixActions: FixActions;
  readonly log: vscode.LogOutputChannel;
}

/** A cursor that runs through the text asks once it rests. */
const cursorDelay = 80;

/** The graph of one file beside its editor. Follows the active editor unless it is pinned. */
export class Panel extends Disposable {
  readonly #panel: vscode.WebviewPanel;
  readonly #services: PanelServices;
  readonly #mark = this.register(new Mark());
  readonly #open = new Set<number>();
  /** The page is there and listens. */
  #listening = false;
  #document: vscode.TextDocument | undefined;
  #hasModel: boolean | undefined;
  #function: string | undefined;
  #pinned = false;
  #pin: vscode.Disposable | undefined;
  #sent: PanelState | undefined;
  #selected: { readonly function: string; readonly nodes: readonly number[]; readonly reveal?: boolean } | undefined;
  /** To be looked at as soon as it is shown. */
  #finding: Diagnostic | undefined;
  /** For the page, as soon as it listens. */
  #command: PanelCommand | undefined;
  #cursorTimer: NodeJS.Timeout | undefined;

  constructor(panel: vscode.WebviewPanel, services: PanelServices) {
    super();
    this.#panel = panel;
    this.#services = services;
    const { traces, settings } = services;
    this.register(panel.webview.onDidReceiveMessage((message) => this.#receive(message)));
    this.register(panel.onDidDispose(() => this.dispose()));
    this.register(
      panel.onDidChangeViewState(() => {
        // A hidden page is thrown away, and asks anew when it is shown again.
        if (!panel.visible) this.#listening = false;
      }),
    );
    this.register(traces.onDidChange((uri) => uri.toString() === this.#document?.uri.toString() && this.#update()));
    this.register(traces.onDidStart((run) => this.#watch(run)));
    this.register(settings.onDidChange(() => this.#postSettings()));
    this.register(vscode.workspace.onDidGrantWorkspaceTrust(() => this.#update()));
    this.register(vscode.window.onDidChangeActiveTextEditor((editor) => void this.#follow(editor)));
    this.register(vscode.workspace.onDidOpenTextDocument((document) => this.#reopened(document)));
    this.register(vscode.window.onDidChangeTextEditorSelection((event) => this.#cursorMoved(event)));
    panel.webview.options = {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(services.extensionUri, "dist", "webview")],
    };
    const icon = (theme: "light" | "dark") => vscode.Uri.joinPath(services.extensionUri, "media", `panel-${theme}.svg`);
    panel.iconPath = { light: icon("light"), dark: icon("dark") };
    panel.webview.html = this.#html();
  }

  /** Shows a function of a file, and a node of its graph. */
  async show(document: vscode.TextDocument, name?: string, node?: number): Promise<void> {
    this.#setDocument(document);
    if (name !== undefined) this.#function = name;
    this.#selected =
      name !== undefined && node !== undefined ? { function: name, nodes: [node], reveal: true } : undefined;
    const outline = await this.#services.traces.outline(document);
    if (this.disposed || document !== this.#document) return;
    this.#hasModel = hasModel(outline);
    this.#update();
    this.#postSelection();
    if (this.#hasModel && this.#services.traces.state(document.uri).kind === "untraced")
      void this.#services.traces.run(document);
  }

  /** Looks at one of the findings in a function of a file, or in the file as a whole. */
  async showFinding(document: vscode.TextDocument, name: string | undefined, finding: Diagnostic): Promise<void> {
    this.#finding = finding;
    await this.show(document, name);
  }

  get isActive(): boolean {
    return this.#panel.active;
  }

  command(command: PanelCommand): void {
    this.#command = command;
    this.#postCommand();
  }

  reveal(): void {
    this.#panel.reveal(undefined, true);
  }

  /** Puts back what stood here before the window was reloaded. */
  async restore({ file, function: name, pinned }: PanelMemory): Promise<void> {
    this.#function = name;
    this.#setPinned(pinned);
    try {
      await this.show(await vscode.workspace.openTextDocument(file), name);
    } catch {
      // The file is gone; the empty state says what to do.
      this.#update();
    }
  }

  /** Follows `editor`, where it holds a model. */
  async #follow(editor: vscode.TextEditor | undefined): Promise<void> {
    if (!editor || this.#pinned || editor.document === this.#document || !isModelFile(editor.document)) return;
    const outline = await this.#services.traces.outline(editor.document);
    if (this.disposed || !hasModel(outline) || vscode.window.activeTextEditor !== editor) return;
    this.#function = undefined;
    await this.show(editor.document);
  }

  /** A file that is closed and opened again is another document: the one known so far keeps its old text for ever. */
  #reopened(document: vscode.TextDocument): void {
    if (document.uri.toString() !== this.#document?.uri.toString()) return;
    this.#document = document;
    this.#update();
  }

  #setDocument(document: vscode.TextDocument): void {
    if (this.#document?.uri.toString() === document.uri.toString()) {
      this.#document = document;
      return;
    }
    this.#mark.clear();
    this.#document = document;
    this.#hasModel = undefined;
    this.#function = undefined;
    this.#panel.title = `Graph: ${path.basename(document.uri.fsPath)}`;
    this.#pin?.dispose();
    this.#pin = this.#services.traces.pin(document.uri);
  }

  #setPinned(pinned: boolean): void {
    this.#pinned = pinned;
  }

  override dispose(): void {
    this.#listening = false;
    clearTimeout(this.#cursorTimer);
    this.#pin?.dispose();
    this.#panel.dispose();
    super.dispose();
  }

  #watch(run: TraceRun): void {
    const listening = run.onProgress((progress) => {
      if (run.uri.toString() === this.#document?.uri.toString()) this.#post({ type: "progress", progress });
    });
    void run.ended.then(() => void listening.dispose());
  }

  // ------------------------------------------------------------------------------------------------- what is shown

  #facts(): PanelFacts {
    const trusted = vscode.workspace.isTrusted;
    const document = this.#document;
    if (!document) return { trusted };
    const state = this.#services.traces.state(document.uri);
    const trace = this.#services.traces.trace(document.uri);
    return {
      trusted,
      file: {
        path: document.uri.fsPath,
        name: path.basename(document.uri.fsPath),
        state: state.kind,
        hasModel: this.#hasModel,
        failure: state.kind === "failed" ? state.diagnostics : [],
        pinned: this.#pinned,
        ...(trace
          ? {
              trace: {
                id: trace.id,
                text: trace.text,
                summary: trace.summary,
                tryingFixes: trace.tryingFixes,
                stale: this.#services.traces.isStale(document),
                unsaved: this.#services.traces.unsavedImport(document),
              },
            }
          : {}),
        ...(this.#function === undefined ? {} : { function: this.#function }),
      },
    };
  }

  #update(): void {
    if (!this.#listening) return;
    const state = panelState(this.#facts());
    const before = this.#sent;
    if (before && JSON.stringify(before) === JSON.stringify(state)) return;
    this.#sent = state;
    if (
      before?.kind === "ready" &&
      state.kind === "ready" &&
      JSON.stringify({ ...before, stale: state.stale }) === JSON.stringify(state)
    ) {
      this.#post({ type: "stale", trace: state.trace, stale: state.stale });
      return;
    }
    this.#post({ type: "show", state });
    if (this.#document && this.#services.traces.state(this.#document.uri).kind !== "tracing")
      this.#post({ type: "progress", progress: undefined });
  }

  #postSettings(): void {
    const { digits, graphBudget } = this.#services.settings.current;
    this.#post({ type: "settings", settings: { digits, budget: graphBudget } });
  }

  #postSelection(): void {
    if (this.#sent?.kind !== "ready" || !this.#listening) return;
    const { trace, diagnostics } = this.#sent;
    if (this.#selected) {
      this.#post({ type: "select", trace, ...this.#selected });
      // Once: a person may close the groups again.
      this.#selected = { function: this.#selected.function, nodes: this.#selected.nodes };
    }
    const finding = this.#finding;
    if (!finding) return;
    const index = diagnostics.findIndex((each) => isSame(each, finding));
    if (index >= 0) this.#post({ type: "finding", trace, diagnostic: index });
    this.#finding = undefined;
  }

  #postCommand(): void {
    if (!this.#listening || this.#command === undefined) return;
    this.#post({ type: "command", command: this.#command });
    this.#command = undefined;
  }

  #post(message: ToPanel): void {
    if (this.#listening) void this.#panel.webview.postMessage(pack(message));
  }

  // -------------------------------------------------------------------------------------------- editor → selection

  #cursorMoved({ textEditor, kind }: vscode.TextEditorSelectionChangeEvent): void {
    if (textEditor.document !== this.#document || kind === undefined) return;
    clearTimeout(this.#cursorTimer);
    this.#cursorTimer = setTimeout(() => void this.#selectAt(textEditor).catch(() => undefined), cursorDelay);
  }

  async #selectAt({ document, selection }: vscode.TextEditor): Promise<void> {
    const trace = this.#services.traces.trace(document.uri);
    const position = trace?.mapping(document).back(fromPosition(selection.active));
    if (!trace || !position || document !== this.#document) return;
    const found = await this.#services.traces.ask(trace, "nodesAt", { position });
    if (!found || this.#services.traces.trace(document.uri) !== trace) return;
    this.#mark.clear();
    this.#selected = found;
    this.#function = found.function;
    this.#update();
    this.#postSelection();
  }

  // ---------------------------------------------------------------------------------------------- page → extension

  #receive(raw: unknown): void {
    const message = unpack(raw);
    if (!isFromPanel(message)) {
      this.#services.log.warn(
        `The panel's page sent something that is no message: ${JSON.stringify(raw).slice(0, 200)}`,
      );
      return;
    }
    this.#handle(message).catch((error: unknown) =>
      this.#services.log.error(error instanceof Error ? error : String(error)),
    );
  }

  async #handle(message: FromPanel): Promise<void> {
    switch (message.type) {
      case "ready":
        this.#listening = true;
        this.#sent = undefined;
        this.#postSettings();
        this.#update();
        this.#postSelection();
        this.#postCommand();
        return;
      case "ask":
        return this.#answer(message.id, () => this.#ask(message));
      case "save":
        return this.#answer(message.id, () => savePicture(message, this.#document?.uri));
      case "cancel":
        if (this.#open.delete(message.id))
          this.#post({
            type: "answer",
            id: message.id,
            result: { error: "The request was withdrawn.", cancelled: true },
          });
        return;
      case "reveal":
        return this.#reveal(message);
      case "unmark":
        this.#mark.clear();
        return;
      case "function":
        this.#function = message.function;
        this.#selected = undefined;
        this.#update();
        return;
      case "pin":
        this.#setPinned(message.pinned);
        this.#update();
        return;
      case "act":
        return act(message.act, this.#services, this.#document);
      case "fix":
        return this.#fix(message);
      case "copy":
        await vscode.env.clipboard.writeText(message.text);
        return;
      case "log":
        this.#services.log[({ error: "error", warning: "warn", information: "info" } as const)[message.level]](
          `Panel: ${message.message}`,
        );
        return;
    }
  }

  async #answer(id: number, give: () => Promise<unknown>): Promise<void> {
    this.#open.add(id);
    const result = await give().then(
      (ok) => ({ ok }),
      (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
    );
    // Withdrawn meanwhile, and answered then.
    if (this.#open.delete(id)) this.#post({ type: "answer", id, result });
  }

  async #ask({ trace: id, method, params }: Ask): Promise<unknown> {
    const trace = this.#document && this.#services.traces.trace(this.#document.uri);
    if (trace?.id !== id) throw new Error("This trace has been replaced by a newer one.");
    return this.#services.traces.ask(trace, method, params);
  }

  async #reveal({ trace: id, target, focus }: Extract<FromPanel, { type: "reveal" }>): Promise<void> {
    const trace = this.#document && this.#services.traces.trace(this.#document.uri);
    if (!trace || !this.#document || trace.id !== id) return;
    const traced =
      "source" in target ? target.source : (await this.#services.traces.ask(trace, "details", target)).source;
    const here = traced.file === this.#document.uri.fsPath;
    const source = here ? trace.mapping(this.#document).forwardRange(traced) : traced;
    if (source) await this.#mark.show(source, this.#panel.viewColumn, focus);
  }

  async #fix({ trace: id, diagnostic, fix: index, preview }: Extract<FromPanel, { type: "fix" }>): Promise<void> {
    const trace = this.#document && this.#services.traces.trace(this.#document.uri);
    if (!trace || !this.#document || trace.id !== id || this.#sent?.kind !== "ready" || this.#sent.trace !== id) return;
    const fix = this.#sent.diagnostics[diagnostic]?.fixes?.[index];
    const { fixActions } = this.#services;
    if (!fix) return;
    if (preview) await fixActions.preview(this.#document.uri, trace, fix);
    else await fixActions.apply(this.#document.uri, trace, fix);
  }

  #html(): string {
    const { webview } = this.#panel;
    const asset = (name: string) =>
      webview.asWebviewUri(vscode.Uri.joinPath(this.#services.extensionUri, "dist", "webview", name)).toString();
    return page({
      nonce: randomBytes(16).toString("hex"),
      source: webview.cspSource,
      script: asset("main.js"),
      styles: [asset("codicon.css"), asset("main.css")],
      layoutWorker: asset("layoutWorker.js"),
    });
  }
}

/** Fixes may have joined it meanwhile. */
function isSame(a: Diagnostic, b: Diagnostic): boolean {
  return a.code === b.code && a.message === b.message && a.source.line === b.source.line;
}
