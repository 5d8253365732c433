import * as vscode from "vscode";
import type { Hover } from "../engine/process/protocol.ts";
import { fromPosition, toRange } from "./convert.ts";
import { findingLine, touches } from "./findingText.ts";
import { hoverText } from "./hoverText.ts";
import { commands } from "./ids.ts";
import { dataUri, histogramPlot, palettes, seriesPlot, type Palette } from "./plots.ts";
import type { SettingsStore } from "./settings.ts";
import type { TypeScriptSymbols } from "./symbols.ts";
import { isModelFile } from "./models.ts";
import type { Trace } from "./trace.ts";
import type { Traces } from "./traces.ts";

/** Value and adjoint of the variable or expression under the pointer. */
export class HoverProvider implements vscode.HoverProvider {
  readonly #traces: Traces;
  readonly #settings: SettingsStore;
  readonly #symbols: TypeScriptSymbols;

  constructor(traces: Traces, settings: SettingsStore, symbols: TypeScriptSymbols) {
    this.#traces = traces;
    this.#settings = settings;
    this.#symbols = symbols;
  }

  async provideHover(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.Hover | undefined> {
    if (!this.#settings.current.hover || !isModelFile(document)) return undefined;
    const trace = this.#traces.trace(document.uri);
    if (!trace) return this.#asImport(document, position);
    const mapping = trace.mapping(document);
    const traced = mapping.back(fromPosition(position));
    if (!traced) return undefined;
    const hover = await this.#traces.ask(trace, "hover", { position: traced });
    if (!hover) return this.#declaredElsewhere(document, position, trace);
    const source = mapping.forwardRange(hover.source);
    return (
      source &&
      new vscode.Hover(this.#markdown(document.uri, trace, hover, this.#traces.isStale(document)), toRange(source))
    );
  }

  /** Of a name from another file of the program: its values where it is declared. */
  async #declaredElsewhere(
    document: vscode.TextDocument,
    position: vscode.Position,
    trace: Trace,
  ): Promise<vscode.Hover | undefined> {
    const word = document.getWordRangeAtPosition(position);
    const { files = [] } = trace.session.summary;
    if (!word || files.length < 2) return undefined;
    const declared = await this.#symbols.declaration(document, word.start);
    if (!declared || declared.file === document.uri.fsPath || !files.includes(declared.file)) return undefined;
    const { file, line, column } = declared;
    const hover = await this.#traces.ask(trace, "hover", { file, position: { line, column } });
    return hover && new vscode.Hover(this.#markdown(document.uri, trace, hover, this.#traces.isStale(document)), word);
  }

  /** In a file that a traced model imports: what ran there on that model's behalf. */
  async #asImport(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.Hover | undefined> {
    const through = this.#traces.through(document);
    if (!through) return undefined;
    const file = document.uri.fsPath;
    const hover = await this.#traces.ask(through.trace, "hover", { file, position: fromPosition(position) });
    return hover && new vscode.Hover(this.#markdown(through.model, through.trace, hover, false), toRange(hover.source));
  }

  #markdown(model: vscode.Uri, trace: Trace, hover: Hover, stale: boolean): vscode.MarkdownString {
    const { digits, hoverPlots } = this.#settings.current;
    const plot = hoverPlots ? picture(hover, palette(), digits) : undefined;
    const text = hoverText(hover, {
      digits,
      stale,
      graph: link(commands.revealInGraph, model.toString(), hover.function, hover.last.node),
      findings: this.#findings(model, trace, hover),
      ...(plot ? { plot: dataUri(plot) } : {}),
    });
    const markdown = new vscode.MarkdownString(text, true);
    markdown.supportHtml = true;
    markdown.isTrusted = { enabledCommands: [commands.revealInGraph, commands.showFinding, commands.previewFix] };
    return markdown;
  }

  /** One line for each finding that touches what is hovered. */
  #findings(model: vscode.Uri, trace: Trace, { source }: Hover): string[] {
    const { digits } = this.#settings.current;
    const address = model.toString();
    return trace.diagnostics.flatMap((diagnostic, index) => {
      if (!touches(diagnostic, source)) return [];
      const show = link(commands.showFinding, address, trace.id, index);
      const fixes = (diagnostic.fixes ?? []).map((_, fix) => link(commands.previewFix, address, trace.id, index, fix));
      return [findingLine(diagnostic, source, { show, fixes }, digits)];
    });
  }
}

/** The address of a command with arguments. */
function link(command: string, ...values: readonly unknown[]): string {
  return `command:${command}?${encodeURIComponent(JSON.stringify(values))}`;
}

function picture({ series, range, histogram, constant }: Hover, colors: Palette, digits: number): string | undefined {
  if (series && series.value.length > 1 && !constant) return seriesPlot(series, colors, digits, range);
  return histogram && histogramPlot(histogram, colors, digits, constant);
}

function palette(): Palette {
  switch (vscode.window.activeColorTheme.kind) {
    case vscode.ColorThemeKind.Light:
      return palettes.light;
    case vscode.ColorThemeKind.HighContrast:
      return palettes.highContrastDark;
    case vscode.ColorThemeKind.HighContrastLight:
      return palettes.highContrastLight;
    case vscode.ColorThemeKind.Dark:
      return palettes.dark;
  }
}
