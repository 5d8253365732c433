import path from "node:path";
import * as vscode from "vscode";
import type { FunctionOutline, SourceRange } from "../engine/process/protocol.ts";
import { showActions } from "./actions.ts";
import { outcomeSentence } from "./checkText.ts";
import { toLocation } from "./convert.ts";
import { Disposable } from "./disposable.ts";
import { saveAll, type FixActions } from "./fixes/fixActions.ts";
import { commands, extensionId, walkthrough } from "./ids.ts";
import type { Panels } from "./panel/panels.ts";
import type { InlayValues, SettingsStore } from "./settings.ts";
import { aroundCursor, modelDocument } from "./modelDocument.ts";
import { hasModel, isModel } from "./models.ts";
import { registerCommand } from "./registerCommand.ts";
import type { TestExplorer } from "./testExplorer.ts";
import type { Traces } from "./traces.ts";
import { TrainingCommands } from "./training/commands.ts";
import type { Trainings } from "./training/trainings.ts";

export interface CommandServices {
  readonly traces: Traces;
  readonly settings: SettingsStore;
  readonly panels: Panels;
  readonly fixActions: FixActions;
  readonly tests: TestExplorer;
  readonly trainings: Trainings;
  readonly log: vscode.LogOutputChannel;
}

const nextInlayValues = { off: "names", names: "all", all: "off" } as const satisfies Record<InlayValues, InlayValues>;

/** Everything in the palette, the menus and behind the links. */
export class Commands extends Disposable {
  readonly #services: CommandServices;

  constructor(services: CommandServices) {
    super();
    this.#services = services;
    const { traces, panels, log } = services;
    this.register(new TrainingCommands(services.trainings, traces, log));
    this.#add(commands.trace, (uri?: vscode.Uri) => this.#trace(uri));
    this.#add(commands.retrace, async (uri?: vscode.Uri, changed?: unknown) => {
      if (Array.isArray(changed)) await saveAll(changed.filter((file) => file instanceof vscode.Uri));
      await this.#trace(uri);
    });
    this.#add(commands.stop, (uri?: vscode.Uri) => traces.stop(uri));
    this.#add(commands.showGraph, (uri?: vscode.Uri, name?: string) =>
      this.#showGraph(uri, typeof name === "string" ? name : undefined),
    );
    this.#add(commands.showMemory, (uri?: vscode.Uri) => this.#showMemory(uri));
    this.#add(commands.check, (uri?: vscode.Uri, name?: string) => this.#check(uri, name));
    this.#add(commands.revealInGraph, async (uri: string, name: string, node: number) => {
      await panels.show(await vscode.workspace.openTextDocument(vscode.Uri.parse(uri)), name, node);
    });
    this.#add(commands.showFinding, async (uri: string, id: number, index: number) => {
      const model = vscode.Uri.parse(uri);
      const trace = traces.trace(model);
      const finding = trace?.id === id ? trace.diagnostics[index] : undefined;
      if (trace && finding) await panels.showFinding(await vscode.workspace.openTextDocument(model), trace, finding);
    });
    this.#add(commands.goTo, async (source: SourceRange) => {
      const { uri, range } = toLocation(source);
      await vscode.window.showTextDocument(uri, { selection: range });
    });
    this.#add(commands.previewFix, async (uri: string, id: number, finding: number, fix: number) => {
      const model = vscode.Uri.parse(uri);
      const trace = traces.trace(model);
      const chosen = trace?.id === id ? trace.diagnostics[finding]?.fixes?.[fix] : undefined;
      if (trace && chosen) await services.fixActions.preview(model, trace, chosen);
    });
    this.#add(commands.applyFix, (uri?: vscode.Uri) => services.fixActions.applyPreview(uri));
    this.#add(commands.toggleInlayValues, () => this.#toggleInlayValues());
    this.#add(commands.showActions, () => showActions(services));
    this.#add(commands.showLog, () => log.show());
    this.#add(commands.restartEngine, () => {
      services.trainings.stopAll();
      traces.restart();
      vscode.window.setStatusBarMessage("Adjoint's engine has been restarted.", 3000);
    });
    this.#add(commands.openWalkthrough, () =>
      vscode.commands.executeCommand("workbench.action.openWalkthrough", `${extensionId}#${walkthrough}`, false),
    );
  }

  #add(id: string, run: (...values: never[]) => unknown): void {
    this.register(registerCommand(id, this.#services.log, run));
  }

  async #trace(uri?: vscode.Uri): Promise<void> {
    const document = await modelDocument(uri);
    if (!document || !(await this.#mayRun(document))) return;
    await this.#services.traces.run(document);
  }

  async #showGraph(uri?: vscode.Uri, name?: string): Promise<void> {
    const document = await modelDocument(uri, "quiet");
    await this.#services.panels.show(document, name ?? (document && (await this.#around(document))));
  }

  async #showMemory(uri?: vscode.Uri): Promise<void> {
    // Of what the panel shows, where it is the panel that has been asked.
    if (this.#services.panels.isActive) return this.#services.panels.showMemory(undefined);
    const document = await modelDocument(uri, "quiet");
    await this.#services.panels.showMemory(document, document && (await this.#around(document)));
  }

  /** The function around the cursor. */
  async #around(document: vscode.TextDocument): Promise<string | undefined> {
    const { functions } = await this.#services.traces.outline(document);
    return aroundCursor(document, functions.filter(isModel))?.name;
  }

  /** Of the function named or around the cursor, else of all in the file. */
  async #check(uri?: vscode.Uri, name?: string): Promise<void> {
    const document = await modelDocument(uri);
    if (!document || !(await this.#mayRun(document))) return;
    const checks = await this.#services.tests.check(document, name ?? (await this.#around(document)));
    if (checks.length === 0) return;
    const sentence = outcomeSentence(checks);
    if (checks.every(({ passed }) => passed)) {
      vscode.window.setStatusBarMessage(`$(pass) ${sentence}`, 8000);
      return;
    }
    const show = "Show Details";
    if ((await vscode.window.showErrorMessage(sentence, show)) === show)
      await vscode.commands.executeCommand("workbench.panel.testResults.view.focus");
  }

  async #toggleInlayValues(): Promise<void> {
    const { settings } = this.#services;
    const next = nextInlayValues[settings.current.inlayValues];
    await settings.setInlayValues(next);
    const said = { off: "off", names: "at names", all: "at every expression" }[next];
    vscode.window.setStatusBarMessage(`Inlay values: ${said}`, 3000);
  }

  /** Says in one sentence why not, where it may not. */
  async #mayRun(document: vscode.TextDocument): Promise<boolean> {
    if (!vscode.workspace.isTrusted) {
      const manage = "Manage Workspace Trust";
      const text = "Adjoint has to run a model to trace it, and runs nothing in a folder that you have not trusted.";
      if ((await vscode.window.showWarningMessage(text, manage)) === manage)
        await vscode.commands.executeCommand("workbench.trust.manage");
      return false;
    }
    const outline = await this.#services.traces.outline(document);
    if (hasModel(outline) || outline.diagnostics.some(({ severity }) => severity === "error")) return true;
    void vscode.window.showInformationMessage(nothingToTrace(document, outline.functions));
    return false;
  }
}

function nothingToTrace(document: vscode.TextDocument, functions: readonly FunctionOutline[]): string {
  const name = path.basename(document.uri.fsPath);
  const lacking = functions.flatMap((candidate) =>
    candidate.parameters.filter(({ hasDefault }) => !hasDefault).map((parameter) => ({ candidate, parameter })),
  )[0];
  if (lacking)
    return `${name}: give the parameter ${lacking.parameter.name} of ${lacking.candidate.name} a default. The defaults are the point at which a function is traced.`;
  return `${name} exports no function to trace. Write export function f(x = 1, y = 2) { … }: the defaults are the point at which it is traced.`;
}
