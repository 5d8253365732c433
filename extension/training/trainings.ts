/** Every model that is, or was, trained in this window, and its page. */
import path from "node:path";
import * as vscode from "vscode";
import { Disposable } from "../disposable.ts";
import { toRange } from "../convert.ts";
import { extensionId, views } from "../ids.ts";
import { restoredTabs } from "../restoredTabs.ts";
import type { Engine } from "../engine.ts";
import type { SettingsStore } from "../settings.ts";
import { TextMapping } from "../textMapping.ts";
import type { Diagnostic, SourceRange } from "../../engine/process/protocol.ts";
import { findGpu, PageExecutor, type GpuPage } from "./gpu.ts";
import { TrainingPanel } from "./panel.ts";
import type { TrainingAct, TrainingState } from "./protocol.ts";
import { shownFileOf } from "./savedRuns.ts";
import { actLabels, changedSince, outcome, untrusted } from "./texts.ts";
import { Training } from "./training.ts";
import { isTrainingMemory } from "./validate.ts";

export interface TrainingServices {
  readonly extensionUri: vscode.Uri;
  readonly engine: Pick<Engine, "train">;
  readonly settings: SettingsStore;
  readonly problems: { tell(teller: string, found: readonly Diagnostic[]): void };
  readonly log: vscode.LogOutputChannel;
}

interface Entry {
  readonly training: Training;
  panel?: TrainingPanel;
  /** The text has changed since the run began. */
  stale: boolean;
}

export interface TrainWishes {
  readonly continues?: boolean;
  readonly onCpu?: boolean;
}

export class Trainings extends Disposable implements vscode.WebviewPanelSerializer {
  readonly #services: TrainingServices;
  readonly #entries = new Map<string, Entry>();
  readonly #changed = this.register(new vscode.EventEmitter<Training>());
  readonly #reported = this.register(new vscode.EventEmitter<Training>());
  /** A run has begun, ended, or got another state. */
  readonly onDidChange = this.#changed.event;
  readonly onDidReport = this.#reported.event;

  constructor(services: TrainingServices) {
    super();
    this.#services = services;
    this.register(vscode.window.registerWebviewPanelSerializer(views.training, this));
    this.register(
      services.settings.onDidChange(({ digits }) => {
        for (const { panel } of this.#entries.values()) panel?.settings(digits);
      }),
    );
    this.register(
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        for (const entry of this.#entries.values()) entry.panel?.show(shown(entry));
      }),
    );
    this.register(vscode.workspace.onDidChangeTextDocument(({ document }) => this.#edited(document)));
    // What was wrong with a text that has been changed and saved since may not be wrong any more.
    this.register(vscode.workspace.onDidSaveTextDocument((document) => this.#saved(document)));
  }

  get busy(): readonly Training[] {
    return [...this.#entries.values()].map(({ training }) => training).filter(({ busy }) => busy);
  }

  /** The one whose page has the focus. */
  get active(): Training | undefined {
    return [...this.#entries.values()].find(({ panel }) => panel?.active === true)?.training;
  }

  find(uri: vscode.Uri, model: string): Training | undefined {
    return this.#entries.get(keyOf(uri, model))?.training;
  }

  /** The graphics card of a training's page that is open and does nothing; undefined where there is none. */
  async gpuAtHand(): Promise<PageExecutor | undefined> {
    const idle = [...this.#entries.values()].find(({ training, panel }) => panel !== undefined && !training.busy);
    if (!idle?.panel) return undefined;
    const found = await findGpu(idle.panel).catch(() => undefined);
    return found && "renderer" in found ? new PageExecutor(idle.panel, found) : undefined;
  }

  /** Trains the document's text as it is now, in the page beside it. */
  async train(document: vscode.TextDocument, model: string, wishes: TrainWishes = {}): Promise<void> {
    if (!(await mayTrain())) return;
    const entry = this.#entry(document.uri, model);
    const { training } = entry;
    if (training.busy) {
      await this.#alreadyRunning(entry);
      return;
    }
    this.#open(entry).reveal();
    this.#services.problems.tell(tellerOf(training), []);
    entry.stale = false;
    const { limits, trainDevice } = this.#services.settings.current;
    const { continues = false, onCpu = false } = wishes;
    this.#services.log.info(`Training ${model} of ${training.file}${continues ? ", continued" : ""}.`);
    await training.train({ text: document.getText(), device: trainDevice, onCpu, continues, limits });
    this.#ended(entry);
  }

  /** Opens the page, with what an earlier run has left. */
  async show(uri: vscode.Uri, model: string): Promise<void> {
    const entry = this.#entry(uri, model);
    this.#open(entry).reveal();
    await entry.training.restore();
  }

  stopAll(): void {
    for (const training of this.busy) training.stop();
  }

  async deserializeWebviewPanel(webview: vscode.WebviewPanel, memory: unknown): Promise<void> {
    if (!isTrainingMemory(memory)) {
      webview.dispose();
      return;
    }
    const entry = this.#entry(vscode.Uri.file(memory.file), memory.model);
    if (entry.panel !== undefined) {
      // The page that is open already may be training.
      webview.dispose();
      entry.panel.reveal();
      return;
    }
    this.#adopt(entry, webview);
    await entry.training.restore();
  }

  override dispose(): void {
    for (const { panel, training } of [...this.#entries.values()]) {
      training.stop();
      panel?.dispose();
    }
    super.dispose();
  }

  // ------------------------------------------------------------------------------------------------ models and pages

  #entry(uri: vscode.Uri, model: string): Entry {
    const key = keyOf(uri, model);
    const known = this.#entries.get(key);
    if (known) return known;
    const opened = () => this.#open(entry);
    const page: GpuPage = {
      findGpu: () => opened().findGpu(),
      call: (call) => opened().call(call),
      release: () => entry.panel?.release(),
    };
    const training = new Training({
      file: uri.fsPath,
      model,
      workspace: vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath,
      engine: this.#services.engine,
      page,
      listener: {
        changed: (changed) => {
          entry.panel?.show(shown(entry));
          this.#changed.fire(changed);
        },
        reported: (reported, report) => {
          entry.panel?.report(report);
          this.#reported.fire(reported);
        },
        redrawn: ({ curves, latest }) => entry.panel?.redraw(curves, latest),
      },
    });
    const entry: Entry = { training, stale: false };
    this.#entries.set(key, entry);
    return entry;
  }

  #open(entry: Entry): TrainingPanel {
    if (entry.panel) return entry.panel;
    const title = `Training: ${entry.training.model}`;
    const namesake = [...this.#entries.values()].some(
      ({ panel, training }) => panel !== undefined && training.model === entry.training.model,
    );
    const old = namesake ? [] : restoredTabs(views.training, title);
    const webview = vscode.window.createWebviewPanel(
      views.training,
      title,
      { viewColumn: old[0]?.group.viewColumn ?? vscode.ViewColumn.Beside, preserveFocus: true },
      // The graphics card works in it also while something else is shown.
      { retainContextWhenHidden: true },
    );
    if (old.length > 0) void vscode.window.tabGroups.close(old, true);
    return this.#adopt(entry, webview);
  }

  #adopt(entry: Entry, webview: vscode.WebviewPanel): TrainingPanel {
    entry.panel?.dispose();
    const { training } = entry;
    const { settings } = this.#services;
    const panel = new TrainingPanel(webview, this.#services, {
      ready: () => {
        panel.settings(settings.current.digits);
        panel.show(shown(entry));
        panel.redraw(training.curves, training.latest);
      },
      received: (message) => {
        const work = message.type === "act" ? this.#act(entry, message.act) : this.#reveal(entry, message.source);
        work.catch((error: unknown) => {
          this.#services.log.error(error instanceof Error ? error : String(error));
          void vscode.window.showErrorMessage(`Adjoint: ${error instanceof Error ? error.message : String(error)}`);
        });
      },
      closed: () => {
        if (entry.panel === panel) delete entry.panel;
      },
    });
    entry.panel = panel;
    return panel;
  }

  // ------------------------------------------------------------------------------------------------------------- acts

  async #act(entry: Entry, act: TrainingAct): Promise<void> {
    const { training } = entry;
    switch (act) {
      case "train":
        return this.train(await documentOf(training), training.model);
      case "continue":
        return this.train(await documentOf(training), training.model, { continues: true });
      case "trainOnCpu":
        return this.train(await documentOf(training), training.model, { onCpu: true });
      case "continueOnCpu":
        return this.train(await documentOf(training), training.model, { onCpu: true, continues: true });
      case "stop":
        training.stop();
        return;
      case "showModel":
        await vscode.window.showTextDocument(await documentOf(training), { viewColumn: otherColumn(entry.panel) });
        return;
      case "showSaved":
        return showSaved(training);
      case "openSettings":
        await vscode.commands.executeCommand("workbench.action.openSettings", `@ext:${extensionId} train`);
        return;
      case "showLog":
        this.#services.log.show();
        return;
      case "manageTrust":
        await vscode.commands.executeCommand("workbench.trust.manage");
        return;
    }
  }

  /** Places are those of the text that ran. */
  async #reveal({ training, panel }: Entry, source: SourceRange): Promise<void> {
    const document = await vscode.workspace.openTextDocument(source.file);
    const own = source.file === training.file && training.text !== undefined;
    const place = own ? new TextMapping(training.text!, document.getText()).forwardRange(source) : source;
    const selection = place === undefined ? {} : { selection: toRange(place) };
    await vscode.window.showTextDocument(document, { viewColumn: otherColumn(panel), ...selection });
  }

  async #alreadyRunning(entry: Entry): Promise<void> {
    const { training } = entry;
    const chosen = await vscode.window.showInformationMessage(
      `${training.model} is being trained already: stop that run before another one.`,
      "Show",
      "Stop",
    );
    if (chosen === "Show") this.#open(entry).reveal();
    if (chosen === "Stop") training.stop();
  }

  #ended(entry: Entry): void {
    const { training, panel } = entry;
    const { state, latest, findings } = training;
    const said = outcome(state, latest);
    if (state.kind === "failed") this.#services.log.error(`Training ${training.model} failed: ${said}`);
    else this.#services.log.info(said);
    this.#services.problems.tell(tellerOf(training), findings);
    if (this.disposed || panel?.visible === true) return;
    const acts: readonly TrainingAct[] = state.kind === "failed" ? state.offers : [];
    const show = "Show";
    const tell = state.kind === "failed" ? vscode.window.showErrorMessage : vscode.window.showInformationMessage;
    void tell(said, ...acts.map((act) => actLabels[act]), show).then(async (chosen) => {
      if (chosen === show) this.#open(entry).reveal();
      const act = acts.find((candidate) => actLabels[candidate] === chosen);
      if (act !== undefined) await this.#act(entry, act);
    });
  }

  #edited(document: vscode.TextDocument): void {
    for (const entry of this.#entries.values()) {
      const { training, panel } = entry;
      if (training.file !== document.uri.fsPath || training.text === undefined) continue;
      const stale = training.text !== document.getText();
      if (stale === entry.stale) continue;
      entry.stale = stale;
      panel?.show(shown(entry));
    }
  }

  #saved(document: vscode.TextDocument): void {
    for (const { training } of this.#entries.values()) {
      if (training.file === document.uri.fsPath && training.text !== document.getText())
        this.#services.problems.tell(tellerOf(training), []);
    }
  }
}

/** Says in one sentence why not, where it may not. */
async function mayTrain(): Promise<boolean> {
  if (vscode.workspace.isTrusted) return true;
  const manage = actLabels.manageTrust;
  if ((await vscode.window.showWarningMessage(untrusted, manage)) === manage)
    await vscode.commands.executeCommand("workbench.trust.manage");
  return false;
}

function shown({ training: { state }, stale }: Entry): TrainingState {
  if (state.kind !== "empty")
    return stale ? { ...state, run: { ...state.run, notices: [...state.run.notices, changedSince] } } : state;
  if (vscode.workspace.isTrusted) return state;
  const title = "This folder is not trusted";
  return { kind: "empty", reason: "untrusted", title, text: untrusted, offer: "manageTrust" };
}

async function documentOf({ file }: Training): Promise<vscode.TextDocument> {
  return vscode.workspace.openTextDocument(file);
}

async function showSaved({ state }: Training): Promise<void> {
  if (!("run" in state) || state.run.folder === undefined) return;
  const uri = vscode.Uri.file(await shownFileOf(state.run.folder));
  if (vscode.workspace.getWorkspaceFolder(uri)) await vscode.commands.executeCommand("revealInExplorer", uri);
  else await vscode.commands.executeCommand("vscode.open", uri);
}

/** Not on top of the page itself. */
function otherColumn(panel: TrainingPanel | undefined): vscode.ViewColumn {
  return panel?.column === vscode.ViewColumn.One ? vscode.ViewColumn.Beside : vscode.ViewColumn.One;
}

function keyOf(uri: vscode.Uri, model: string): string {
  return `${path.normalize(uri.fsPath)}\n${model}`;
}

function tellerOf({ file, model }: Training): string {
  return `training ${model} ${file}`;
}
