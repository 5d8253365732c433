import path from "node:path";
import * as vscode from "vscode";
import { applied, editsIn } from "../../engine/trial/edits.ts";
import type { Fix } from "../../engine/process/protocol.ts";
import { toRange } from "../convert.ts";
import { Disposable } from "../disposable.ts";
import { fixScheme } from "../ids.ts";
import type { Trace } from "../trace.ts";
import type { Traces } from "../traces.ts";

/** A fix that is shown beside the file as it is. */
interface Preview {
  /** Of the file that was traced. */
  readonly uri: vscode.Uri;
  /** The file that is shown with the fix: what it then reads. */
  readonly text: string;
  readonly trace: Trace;
  readonly fix: Fix;
}

/** Previews kept for those that are open or were. */
const mostPreviews = 16;

/** Applies a fix as one edit, or shows the file with it beside the file as it is. */
export class FixActions extends Disposable implements vscode.TextDocumentContentProvider {
  readonly #traces: Traces;
  /** By the address of the document that shows it. */
  readonly #previews = new Map<string, Preview>();
  #next = 1;

  constructor(traces: Traces) {
    super();
    this.#traces = traces;
    this.register(vscode.workspace.registerTextDocumentContentProvider(fixScheme, this));
  }

  provideTextDocumentContent(uri: vscode.Uri): string | undefined {
    return this.#previews.get(uri.toString())?.text;
  }

  /** `uri` is that of the file that was traced. The changed text is traced at once. Gives whether the fix was applied. */
  async apply(uri: vscode.Uri, trace: Trace, fix: Fix): Promise<boolean> {
    // Of a file that was closed, its text is compared once it is open again.
    const document = await vscode.workspace.openTextDocument(uri);
    if (!this.#isCurrent(trace, fix)) return false;
    if (!(await vscode.workspace.applyEdit(editOf(fix)))) {
      void vscode.window.showErrorMessage(`${path.basename(uri.fsPath)} could not be changed.`);
      return false;
    }
    const changed = await vscode.workspace.openTextDocument(fileOf(uri, fix));
    const isVisible = vscode.window.visibleTextEditors.some((editor) => editor.document === changed);
    if (!isVisible) await vscode.window.showTextDocument(changed);
    await saveAll(importsIn(fix, uri));
    await this.#traces.run(document, { asked: false });
    return true;
  }

  async preview(uri: vscode.Uri, trace: Trace, fix: Fix): Promise<void> {
    if (!this.#isCurrent(trace, fix)) return;
    const file = fileOf(uri, fix);
    const name = path.basename(file.fsPath);
    const before = file.fsPath === uri.fsPath ? trace.text : (await vscode.workspace.openTextDocument(file)).getText();
    const text = applied(before, editsIn(fix.edits, file.fsPath));
    const changed = file.with({ scheme: fixScheme, query: String(this.#next++) });
    this.#previews.set(changed.toString(), { uri, text, trace, fix });
    const [oldest] = this.#previews.keys();
    if (this.#previews.size > mostPreviews) this.#previews.delete(oldest!);
    await vscode.commands.executeCommand("vscode.diff", file, changed, `${name}: ${fix.title}`, {
      viewColumn: vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === file.toString())
        ?.viewColumn,
    });
  }

  /** Applies what a preview shows, and closes it then. */
  async applyPreview(changed: vscode.Uri | undefined): Promise<void> {
    const shown = changed?.scheme === fixScheme ? changed : vscode.window.activeTextEditor?.document.uri;
    const preview = shown && this.#previews.get(shown.toString());
    if (!preview) {
      void vscode.window.showInformationMessage("This preview is an old one: take the fix from the finding again.");
      return;
    }
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const ours = tabs.filter(
      ({ input }) => input instanceof vscode.TabInputTextDiff && input.modified.toString() === shown.toString(),
    );
    if (await this.apply(preview.uri, preview.trace, preview.fix)) await vscode.window.tabGroups.close(ours);
  }

  #isCurrent(trace: Trace, fix: Fix): boolean {
    if (this.#traces.isCurrent(trace) && isUnchanged(fix, trace)) return true;
    const text = "The text has changed since this fix was tried. Fixes are tried again with the next trace.";
    void vscode.window.showInformationMessage(text);
    return false;
  }
}

/** The file to show: an imported one where the fix changes it, else the one that was traced. */
function fileOf(uri: vscode.Uri, { edits }: Fix): vscode.Uri {
  const other = edits.find(({ source }) => source.file !== uri.fsPath)?.source.file;
  return other === undefined ? uri : vscode.Uri.file(other);
}

/** The files that a fix changes and the traced one imports. */
export function importsIn({ edits }: Fix, model: vscode.Uri): readonly vscode.Uri[] {
  const files = new Set(edits.map(({ source }) => source.file));
  files.delete(model.fsPath);
  return [...files].map((file) => vscode.Uri.file(file));
}

/**
 * What runs of an import is what is saved, so only then is there an effect to see. VS Code saves what its own refactorings
 * change in other files too. Where it cannot, it tells why; the trace then says what is not saved.
 */
export async function saveAll(files: readonly vscode.Uri[]): Promise<void> {
  for (const file of files) await (await vscode.workspace.openTextDocument(file)).save();
}

/** Of the files that are imported what ran is what is on disk: an editor with changes shows another text. */
export function isUnchanged(fix: Fix, trace: Trace): boolean {
  const files = new Set(importsIn(fix, vscode.Uri.file(trace.summary.file)).map(({ fsPath }) => fsPath));
  return !vscode.workspace.textDocuments.some(({ uri, isDirty }) => isDirty && files.has(uri.fsPath));
}

export function editOf({ edits }: Fix): vscode.WorkspaceEdit {
  const edit = new vscode.WorkspaceEdit();
  for (const { source, text } of edits) edit.replace(vscode.Uri.file(source.file), toRange(source), text);
  return edit;
}
