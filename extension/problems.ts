import * as vscode from "vscode";
import type { Diagnostic } from "../engine/process/protocol.ts";
import { toLocation, toRange } from "./convert.ts";
import { Disposable } from "./disposable.ts";
import type { Traces } from "./traces.ts";

const severities = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
} as const;

/** Findings of the newest trace of each file and of its training, at the places they speak of, which may lie in files it imports. */
export class Problems extends Disposable {
  readonly #collection = this.register(vscode.languages.createDiagnosticCollection("adjoint"));
  /** By the file that was traced, or by the training: two models may find something in the same import. */
  readonly #found = new Map<string, readonly Diagnostic[]>();
  readonly #traces: Traces;

  constructor(traces: Traces) {
    super();
    this.#traces = traces;
    this.register(traces.onDidChange((uri) => this.#update(uri)));
  }

  #update(uri: vscode.Uri): void {
    const state = this.#traces.state(uri);
    // Until the newer run has answered, its predecessor's findings stay, and move with the text.
    if (state.kind === "tracing") return;
    this.tell(
      uri.toString(),
      state.kind === "failed" ? state.diagnostics : (this.#traces.trace(uri)?.diagnostics ?? []),
    );
  }

  /** What `teller` has found, in place of what it had found before. */
  tell(teller: string, found: readonly Diagnostic[]): void {
    const before = this.#found.get(teller) ?? [];
    if (before === found || (before.length === 0 && found.length === 0)) return;
    if (found.length > 0) this.#found.set(teller, found);
    else this.#found.delete(teller);
    for (const file of new Set([...before, ...found].map(({ source }) => source.file))) this.#publish(file);
  }

  #publish(file: string): void {
    const here = [...this.#found.values()].flat().filter(({ source }) => source.file === file);
    const unique = new Map(here.map((diagnostic) => [key(diagnostic), diagnostic]));
    this.#collection.set(vscode.Uri.file(file), [...unique.values()].map(toProblem));
  }
}

/** Whether VS Code's problem is what was made of a finding. */
export function isProblemOf(problem: vscode.Diagnostic, { code, source }: Diagnostic): boolean {
  return problem.source === "adjoint" && problem.code === code && problem.range.isEqual(toRange(source));
}

function toProblem(found: Diagnostic): vscode.Diagnostic {
  const problem = new vscode.Diagnostic(toRange(found.source), found.message, severities[found.severity]);
  problem.source = "adjoint";
  problem.code = found.code;
  if (found.related) {
    problem.relatedInformation = found.related.map(
      ({ message, source }) => new vscode.DiagnosticRelatedInformation(toLocation(source), message),
    );
  }
  return problem;
}

function key({ code, message, source }: Diagnostic): string {
  return `${source.line}:${source.column}:${code}:${message}`;
}
