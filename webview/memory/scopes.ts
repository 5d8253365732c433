/** What is kept, by calls and loops. */
import type { MemoryReport, MemoryScope, SourceRange } from "../../engine/process/protocol.ts";
import type { Span } from "../flow/pane.ts";
import { formatBytes, formatCount, formatShare } from "../format.ts";
import { html } from "../ui/dom.ts";
import { bytesBar, bytesFigure } from "./bytes.ts";
import { Rows, type Column } from "./rows.ts";

const columns: readonly Column[] = [
  { name: "kept", class: "bytes" },
  { name: "", class: "bar" },
  { name: "call or loop", class: "label" },
  { name: "line", class: "line" },
  { name: "values", class: "count" },
  { name: "alone", class: "own", tooltip: "Kept of what is computed in it alone, not in the calls and loops inside" },
  { name: "work", class: "work", tooltip: "Share of the forward pass's work that is done in it" },
];

interface ScopeEvents {
  readonly selectScope: (scope: MemoryScope) => void;
  readonly reveal: (source: SourceRange) => void;
}

export class ScopeTable {
  readonly element: HTMLElement;
  readonly #rows: Rows<MemoryScope>;
  /** The one that was chosen here: several may stand in one group of the graph. */
  #chosen: MemoryScope | undefined;

  constructor({ selectScope, reveal }: ScopeEvents) {
    this.#rows = new Rows<MemoryScope>("What is kept, by calls and loops", "memory-scopes", columns, {
      select: (scope) => {
        this.#chosen = scope;
        this.mark(scope);
        selectScope(scope);
      },
      open: ({ source }) => reveal(source),
    });
    this.element = this.#rows.element;
  }

  show({ scopes, kept }: MemoryReport): void {
    this.#chosen = undefined;
    const depths = depthsOf(scopes);
    this.#rows.show(
      scopes,
      "Here is told what each call and each loop keeps. This function has one at most.",
      (scope) => [
        bytesFigure(scope.bytes),
        bytesBar(scope.bytes, kept.bytes),
        labelOf(scope, depths.get(scope.id) ?? 0),
        String(scope.source.line),
        formatCount(scope.values),
        scope.ownBytes === scope.bytes ? "" : formatBytes(scope.ownBytes),
        formatShare(scope.work),
      ],
      ({ id }) => depths.get(id) ?? 0,
    );
  }

  mark(span: Span | undefined): void {
    if (this.#chosen && !(span && span.first <= this.#chosen.first && this.#chosen.last <= span.last))
      this.#chosen = undefined;
    this.#rows.mark((scope) =>
      this.#chosen ? scope === this.#chosen : scope.first === span?.first && scope.last === span.last,
    );
  }
}

function labelOf({ label, repeats }: MemoryScope, depth: number): HTMLElement {
  const indent = html("span", { class: "indent" });
  indent.style.width = `${String(depth * 14)}px`;
  const times = repeats > 1 ? html("span", { class: "more" }, ` ×${formatCount(repeats)}`) : undefined;
  return html("span", { title: label }, indent, label, times);
}

function depthsOf(scopes: readonly MemoryScope[]): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  for (const { id, parent } of scopes) depths.set(id, parent === undefined ? 0 : (depths.get(parent) ?? 0) + 1);
  return depths;
}
