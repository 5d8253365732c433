/** What the backward pass needs in memory: the course of the bytes, what is kept and why, and what checkpoints would change. */
import type {
  MemoryLine,
  MemoryRefusal,
  MemoryReport,
  MemoryScope,
  NodeDetails,
  SourceRange,
} from "../../engine/process/protocol.ts";
import { CancelledError } from "../channel.ts";
import { place, sourceLink, withCode } from "../details/parts.ts";
import type { Span } from "../flow/pane.ts";
import { describeBytes, formatBytes, formatPlural, formatShare } from "../format.ts";
import type { Session } from "../session.ts";
import { html } from "../ui/dom.ts";
import { CheckpointTable } from "./checkpoints.ts";
import { Course } from "./course.ts";
import { LineTable } from "./lines.ts";
import { ScopeTable } from "./scopes.ts";
import { Switch } from "./switch.ts";

export interface MemoryEvents {
  readonly select: (node: number) => void;
  readonly selectScope: (scope: MemoryScope) => void;
  /** Lights a node up while the pointer is on what stands for it. */
  readonly hover: (node: number | undefined) => void;
  /** Goes to a place in the source. */
  readonly reveal: (source: SourceRange) => void;
  /** Marks a place in the source; the keyboard stays here. */
  readonly mark: (source: SourceRange) => void;
  readonly copy: (text: string) => void;
  /** There is a report now, of which the details of a node tell as well. */
  readonly arrived: () => void;
}

export class MemoryPane {
  /** One line: the whole, or what the pointer reads in the plot. */
  readonly head = html("div", { class: "memory-head", "aria-live": "polite" });
  readonly element = html("div", { class: "memory" });
  readonly #events: MemoryEvents;
  readonly #course: Course;
  readonly #lines: LineTable;
  readonly #scopes: ScopeTable;
  readonly #checkpoints: CheckpointTable;
  readonly #switch: Switch;
  #session: Session | undefined;
  #asked = false;
  #shown: { readonly session: Session; readonly report: MemoryReport } | undefined;
  #span: Span | undefined;
  /** The node whose details have come last. */
  #described: NodeDetails | undefined;

  constructor(events: MemoryEvents) {
    this.#events = events;
    const { select, hover } = events;
    this.#course = new Course({ select, hover, read: (sentence) => this.#tell(sentence) });
    this.#lines = new LineTable(events);
    this.#scopes = new ScopeTable(events);
    this.#checkpoints = new CheckpointTable({
      ...events,
      go: (advice) => {
        const scope = this.#shown?.report.scopes.find((each) => isSamePlace(each.source, advice.source));
        if (scope) events.selectScope(scope);
        else events.mark(advice.source);
      },
    });
    this.#switch = new Switch("What is kept", [
      { label: "Lines", content: this.#lines.element },
      { label: "Scopes", content: this.#scopes.element },
      { label: "Checkpointing", content: this.#checkpoints.element },
    ]);
    new ResizeObserver(() => void this.#ask()).observe(this.element);
  }

  open(session: Session | undefined): void {
    if (session === this.#session) return;
    const old = this.#session;
    this.#session = session;
    this.#asked = false;
    this.#described = undefined;
    // What is known of the same function stays until the newer answer takes its place.
    const isSame = session !== undefined && this.#shown !== undefined && old?.isOf(session.ready) === true;
    if (isSame) this.element.classList.add("waiting");
    else this.#say("");
  }

  /** Asks once the graph is drawn, not before: the answer takes the engine a second where a model is large. */
  look(): void {
    void this.#ask();
  }

  /** Marks what is selected somewhere else, or here. */
  select(span: Span | undefined): void {
    this.#span = span;
    this.#course.mark(span);
    this.#scopes.mark(span);
    this.#markLine();
  }

  /** More is known of the node that is selected: it may be another turn of a line's expression. */
  describe(node: NodeDetails): void {
    this.#described = node;
    this.#markLine();
  }

  /** What is told of the line that a node is of, where that is known by now. */
  lineOf({ op, source }: NodeDetails): MemoryLine | undefined {
    if (this.#shown?.session !== this.#session) return undefined;
    return this.#shown?.report.lines.find((line) => line.op === op && isSamePlace(line.source, source));
  }

  #markLine(): void {
    const node = this.#span?.first === this.#span?.last ? this.#span?.first : undefined;
    const described = node !== undefined && this.#described?.id === node ? this.lineOf(this.#described) : undefined;
    this.#lines.mark((line) => line === described || line.node === node);
  }

  /** Where nobody looks, nothing is asked for. */
  async #ask(): Promise<void> {
    const session = this.#session;
    if (!session || this.#asked || this.element.clientHeight === 0) return;
    this.#asked = true;
    if (!this.#shown) this.#say("Working out what is alive when…");
    try {
      const answer = await session.ask("memory", {});
      if (session === this.#session) this.#show(session, answer);
    } catch (error) {
      if (session !== this.#session) return;
      this.#asked = false;
      if (!(error instanceof CancelledError)) this.#say(error instanceof Error ? error.message : String(error));
    }
  }

  #show(session: Session, answer: MemoryReport | MemoryRefusal): void {
    if ("refused" in answer) {
      const { refused, source } = answer;
      const link = source && sourceLink(source, place(source), (range) => this.#events.reveal(range));
      this.#say(...withCode(refused), ...(link ? [" ", link] : []));
      return;
    }
    const isFirst = this.#shown === undefined;
    this.#shown = { session, report: answer };
    this.element.classList.remove("waiting");
    this.#course.show(answer);
    this.#lines.show(answer);
    this.#scopes.show(answer);
    this.#checkpoints.show(answer);
    if (isFirst) {
      const kept = html("div", { class: "memory-kept" }, this.#switch.element, ...this.#switch.contents);
      this.element.replaceChildren(this.#course.element, kept);
    }
    this.#tell(undefined);
    this.select(this.#span);
    this.#events.arrived();
  }

  #say(...sentence: (Node | string)[]): void {
    this.#shown = undefined;
    this.head.textContent = this.head.title = "";
    this.element.classList.remove("waiting");
    this.element.replaceChildren(html("p", { class: "dim none" }, ...sentence));
  }

  #tell(read: string | undefined): void {
    if (!this.#shown) return;
    const { kept } = this.#shown.report;
    this.head.textContent = read ?? summary(this.#shown.report);
    this.head.title = read ? "" : `${describeBytes(kept.bytes)} in ${formatPlural(kept.values, "value")}`;
  }
}

/** "2.6 MB kept for the backward pass; parameters 180 KB, data 66 KB" */
function summary({ kept, held, recomputed }: MemoryReport): string {
  const besides = [
    ...(held.parameterBytes > 0 ? [`parameters ${formatBytes(held.parameterBytes)}`] : []),
    ...(held.dataBytes > 0 ? [`data ${formatBytes(held.dataBytes)}`] : []),
  ].join(", ");
  return [
    `${formatBytes(kept.bytes)} kept for the backward pass`,
    ...(besides === "" ? [] : [besides]),
    ...(recomputed > 0 ? [`${formatShare(recomputed)} of the forward pass is recomputed`] : []),
  ].join("; ");
}

function isSamePlace(a: SourceRange, b: SourceRange): boolean {
  return (
    a.file === b.file &&
    a.line === b.line &&
    a.column === b.column &&
    a.endLine === b.endLine &&
    a.endColumn === b.endColumn
  );
}
