/** Pieces that the side pane is put together from. */
import type { SourceRange } from "../../engine/process/protocol.ts";
import { html } from "../ui/dom.ts";

/** What the side pane asks of the panel. */
export interface DetailsEvents {
  readonly selectNode: (node: number) => void;
  /** Goes to a place in the source. */
  readonly reveal: (source: SourceRange) => void;
  /** Marks a place in the source; the keyboard stays here. */
  readonly mark: (source: SourceRange) => void;
  /** By its place in the list of findings. */
  readonly selectFinding: (finding: number) => void;
}

export function heading(text: string): HTMLElement {
  return html("h3", {}, text);
}

/** A place in the source, to go to. */
export function sourceLink(source: SourceRange, text: string, reveal: (source: SourceRange) => void): HTMLElement {
  return linkButton(text, "Show in the editor", () => reveal(source));
}

export function linkButton(text: string, tooltip: string, press: () => void): HTMLElement {
  const element = html("button", { class: "link", type: "button", title: tooltip }, text);
  element.addEventListener("click", press);
  return element;
}

/** "formula.ts:2:22" */
export function place(source: SourceRange): string {
  return `${fileName(source.file)}:${String(source.line)}:${String(source.column)}`;
}

export function fileName(file: string): string {
  return file.split(/[\\/]/).at(-1) ?? file;
}

/** A sentence in which `code` stands between backticks. */
export function withCode(sentence: string): (Node | string)[] {
  return sentence.split("`").map((part, i) => (i % 2 === 0 ? part : html("span", { class: "code" }, part)));
}

interface Row {
  readonly name: string | Node;
  readonly figure: string;
  readonly kind: "value" | "adjoint" | "plain";
  readonly tooltip?: string;
}

/** Names left, figures right. */
export function figures(rows: readonly Row[]): HTMLElement {
  return html(
    "dl",
    { class: "figures" },
    ...rows.flatMap(({ name, figure, kind, tooltip }) => [
      html("dt", {}, name),
      html("dd", { class: kind, title: tooltip }, figure),
    ]),
  );
}
