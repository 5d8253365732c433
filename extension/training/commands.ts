import * as vscode from "vscode";
import { Disposable } from "../disposable.ts";
import { commands } from "../ids.ts";
import { aroundCursor, modelDocument } from "../modelDocument.ts";
import { trainableModels } from "../models.ts";
import { registerCommand } from "../registerCommand.ts";
import type { Traces } from "../traces.ts";
import type { Training } from "./training.ts";
import type { Trainings } from "./trainings.ts";

interface Chosen {
  readonly document: vscode.TextDocument;
  readonly model: string;
}

const noModel =
  "There is no model to train in this file: export one, as export const model = defineModel({ parameters, data, loss, optimizer }).";

/** What the palette, the menus and the lenses do about training. */
export class TrainingCommands extends Disposable {
  readonly #trainings: Trainings;
  readonly #traces: Traces;

  constructor(trainings: Trainings, traces: Traces, log: vscode.LogOutputChannel) {
    super();
    this.#trainings = trainings;
    this.#traces = traces;
    const add = (id: string, run: (uri?: vscode.Uri, model?: string) => unknown) =>
      this.register(registerCommand(id, log, run));
    add(commands.train, (uri, model) =>
      this.#with(uri, model, (chosen) => trainings.train(chosen.document, chosen.model)),
    );
    add(commands.continueTraining, (uri, model) =>
      this.#with(uri, model, (chosen) => trainings.train(chosen.document, chosen.model, { continues: true })),
    );
    add(commands.showTraining, (uri, model) =>
      this.#with(uri, model, (chosen) => trainings.show(chosen.document.uri, chosen.model)),
    );
    add(commands.stopTraining, (uri, model) => this.#stop(uri, model));
  }

  async #with(
    uri: vscode.Uri | undefined,
    model: string | undefined,
    act: (chosen: Chosen) => Promise<void>,
  ): Promise<void> {
    const chosen = await this.#choose(uri, model);
    if (chosen) await act(chosen);
  }

  /** The model named, that of the page in front, the one around the cursor, the only one, or the one the person picks. */
  async #choose(uri: vscode.Uri | undefined, model: unknown): Promise<Chosen | undefined> {
    const { active } = this.#trainings;
    if (active && !(uri instanceof vscode.Uri))
      return { document: await vscode.workspace.openTextDocument(active.file), model: active.model };
    const document = await modelDocument(uri);
    if (!document) return undefined;
    if (typeof model === "string") return { document, model };
    const outline = await this.#traces.outline(document);
    const models = trainableModels(outline);
    const found = aroundCursor(document, models) ?? (models.length === 1 ? models[0] : undefined);
    if (found) return { document, model: found.name };
    if (models.length === 0) {
      const [problem] = outline.diagnostics.filter(({ severity }) => severity === "error");
      void vscode.window.showInformationMessage(problem?.message ?? noModel);
      return undefined;
    }
    const picked = await vscode.window.showQuickPick(
      models.map(({ name, nameSource }) => ({ label: name, description: `line ${nameSource.line}` })),
      { title: "Adjoint", placeHolder: "Which model?" },
    );
    return picked && { document, model: picked.label };
  }

  async #stop(uri: vscode.Uri | undefined, model: unknown): Promise<void> {
    const named = uri instanceof vscode.Uri && typeof model === "string" ? this.#trainings.find(uri, model) : undefined;
    const training = named ?? (await this.#chooseRunning());
    training?.stop();
  }

  async #chooseRunning(): Promise<Training | undefined> {
    const { active, busy } = this.#trainings;
    if (active?.busy === true) return active;
    if (busy.length <= 1) return busy[0];
    const picked = await vscode.window.showQuickPick(
      busy.map((training) => ({ label: training.model, description: training.file, training })),
      { title: "Adjoint", placeHolder: "Which run is to stop?" },
    );
    return picked?.training;
  }
}
