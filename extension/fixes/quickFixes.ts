import * as vscode from "vscode";
import type { Diagnostic } from "../../engine/process/protocol.ts";
import { toRange } from "../convert.ts";
import { commands } from "../ids.ts";
import { isProblemOf } from "../problems.ts";
import type { Trace } from "../trace.ts";
import type { Traces } from "../traces.ts";
import { editOf, importsIn, isUnchanged } from "./fixActions.ts";

/** The fixes that help, on the findings they mend. */
export class QuickFixes implements vscode.CodeActionProvider {
  static readonly metadata: vscode.CodeActionProviderMetadata = {
    providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
  };
  readonly #traces: Traces;

  constructor(traces: Traces) {
    this.#traces = traces;
  }

  provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    const traced = this.#tracesOf(document);
    return traced.flatMap(({ model, trace }) =>
      trace.diagnostics.flatMap((finding, index) => {
        const { file } = finding.source;
        if (file !== document.uri.fsPath || !toRange(finding.source).intersection(range)) return [];
        const mended = diagnostics.filter((problem) => isProblemOf(problem, finding));
        return actionsOf(model, trace, finding, index, mended);
      }),
    );
  }

  /** Those of the document itself, and of a model that imports it; only what they say of the text of now. */
  #tracesOf(document: vscode.TextDocument): { readonly model: vscode.Uri; readonly trace: Trace }[] {
    const own = this.#traces.trace(document.uri);
    const through = this.#traces.through(document);
    return [...(own ? [{ model: document.uri, trace: own }] : []), ...(through ? [through] : [])].filter(
      ({ trace }, k, all) => this.#traces.isCurrent(trace) && all.findIndex((other) => other.trace === trace) === k,
    );
  }
}

function actionsOf(
  model: vscode.Uri,
  trace: Trace,
  { fixes = [] }: Diagnostic,
  index: number,
  mended: vscode.Diagnostic[],
): vscode.CodeAction[] {
  return fixes.flatMap((fix, k) => {
    if (!isUnchanged(fix, trace)) return [];
    const apply = new vscode.CodeAction(fix.title, vscode.CodeActionKind.QuickFix);
    apply.edit = editOf(fix);
    apply.isPreferred = k === 0;
    apply.diagnostics = mended;
    // The edit comes first.
    apply.command = { title: "Retrace", command: commands.retrace, arguments: [model, importsIn(fix, model)] };
    const [what] = fix.title.split(`: ${fix.predicted.measure} `, 1) as [string];
    const preview = new vscode.CodeAction(`Preview: ${what}`, vscode.CodeActionKind.QuickFix);
    preview.diagnostics = mended;
    preview.command = {
      title: "Preview",
      command: commands.previewFix,
      arguments: [model.toString(), trace.id, index, k],
    };
    return [apply, preview];
  });
}
