/** Which document, and which function of it, a command is about. */
import * as vscode from "vscode";
import type { FunctionOutline } from "../engine/process/protocol.ts";
import { fromPosition } from "./convert.ts";
import { isModelFile } from "./models.ts";

/** In the menu of a panel's title, what a command is called for is the panel. */
const panelScheme = "webview-panel";

/** The document a command is about: what it was called for, else the active editor's. */
export async function modelDocument(uri?: vscode.Uri, quiet?: "quiet"): Promise<vscode.TextDocument | undefined> {
  const isDocument = uri instanceof vscode.Uri && uri.scheme !== panelScheme;
  const document = isDocument ? await vscode.workspace.openTextDocument(uri) : activeDocument();
  if (document && isModelFile(document)) return document;
  if (quiet) return undefined;
  const text = document?.isUntitled
    ? "Save this file first: Adjoint runs a model from where it stands, to find what it imports."
    : "Open a TypeScript or JavaScript file first: Adjoint traces the functions it exports.";
  void vscode.window.showInformationMessage(text);
  return undefined;
}

/** With the panel focused, the model is in the editor beside it. */
function activeDocument(): vscode.TextDocument | undefined {
  const editor =
    vscode.window.activeTextEditor ?? vscode.window.visibleTextEditors.find(({ document }) => isModelFile(document));
  return editor?.document;
}

export function aroundCursor(
  document: vscode.TextDocument,
  functions: readonly FunctionOutline[],
): FunctionOutline | undefined {
  const editor = vscode.window.visibleTextEditors.find((candidate) => candidate.document === document);
  if (!editor) return undefined;
  const { line } = fromPosition(editor.selection.active);
  return functions.find((candidate) => candidate.source.line <= line && line <= candidate.source.endLine);
}
