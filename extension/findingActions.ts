import * as vscode from "vscode";
import { titleOf } from "../engine/process/findings.ts";
import { toRange } from "./convert.ts";
import { commands } from "./ids.ts";
import { isProblemOf } from "./problems.ts";
import type { Traces } from "./traces.ts";

/** Leads from a finding in the text, or among the problems, to its figures in the panel. */
export class FindingActions implements vscode.CodeActionProvider {
  static readonly metadata: vscode.CodeActionProviderMetadata = {
    providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
  };
  readonly #traces: Traces;

  constructor(traces: Traces) {
    this.#traces = traces;
  }

  provideCodeActions(
    { uri }: vscode.TextDocument,
    range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    const trace = this.#traces.trace(uri);
    return (trace?.diagnostics ?? []).flatMap((finding, index) => {
      if (!trace || finding.data === undefined || finding.source.file !== uri.fsPath) return [];
      if (!toRange(finding.source).intersection(range)) return [];
      const action = new vscode.CodeAction(
        `Show in Graph: ${titleOf(finding).toLowerCase()}`,
        vscode.CodeActionKind.QuickFix,
      );
      action.diagnostics = diagnostics.filter((problem) => isProblemOf(problem, finding));
      action.command = {
        title: action.title,
        command: commands.showFinding,
        arguments: [uri.toString(), trace.id, index],
      };
      return [action];
    });
  }
}
