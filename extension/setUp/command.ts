import { readFileSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import { Disposable } from "../disposable.ts";
import { commands, languages } from "../ids.ts";
import { planSetUp, SetUpProblem, type Change, type Plan } from "./plan.ts";
import { revert, applyChanges, type Done } from "./workspaceEdit.ts";

/** TypeScript's numbers for "Cannot find module", with and without a hint at `moduleResolution`. */
const moduleNotFound = new Set([2307, 2792]);

/** Makes a folder of the person's ready for models that import from "adjoint". */
export class SetUp extends Disposable implements vscode.CodeActionProvider {
  readonly #extension: vscode.Extension<unknown>;
  readonly #log: vscode.LogOutputChannel;

  constructor(extension: vscode.Extension<unknown>, log: vscode.LogOutputChannel) {
    super();
    this.#extension = extension;
    this.#log = log;
    this.register(vscode.commands.registerCommand(commands.setUpWorkspace, (uri?: vscode.Uri) => this.#run(uri)));
    const files = languages.map((language) => ({ language, scheme: "file" }));
    this.register(
      vscode.languages.registerCodeActionsProvider(files, this, {
        providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
      }),
    );
  }

  /** On `import … from "adjoint"` that TypeScript cannot resolve. */
  provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    const unresolved = diagnostics.filter(
      ({ code, message }) =>
        moduleNotFound.has(Number(typeof code === "object" ? code.value : code)) && /['"]adjoint['"]/.test(message),
    );
    if (unresolved.length === 0) return [];
    const action = new vscode.CodeAction('Set up this workspace for "adjoint"', vscode.CodeActionKind.QuickFix);
    action.diagnostics = unresolved;
    action.isPreferred = true;
    action.command = { title: action.title, command: commands.setUpWorkspace, arguments: [document.uri] };
    return [action];
  }

  /** With `uri`, for that file and at once: its quick fix has said what it does. Else for the workspace, after showing what changes. */
  async #run(uri?: vscode.Uri): Promise<void> {
    await this.#explaining(async () => {
      const folder = await chooseFolder(uri);
      if (!folder) return;
      const plan = this.#plan(folder, uri);
      if (plan.changes.length === 0) {
        void this.#explaining(() => this.#nothingToDo(plan));
        return;
      }
      const changes = uri ? plan.changes : await confirm(plan);
      if (changes && changes.length > 0) await this.#apply(changes);
    });
  }

  #plan(folder: vscode.WorkspaceFolder, uri?: vscode.Uri): Plan {
    const { version } = this.#extension.packageJSON as { version: string };
    const types = readFileSync(
      vscode.Uri.joinPath(this.#extension.extensionUri, "dist", "adjoint.d.ts").fsPath,
      "utf8",
    );
    return planSetUp({ folder: folder.uri.fsPath, types, version, read, ...(uri ? { file: uri.fsPath } : {}) });
  }

  async #apply(changes: readonly Change[]): Promise<void> {
    const done = await applyChanges(changes);
    if (!done) throw new SetUpProblem("VS Code could not write the files: check that the folder is not read-only.");
    for (const { sentence } of changes) this.#log.info(`Set up: ${sentence}`);
    const model = changes.find(({ file, exists }) => !exists && /(?<!\.d)\.ts$/.test(file));
    if (model) await vscode.window.showTextDocument(vscode.Uri.file(model.file), { preview: false });
    void this.#explaining(() => this.#offerUndo(changes, done));
  }

  async #offerUndo(changes: readonly Change[], done: Done): Promise<void> {
    const acts = changes.map(({ sentence }) =>
      sentence.replace(/:.*/, "").replace(/^(\w+?)e? /, (_, verb: string) => `${verb.toLowerCase()}ed `),
    );
    const said = `Adjoint ${acts.join(", ")}.`;
    if ((await vscode.window.showInformationMessage(said, "Undo")) === "Undo") await revert(done);
  }

  async #nothingToDo({ found, model }: Plan): Promise<void> {
    const where = found ? ` The types come from ${vscode.workspace.asRelativePath(found)}.` : "";
    const create = model && "Create a First Model";
    const text = `This workspace is set up: import { … } from "adjoint" type-checks here.${where}`;
    const answer = await vscode.window.showInformationMessage(text, ...(create ? [create] : []));
    if (answer && model) await this.#apply([model]);
  }

  /** What a person can mend is said in a sentence. */
  async #explaining(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof SetUpProblem)) this.#log.error(error instanceof Error ? error : String(error));
      void vscode.window.showErrorMessage(`Adjoint: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** The folder to set up, or undefined where there is none that may be: then the person has been told why. */
async function chooseFolder(uri?: vscode.Uri): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = vscode.workspace.workspaceFolders?.filter(({ uri: { scheme } }) => scheme === "file") ?? [];
  if (folders.length === 0) {
    const open = "Open Folder…";
    const text = "Open a folder first: its models then find the types of adjoint in it.";
    if ((await vscode.window.showInformationMessage(text, open)) === open)
      await vscode.commands.executeCommand("workbench.action.files.openFolder");
    return undefined;
  }
  if (!vscode.workspace.isTrusted) {
    const manage = "Manage Workspace Trust";
    const text = "Adjoint writes and runs nothing in a folder that you have not trusted.";
    if ((await vscode.window.showWarningMessage(text, manage)) === manage)
      await vscode.commands.executeCommand("workbench.trust.manage");
    return undefined;
  }
  const about = uri ?? vscode.window.activeTextEditor?.document.uri;
  const holding = about && vscode.workspace.getWorkspaceFolder(about);
  if (uri && !holding)
    throw new SetUpProblem(`${path.basename(uri.fsPath)} is not in this workspace: open its folder first.`);
  if (holding && folders.includes(holding)) return holding;
  return folders.length === 1 ? folders[0] : vscode.window.showWorkspaceFolderPick({ placeHolder: "Folder to set up" });
}

/** Shows what would change; the person may leave out any of it. */
async function confirm(plan: Plan): Promise<readonly Change[] | undefined> {
  const all = plan.model ? [...plan.changes, plan.model] : plan.changes;
  const items = all.map((change) => {
    const [label = "", detail = ""] = change.sentence.split(": ");
    return { label, detail, change, picked: true };
  });
  const chosen = await vscode.window.showQuickPick(items, {
    title: 'Set Up This Workspace: import { … } from "adjoint"',
    placeHolder: "These changes will be made",
    canPickMany: true,
    ignoreFocusOut: true,
  });
  return chosen?.map(({ change }) => change);
}

/** The text in the editor, where it is open there, else on disk. A file that was deleted may still be open. */
function read(file: string): string | undefined {
  try {
    const saved = readFileSync(file, "utf8");
    const open = vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === "file" && uri.fsPath === file);
    return open?.isDirty ? open.getText() : saved;
  } catch {
    return undefined;
  }
}
