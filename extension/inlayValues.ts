import * as vscode from "vscode";
import { formatCount, formatSummary } from "../engine/process/format.ts";
import type { Hint } from "../engine/process/protocol.ts";
import { fromPosition, toPosition } from "./convert.ts";
import { Disposable } from "./disposable.ts";
import { colors } from "./ids.ts";
import type { SettingsStore } from "./settings.ts";
import { isModelFile } from "./models.ts";
import type { Trace } from "./trace.ts";
import type { Traces } from "./traces.ts";

/** Scrolling asks at most this often. */
const scrollDelay = 60;
/** Lines above and below what is visible, so that a small scroll finds its hints already there. */
const margin = 30;

/**
 * `= 7.389 ∂ 0.119` after declarations. Drawn as decorations, because VS Code gives an inlay hint one colour and these two
 * numbers have two.
 */
export class InlayValues extends Disposable {
  readonly #decorations = this.register(
    vscode.window.createTextEditorDecorationType({ rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed }),
  );
  readonly #traces: Traces;
  readonly #settings: SettingsStore;
  readonly #timers = new Map<vscode.TextEditor, NodeJS.Timeout>();
  readonly #asked = new Map<vscode.TextEditor, number>();

  constructor(traces: Traces, settings: SettingsStore) {
    super();
    this.#traces = traces;
    this.#settings = settings;
    this.register(traces.onDidChange((uri) => this.#updateAll(uri)));
    this.register(settings.onDidChange(() => this.#updateAll()));
    this.register(vscode.window.onDidChangeVisibleTextEditors(() => this.#updateAll()));
    this.register(vscode.window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => this.#soon(textEditor)));
  }

  override dispose(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    super.dispose();
  }

  #updateAll(uri?: vscode.Uri): void {
    const visible = new Set(vscode.window.visibleTextEditors);
    for (const gone of this.#asked.keys()) {
      if (!visible.has(gone)) this.#asked.delete(gone);
    }
    for (const editor of visible) {
      if (!uri || editor.document.uri.toString() === uri.toString()) this.#soon(editor, 0);
    }
  }

  #soon(editor: vscode.TextEditor, delay = scrollDelay): void {
    if (!isModelFile(editor.document)) return;
    clearTimeout(this.#timers.get(editor));
    const update = () => {
      this.#timers.delete(editor);
      void this.#update(editor).catch(() => undefined);
    };
    this.#timers.set(editor, setTimeout(update, delay));
  }

  /** What stands there stays until the answer replaces it: nothing flickers. */
  async #update(editor: vscode.TextEditor): Promise<void> {
    const { document } = editor;
    const trace = this.#traces.trace(document.uri);
    const { inlayValues: names } = this.#settings.current;
    const turn = (this.#asked.get(editor) ?? 0) + 1;
    this.#asked.set(editor, turn);
    if (names === "off" || !trace) {
      editor.setDecorations(this.#decorations, []);
      return;
    }
    const hints = await this.#hints(editor, trace, names);
    if (this.#asked.get(editor) !== turn || this.disposed) return;
    const mapping = trace.mapping(document);
    const stale = this.#traces.isStale(document);
    const decorations = hints.flatMap((hint) => {
      const position = mapping.forward(hint.position);
      return position ? [this.#decoration(hint, toPosition(position), document, stale)] : [];
    });
    editor.setDecorations(this.#decorations, decorations);
  }

  async #hints(editor: vscode.TextEditor, trace: Trace, names: "names" | "all"): Promise<readonly Hint[]> {
    const mapping = trace.mapping(editor.document);
    const line = (position: vscode.Position, otherwise: number) =>
      mapping.back(fromPosition(position))?.line ?? otherwise;
    const first = Math.min(...editor.visibleRanges.map(({ start }) => line(start, 1)));
    const last = Math.max(...editor.visibleRanges.map(({ end }) => line(end, editor.document.lineCount)));
    if (!Number.isFinite(first)) return [];
    return this.#traces.ask(trace, "hints", { names, from: Math.max(1, first - margin), to: last + margin });
  }

  #decoration(
    { value, adjoint, constant, executions }: Hint,
    position: vscode.Position,
    document: vscode.TextDocument,
    stale: boolean,
  ): vscode.DecorationOptions {
    const { digits } = this.#settings.current;
    const times = executions > 1 ? ` ×${formatCount(executions)}` : "";
    const gap = /^\w/.test(document.lineAt(position.line).text.slice(position.character)) ? " " : "";
    const style = {
      fontStyle: stale ? "italic" : "normal",
      // Smaller than code, and dim where stale. The API has no field for either; a text decoration passes them on to CSS.
      textDecoration: `none; font-size: 0.88em; white-space: pre; opacity: ${stale ? 0.55 : 0.95}`,
    };
    return {
      range: new vscode.Range(position, position),
      renderOptions: {
        before: {
          ...style,
          contentText: isWrittenBefore(value, document, position) ? "" : ` = ${formatSummary(value, digits)}`,
          color: new vscode.ThemeColor(colors.value),
        },
        after: {
          ...style,
          contentText: `${constant ? "" : ` ∂ ${formatSummary(adjoint, digits)}`}${times}${gap}`,
          color: new vscode.ThemeColor(colors.adjoint),
        },
      },
    };
  }
}

/** `x = 1` says its value already. */
function isWrittenBefore(
  value: Hint["value"],
  document: vscode.TextDocument,
  { line, character }: vscode.Position,
): boolean {
  const literal = /[-\d.][\w.+-]*$/.exec(document.lineAt(line).text.slice(0, character));
  return literal !== null && Number(literal[0]) === value;
}
