import * as vscode from "vscode";
import type { Change } from "./plan.ts";

/** What was there before, to go back to. */
export interface Done {
  readonly created: readonly { readonly uri: vscode.Uri; readonly text: string }[];
  readonly changed: readonly { readonly uri: vscode.Uri; readonly before: string; readonly after: string }[];
}

/** Makes all changes in one step that the editor can undo; undefined where it could not. Files that were saved are saved again. */
export async function applyChanges(changes: readonly Change[]): Promise<Done | undefined> {
  const edit = new vscode.WorkspaceEdit();
  const changed: { uri: vscode.Uri; before: string; after: string }[] = [];
  const saved: vscode.TextDocument[] = [];
  for (const { file, text, exists } of changes) {
    const uri = vscode.Uri.file(file);
    if (!exists) {
      edit.createFile(uri, { contents: new TextEncoder().encode(text) });
      continue;
    }
    const document = await vscode.workspace.openTextDocument(uri);
    if (!document.isDirty) saved.push(document);
    changed.push({ uri, before: document.getText(), after: text });
    replace(edit, document, text);
  }
  if (!(await vscode.workspace.applyEdit(edit))) return undefined;
  await Promise.all(saved.map((document) => document.save()));
  const created = changes
    .filter(({ exists }) => !exists)
    .map(({ file, text }) => ({ uri: vscode.Uri.file(file), text }));
  return { created, changed };
}

/** Takes back what nobody has worked on since. */
export async function revert({ created, changed }: Done): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  const documents: vscode.TextDocument[] = [];
  for (const { uri, before, after } of changed) {
    const document = await vscode.workspace.openTextDocument(uri);
    if (document.getText() !== after) continue;
    documents.push(document);
    replace(edit, document, before);
  }
  for (const { uri, text } of created) {
    const now = await vscode.workspace.fs.readFile(uri).then(
      (bytes) => new TextDecoder().decode(bytes),
      () => undefined,
    );
    if (now === text) edit.deleteFile(uri, { ignoreIfNotExists: true });
  }
  await vscode.workspace.applyEdit(edit);
  await Promise.all(documents.map((document) => document.save()));
}

/** Replaces only what differs, so that cursors and folds elsewhere stay. */
function replace(edit: vscode.WorkspaceEdit, document: vscode.TextDocument, after: string): void {
  const before = document.getText();
  let begin = 0;
  while (begin < before.length && before[begin] === after[begin]) begin++;
  let end = 0;
  while (end < Math.min(before.length, after.length) - begin && before.at(-1 - end) === after.at(-1 - end)) end++;
  const range = new vscode.Range(document.positionAt(begin), document.positionAt(before.length - end));
  edit.replace(document.uri, range, after.slice(begin, after.length - end));
}
