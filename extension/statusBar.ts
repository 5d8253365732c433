import path from "node:path";
import * as vscode from "vscode";
import { Disposable } from "./disposable.ts";
import { commands, contexts } from "./ids.ts";
import type { SettingsStore } from "./settings.ts";
import { status } from "./statusText.ts";
import { hasModel, isModelFile } from "./models.ts";
import type { Traces } from "./traces.ts";

/** The state of the active file, and by a click what can be done about it. */
export class StatusBar extends Disposable {
  readonly #item = this.register(
    vscode.window.createStatusBarItem("adjoint.status", vscode.StatusBarAlignment.Right, 90),
  );
  readonly #traces: Traces;
  readonly #settings: SettingsStore;

  constructor(traces: Traces, settings: SettingsStore) {
    super();
    this.#traces = traces;
    this.#settings = settings;
    this.#item.name = "Adjoint";
    const update = () => void this.#update();
    this.register(traces.onDidChange(update));
    this.register(settings.onDidChange(update));
    this.register(vscode.window.onDidChangeActiveTextEditor(update));
    this.register(vscode.workspace.onDidGrantWorkspaceTrust(update));
    update();
  }

  async #update(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    void vscode.commands.executeCommand("setContext", contexts.tracing, this.#traces.running);
    // The panel or the output has the focus: the file it speaks of is still the one beside it.
    if (!document && vscode.window.visibleTextEditors.length > 0) return;
    const relevant = document !== undefined && isModelFile(document) && (await this.#isRelevant(document));
    if (vscode.window.activeTextEditor?.document !== document) return;
    void vscode.commands.executeCommand("setContext", contexts.hasModel, relevant);
    if (!relevant) {
      this.#item.hide();
      return;
    }
    const trusted = vscode.workspace.isTrusted;
    const { text, tooltip } = status({
      ...this.#facts(document),
      fileName: path.basename(document.uri.fsPath),
      trusted,
    });
    this.#item.text = text;
    this.#item.tooltip = tooltip;
    this.#item.command = trusted ? commands.showActions : "workbench.trust.manage";
    this.#item.accessibilityInformation = { label: `Adjoint: ${tooltip}`, role: "button" };
    this.#item.show();
  }

  async #isRelevant(document: vscode.TextDocument): Promise<boolean> {
    if (this.#traces.state(document.uri).kind !== "untraced") return true;
    return hasModel(await this.#traces.outline(document));
  }

  #facts(document: vscode.TextDocument) {
    const state = this.#traces.state(document.uri);
    const trace = this.#traces.trace(document.uri);
    const unsaved = this.#traces.unsavedImport(document);
    const diagnostics = state.kind === "failed" ? state.diagnostics : (trace?.diagnostics ?? []);
    return {
      state: state.kind,
      functions: trace?.functions ?? [],
      errors: diagnostics.filter(({ severity }) => severity === "error").length,
      findings: diagnostics.filter(({ severity }) => severity !== "information").length,
      stale: this.#traces.isStale(document),
      ...(unsaved === undefined ? {} : { unsaved }),
      digits: this.#settings.current.digits,
    };
  }
}
