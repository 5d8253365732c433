import * as vscode from "vscode";
import { Disposable } from "../disposable.ts";
import { commands, contexts } from "../ids.ts";
import { isModelFile, trainableModels } from "../models.ts";
import type { Traces } from "../traces.ts";
import { statusLines, statusText } from "./texts.ts";
import type { Trainings } from "./trainings.ts";

/** The runs that go on, in the status bar, and what `when` clauses ask about training. */
export class TrainingStatus extends Disposable {
  readonly #item = this.register(
    vscode.window.createStatusBarItem("adjoint.training", vscode.StatusBarAlignment.Right, 91),
  );
  readonly #trainings: Trainings;
  readonly #traces: Traces;

  constructor(trainings: Trainings, traces: Traces) {
    super();
    this.#trainings = trainings;
    this.#traces = traces;
    this.#item.name = "Adjoint Training";
    this.register(trainings.onDidChange(() => this.#update()));
    this.register(trainings.onDidReport(() => this.#update()));
    const editor = () => void this.#updateEditor();
    this.register(vscode.window.onDidChangeActiveTextEditor(editor));
    this.register(traces.onDidChange(editor));
    this.#update();
    editor();
  }

  #update(): void {
    const { busy } = this.#trainings;
    void vscode.commands.executeCommand("setContext", contexts.isTraining, busy.length > 0);
    const [first] = busy;
    if (first === undefined) {
      this.#item.hide();
      return;
    }
    const { state, latest, pace, file, model } = first;
    const more = busy.length > 1 ? ` (+${busy.length - 1})` : "";
    this.#item.text = statusText(state, latest, pace) + more;
    const lines = busy.flatMap((each) => statusLines(each.state, each.latest, each.pace));
    const tooltip = new vscode.MarkdownString("", true);
    tooltip.isTrusted = { enabledCommands: [commands.stopTraining, commands.showTraining] };
    tooltip.appendText(lines.join("\n"));
    const stop = encodeURIComponent(JSON.stringify([vscode.Uri.file(file), model]));
    tooltip.appendMarkdown(`\n\n[Stop](command:${commands.stopTraining}?${stop})`);
    this.#item.tooltip = tooltip;
    this.#item.command = {
      command: commands.showTraining,
      title: "Show Training",
      arguments: [vscode.Uri.file(file), model],
    };
    this.#item.accessibilityInformation = { label: lines.join(", "), role: "button" };
    this.#item.show();
  }

  async #updateEditor(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    // The page or the output has the focus: the file it speaks of is still the one beside it.
    if (!document && vscode.window.visibleTextEditors.length > 0) return;
    const trainable =
      document !== undefined &&
      isModelFile(document) &&
      trainableModels(await this.#traces.outline(document)).length > 0;
    if (vscode.window.activeTextEditor?.document !== document) return;
    void vscode.commands.executeCommand("setContext", contexts.hasTrainable, trainable);
  }
}
