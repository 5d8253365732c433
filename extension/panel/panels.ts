import * as vscode from "vscode";
import type { Diagnostic } from "../../engine/process/protocol.ts";
import { Disposable } from "../disposable.ts";
import { views } from "../ids.ts";
import type { Trace } from "../trace.ts";
import { Panel, type PanelServices } from "./panel.ts";
import { restoredTabs } from "../restoredTabs.ts";
import { isPanelMemory } from "./validate.ts";

/** The one panel there is: made when it is first asked for, and brought back after a reload of the window. */
export class Panels extends Disposable implements vscode.WebviewPanelSerializer {
  readonly #services: PanelServices;
  #panel: Panel | undefined;

  constructor(services: PanelServices) {
    super();
    this.#services = services;
    this.register(vscode.window.registerWebviewPanelSerializer(views.panel, this));
  }

  async show(document: vscode.TextDocument | undefined, name?: string, node?: number): Promise<void> {
    const panel = this.#panel ?? this.#open();
    panel.reveal();
    if (document) await panel.show(document, name, node);
  }

  get isActive(): boolean {
    return this.#panel?.isActive === true;
  }

  /** Shows what the backward pass of a function needs in memory. */
  async showMemory(document: vscode.TextDocument | undefined, name?: string): Promise<void> {
    await this.show(document, name);
    this.#panel?.command("memory");
  }

  /** Looks at one of a trace's findings. */
  async showFinding(document: vscode.TextDocument, trace: Trace, finding: Diagnostic): Promise<void> {
    const traced = trace.functions.find(({ diagnostics }) => diagnostics.includes(finding));
    await this.show(undefined);
    await this.#panel?.showFinding(document, traced?.function, finding);
  }

  async deserializeWebviewPanel(webview: vscode.WebviewPanel, memory: unknown): Promise<void> {
    if (this.#panel) {
      // There is only one, and the person has opened it meanwhile.
      webview.dispose();
      this.#panel.reveal();
      return;
    }
    const panel = this.#adopt(webview);
    if (isPanelMemory(memory)) await panel.restore(memory);
    else if (vscode.window.activeTextEditor) await panel.show(vscode.window.activeTextEditor.document);
  }

  #open(): Panel {
    const old = restoredTabs(views.panel);
    const webview = vscode.window.createWebviewPanel(views.panel, "Graph", {
      viewColumn: old[0]?.group.viewColumn ?? vscode.ViewColumn.Beside,
      preserveFocus: true,
    });
    if (old.length > 0) void vscode.window.tabGroups.close(old, true);
    return this.#adopt(webview);
  }

  #adopt(webview: vscode.WebviewPanel): Panel {
    const panel = new Panel(webview, this.#services);
    this.#panel = panel;
    webview.onDidDispose(() => {
      if (this.#panel === panel) this.#panel = undefined;
    });
    return panel;
  }

  override dispose(): void {
    this.#panel?.dispose();
    super.dispose();
  }
}
