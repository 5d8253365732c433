import * as vscode from "vscode";
import type { TypeProblem } from "../engine/language/symbols/symbols.ts";
import { toLocation, toRange } from "./convert.ts";
import { Disposable } from "./disposable.ts";
import type { TypeScriptSymbols } from "./symbols.ts";
import type { Traces } from "./traces.ts";

/** Of how many type errors a note names the places. */
const named = 5;

/** Says of a file that was traced in spite of type errors that this is so: the values shown are of a program that TypeScript doubts. */
export class TypeProblems extends Disposable {
  readonly #collection = this.register(vscode.languages.createDiagnosticCollection("adjoint-types"));
  readonly #traces: Traces;
  readonly #symbols: TypeScriptSymbols;

  constructor(traces: Traces, symbols: TypeScriptSymbols) {
    super();
    this.#traces = traces;
    this.#symbols = symbols;
    this.register(traces.onDidChange((uri) => void this.#update(uri)));
    this.register(vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#collection.delete(uri)));
  }

  async #update(uri: vscode.Uri): Promise<void> {
    const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
    const trace = this.#traces.trace(uri);
    if (!document || !trace || this.#traces.state(uri).kind !== "traced") {
      this.#collection.delete(uri);
      return;
    }
    if (this.#traces.isStale(document)) return;
    const problems = await this.#symbols.problems(document);
    if (this.#traces.trace(uri) !== trace) return;
    const errors = (problems ?? []).filter(({ severity }) => severity === "error");
    this.#collection.set(uri, errors.length > 0 ? [note(errors)] : []);
  }
}

function note(errors: readonly TypeProblem[]): vscode.Diagnostic {
  const [first] = errors as [TypeProblem];
  const many = errors.length === 1 ? "a type error" : `${errors.length} type errors`;
  const text = `TypeScript finds ${many} in this file; it was traced all the same.`;
  const diagnostic = new vscode.Diagnostic(toRange(first.source), text, vscode.DiagnosticSeverity.Information);
  diagnostic.source = "adjoint";
  diagnostic.code = "type-errors";
  diagnostic.relatedInformation = errors
    .slice(0, named)
    .map(({ source, message }) => new vscode.DiagnosticRelatedInformation(toLocation(source), message));
  return diagnostic;
}
