import * as vscode from "vscode";
import type { Diagnostic, FunctionOutline } from "../engine/process/protocol.ts";
import { toRange } from "./convert.ts";
import { Disposable } from "./disposable.ts";
import { commands } from "./ids.ts";
import { lensParts, type LensPart } from "./lensText.ts";
import type { SettingsStore } from "./settings.ts";
import type { TypeScriptSymbols } from "./symbols.ts";
import { hasModel, importsLibrary, isModelFile } from "./models.ts";
import type { Traces } from "./traces.ts";
import type { Training } from "./training/training.ts";
import type { Trainings } from "./training/trainings.ts";

/** A run is spoken of once it lasts this long; before, a lens that came and went would only make the text jump. */
export const patience = 500;

/** Value, size of the gradient and what to do, over each function that can be traced. */
export class CodeLens extends Disposable implements vscode.CodeLensProvider {
  readonly #changed = this.register(new vscode.EventEmitter<void>());
  readonly onDidChangeCodeLenses = this.#changed.event;
  readonly #traces: Traces;
  readonly #settings: SettingsStore;
  readonly #symbols: TypeScriptSymbols;
  readonly #trainings: Trainings;

  constructor(traces: Traces, settings: SettingsStore, symbols: TypeScriptSymbols, trainings: Trainings) {
    super();
    this.#traces = traces;
    this.#settings = settings;
    this.#symbols = symbols;
    this.#trainings = trainings;
    const busy = new Set<Training>();
    this.register(
      trainings.onDidChange((training) => {
        if (busy.has(training) === training.busy) return;
        busy[training.busy ? "add" : "delete"](training);
        this.#changed.fire();
      }),
    );
    this.register(symbols.onDidChange(() => this.#changed.fire()));
    this.register(traces.onDidChange(() => this.#changed.fire()));
    this.register(settings.onDidChange(() => this.#changed.fire()));
    this.register(
      traces.onDidStart((run) => {
        const timer = setTimeout(() => this.#changed.fire(), patience);
        void run.ended.then(() => clearTimeout(timer));
      }),
    );
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    if (!this.#settings.current.codeLens || !isModelFile(document)) return [];
    const outline = await this.#traces.outline(document);
    const failed = this.#traces.state(document.uri).kind === "failed";
    if (!hasModel(outline) && !failed && !importsLibrary(document)) return [];
    const without = this.#symbols.withoutDerivative(document);
    return outline.functions
      .filter((candidate) => candidate.parameters.length > 0 && (failed || !without.has(candidate.name)))
      .flatMap((candidate) => this.#lenses(document, candidate));
  }

  #lenses(document: vscode.TextDocument, outline: FunctionOutline): vscode.CodeLens[] {
    const { uri } = document;
    const state = this.#traces.state(uri);
    const trace = this.#traces.trace(uri)?.function(outline.name);
    const failure = failureFor(
      outline,
      state.kind === "failed" ? state.diagnostics : trace?.value === undefined ? trace?.diagnostics : undefined,
    );
    const unsaved = this.#traces.unsavedImport(document);
    const parts = lensParts({
      outline,
      trusted: vscode.workspace.isTrusted,
      tracing: state.kind === "tracing" && Date.now() - state.since >= patience - 20,
      ...(trace ? { trace } : {}),
      stale: this.#traces.isStale(document),
      ...(unsaved === undefined ? {} : { unsaved }),
      ...(failure ? { failure } : {}),
      digits: this.#settings.current.digits,
      training: this.#trainings.find(uri, outline.name)?.busy === true,
    });
    const range = toRange(outline.nameSource);
    return parts.map(
      (part) =>
        new vscode.CodeLens(range, {
          ...command(part, uri, outline, failure),
          // VS Code lays a lens out so that a plain space after its icon is lost.
          title: part.title.replace(/^(\$\([^)]+\)) /, "$1\u00a0"),
          tooltip: part.tooltip,
        }),
    );
  }
}

/** The first error of this function, else of the file. */
function failureFor(
  { source }: FunctionOutline,
  diagnostics: readonly Diagnostic[] | undefined,
): Diagnostic | undefined {
  const errors = (diagnostics ?? []).filter(({ severity }) => severity === "error");
  const inside = errors.find(
    (error) =>
      error.source.file === source.file && error.source.line >= source.line && error.source.line <= source.endLine,
  );
  return inside ?? errors[0];
}

function command(
  { action }: LensPart,
  uri: vscode.Uri,
  outline: FunctionOutline,
  failure: Diagnostic | undefined,
): Omit<vscode.Command, "title"> {
  switch (action) {
    case "trace":
      return { command: commands.trace, arguments: [uri, outline.name] };
    case "graph":
      return { command: commands.showGraph, arguments: [uri, outline.name] };
    case "check":
      return { command: commands.check, arguments: [uri, outline.name] };
    case "train":
      return { command: commands.train, arguments: [uri, outline.name] };
    case "showTraining":
      return { command: commands.showTraining, arguments: [uri, outline.name] };
    case "stopTraining":
      return { command: commands.stopTraining, arguments: [uri, outline.name] };
    case "stop":
      return { command: commands.stop, arguments: [uri] };
    case "trust":
      return { command: "workbench.trust.manage" };
    case "problem":
      return failure ? { command: commands.goTo, arguments: [failure.source] } : { command: commands.showLog };
  }
}
