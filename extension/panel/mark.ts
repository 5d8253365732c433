import * as vscode from "vscode";
import type { SourceRange } from "../../engine/process/protocol.ts";
import { toRange } from "../convert.ts";
import { Disposable } from "../disposable.ts";
import { colors } from "../ids.ts";

/** Marks the source of what is selected in the panel. */
export class Mark extends Disposable {
  readonly #decoration = this.register(
    vscode.window.createTextEditorDecorationType({
      backgroundColor: new vscode.ThemeColor(colors.mark),
      border: "1px solid",
      borderColor: new vscode.ThemeColor(colors.adjoint),
      borderRadius: "2px",
      overviewRulerColor: new vscode.ThemeColor(colors.adjoint),
      overviewRulerLane: vscode.OverviewRulerLane.Center,
    }),
  );
  #editor: vscode.TextEditor | undefined;

  async show(source: SourceRange, beside: vscode.ViewColumn | undefined, focus: boolean): Promise<void> {
    const uri = vscode.Uri.file(source.file);
    const range = toRange(source);
    const visible = vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri.toString());
    const column = visible?.viewColumn ?? otherColumn(beside);
    const options = { viewColumn: column, preserveFocus: !focus, ...(focus ? { selection: range } : {}) };
    const editor = visible && !focus ? visible : await vscode.window.showTextDocument(uri, options);
    this.clear();
    this.#editor = editor;
    editor.setDecorations(this.#decoration, [range]);
    editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }

  clear(): void {
    this.#editor?.setDecorations(this.#decoration, []);
    this.#editor = undefined;
  }
}

/** Not on top of the panel itself. */
function otherColumn(panel: vscode.ViewColumn | undefined): vscode.ViewColumn {
  return panel === vscode.ViewColumn.One ? vscode.ViewColumn.Beside : vscode.ViewColumn.One;
}
