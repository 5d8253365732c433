/** One selection everywhere, and one place in the backward pass: keeps graph, steps, details and the editor together. */
import type { Card, Diagnostic, MemoryScope, SearchHit, SourceRange } from "../engine/process/protocol.ts";
import { flowOf, titleOf } from "../engine/process/findings.ts";
import { AnswerError, type Channel } from "./channel.ts";
import type { Details } from "./details/details.ts";
import type { NodeContext } from "./details/node.ts";
import { findAgain, markOf, nodesOf } from "./findings/finding.ts";
import type { FlowPane, Span } from "./flow/pane.ts";
import type { GraphPane } from "./graph/pane.ts";
import { drawnFor } from "./graph/pass.ts";
import type { MemoryPane } from "./memory/pane.ts";
import type { Session } from "./session.ts";
import type { Movement, StepsPane } from "./steps/pane.ts";
import { formatCount } from "./format.ts";
import { debounced } from "./ui/dom.ts";
import { sameSelection, type Selection } from "./view.ts";

/** While steps play fast, details and the editor's mark follow only where the pass rests. */
const restMs = 90;

export interface InspectorParts {
  readonly channel: Channel;
  readonly graph: GraphPane;
  readonly steps: StepsPane;
  readonly flow: FlowPane;
  readonly memory: MemoryPane;
  readonly details: Details;
  /** Does work and tells what goes wrong in it. */
  readonly attempt: (work: Promise<unknown>) => Promise<void>;
  /** Called when what is to be remembered has changed. */
  readonly changed: () => void;
  /** Another finding is looked at, or none any more. */
  readonly looking: (finding: Diagnostic | undefined) => void;
}

export class Inspector {
  readonly #parts: InspectorParts;
  #session: Session | undefined;
  /** A finding was opened before there was a graph. */
  #toSpread = false;
  /** The node at which the pass stands. */
  #standing: number | undefined;

  constructor(parts: InspectorParts) {
    this.#parts = parts;
  }

  open(session: Session | undefined): void {
    this.#session = session;
    if (session?.view.finding && !this.finding) delete session.view.finding;
    this.#parts.flow.open(session, this.finding);
    this.#parts.memory.open(session);
    if (session && !session.view.selection) this.#showWhole(session);
  }

  // ------------------------------------------------------------------------------------------------------ findings

  /** The finding that is looked at. */
  get finding(): Diagnostic | undefined {
    return this.#session?.ready.diagnostics[this.#findingIndex()];
  }

  #findingIndex(): number {
    const { finding } = this.#session?.view ?? {};
    return finding && this.#session ? findAgain(this.#session.ready.diagnostics, finding) : -1;
  }

  /** Looks at one of the findings; undefined: at none any more. */
  lookAt(index: number | undefined): void {
    const { channel, graph } = this.#parts;
    const session = this.#session;
    const finding = index === undefined ? undefined : session?.ready.diagnostics[index];
    if (!session || (index !== undefined && !finding)) return;
    if (finding) session.view.finding = markOf(finding);
    else delete session.view.finding;
    this.#keep(undefined);
    if (!finding) channel.post({ type: "unmark" });
    this.#parts.looking(finding);
    this.#parts.flow.open(session, finding);
    this.#follow(false);
    const hits = finding && graph.graph ? drawnIds(graph, nodesOf(finding, graph.graph)) : new Set<string>();
    graph.view.markHits(hits);
    const [first] = hits;
    if (first !== undefined) graph.view.show(first);
    if (finding) this.#mark();
    if (!graph.graph) this.#toSpread = true;
    else void this.#parts.attempt(this.#spread());
  }

  /** Shows all of the chain that a finding speaks of. */
  async #spread(): Promise<void> {
    const layers = this.finding && flowOf(this.finding)?.layers;
    if (!layers) return;
    await this.#parts.graph.spread(layers[0]!.node, layers.at(-1)!.node);
    this.redraw();
  }

  /** Once the graph is drawn: does what had to wait for it. */
  async drawn(): Promise<void> {
    this.redraw();
    this.#parts.memory.look();
    if (!this.#toSpread) return;
    this.#toSpread = false;
    await this.#spread();
  }

  /** Goes round the findings. */
  nextFinding(by: 1 | -1): void {
    const count = this.#session?.ready.diagnostics.length ?? 0;
    if (count === 0) return;
    const at = this.#findingIndex();
    this.lookAt(at < 0 ? (by > 0 ? 0 : count - 1) : (at + by + count) % count);
  }

  /** Escape: leaves what is selected, then the finding. */
  leave(): void {
    if (this.#session?.view.selection) this.select(undefined);
    else if (this.finding) this.lookAt(undefined);
  }

  /** Lights a node up while the pointer is on what stands for it somewhere else. */
  hover(node: number | undefined): void {
    const { graph, view } = this.#parts.graph;
    view.hover(node === undefined || !graph ? undefined : drawnFor(graph, node));
  }

  // ----------------------------------------------------------------------------------------------------- selection

  /** Selects what is drawn as `id`; undefined: nothing. */
  selectDrawn(id: string | undefined, show = false): void {
    if (id === undefined) {
      this.select(undefined);
      return;
    }
    const card = this.#parts.graph.graph?.cards.find((each) => each.id === id);
    this.select(card ? { node: card.node } : { group: id }, show);
  }

  select(selection: Selection | undefined, show = false): void {
    if (!this.#session) return;
    this.#keep(selection);
    if (selection === undefined) this.#parts.channel.post({ type: "unmark" });
    this.#follow(show);
    this.#mark();
  }

  /** Shows a node wherever it is: opens the groups around it. */
  async goTo(node: number): Promise<void> {
    await this.#parts.attempt(this.#parts.graph.reveal(node));
    this.redraw();
    this.select({ node }, true);
  }

  /** Shows a call or a loop: opens the groups around it. */
  async goToScope({ first, last }: MemoryScope): Promise<void> {
    const session = this.#session;
    await this.#parts.attempt(
      this.#parts.graph.showSpan(first, last).then((id) => {
        if (session === this.#session && id !== undefined) this.selectDrawn(id, true);
      }),
    );
  }

  /** More is known of what is selected. */
  refill(): void {
    this.#fill();
  }

  /** The editor's cursor stands on these nodes. All of them light up; the first that is drawn is selected. */
  selectFromEditor(nodes: readonly number[]): void {
    if (!this.#session) return;
    const { graph } = this.#parts.graph;
    const [first] = nodes;
    if (!graph) {
      // A panel that was opened to show this node draws its graph first, and then lights up what is kept.
      if (first !== undefined) this.#keep({ node: first });
      return;
    }
    this.#parts.graph.view.markHits(drawnIds(this.#parts.graph, nodes));
    const { selection } = this.#session.view;
    if (first === undefined || (selection && "node" in selection && nodes.includes(selection.node))) return;
    this.#keep({ node: nodes.find((node) => graph.cards.some((card) => card.node === node)) ?? first });
    this.#follow(true);
  }

  /** Enter or double-click: opens or closes a group, goes to a node's source. */
  activate(id: string): void {
    const { graph, channel } = this.#parts;
    const card = graph.graph?.cards.find((each) => each.id === id);
    const session = this.#session;
    if (!session) return;
    if (!card) {
      this.toggle(id);
      return;
    }
    const target = { function: session.ready.function, node: card.node };
    channel.post({ type: "reveal", trace: session.ready.trace, target, focus: true });
  }

  toggle(group: string): void {
    void this.#parts.attempt(this.#parts.graph.toggle(group).then(() => this.redraw()));
  }

  markHits(hits: readonly SearchHit[]): void {
    const nodes = hits.map(({ node }) => node);
    this.#parts.graph.view.markHits(drawnIds(this.#parts.graph, nodes));
  }

  /** The pass has moved: `done` steps are done, the last by `node`. */
  stepped(done: number, node: number | undefined, by: Movement): void {
    const { graph } = this.#parts;
    if (!this.#session) return;
    this.#standing = node;
    graph.update({ done, node: node ?? -1 });
    if (by === "restored") {
      this.#markStep();
      return;
    }
    this.#keep(node === undefined ? undefined : { node });
    const drawn = this.#light();
    this.#markStep();
    if (drawn !== undefined) graph.view.show(drawn);
    this.#fill();
    this.#mark();
    if (by === "person") this.#parts.changed();
  }

  /** The selected node's card, if it is drawn. */
  get selectedCard(): Card | undefined {
    const node = this.#selectedNode();
    return this.#parts.graph.graph?.cards.find((card) => card.node === node);
  }

  /** Selects in a newer trace what was selected in the one before: the card that is called the same and does the same. */
  findAgain({ label, op, node }: Card): void {
    const same = (this.#parts.graph.graph?.cards ?? []).filter((card) => card.label === label && card.op === op);
    const nearest = same.sort((a, b) => Math.abs(a.node - node) - Math.abs(b.node - node))[0];
    this.#keep(nearest && { node: nearest.node });
  }

  /** After a new drawing or another mode: what is selected and where the pass stands is marked again. */
  redraw(): void {
    this.#light();
    const { graph, view } = this.#parts.graph;
    if (this.finding && graph) view.markHits(drawnIds(this.#parts.graph, nodesOf(this.finding, graph)));
    this.#markStep();
    this.#fill();
    this.#parts.changed();
  }

  readonly reveal = (source: SourceRange): void => {
    const trace = this.#session?.ready.trace ?? 0;
    this.#parts.channel.post({ type: "reveal", trace, target: { source }, focus: true });
  };

  readonly markSource = (source: SourceRange): void => {
    const trace = this.#session?.ready.trace ?? 0;
    this.#parts.channel.post({ type: "reveal", trace, target: { source }, focus: false });
  };

  #keep(selection: Selection | undefined): void {
    const { view } = this.#session!;
    if (selection === undefined) delete view.selection;
    else view.selection = selection;
  }

  #follow(show: boolean): void {
    const drawn = this.#light();
    if (show && drawn !== undefined) this.#parts.graph.view.show(drawn);
    const node = this.#selectedNode();
    const card = this.#parts.graph.graph?.cards.find((each) => each.node === node);
    void this.#parts.steps.select(node, card?.step);
    this.#fill();
    this.#parts.changed();
  }

  #selectedNode(): number | undefined {
    const selection = this.#session?.view.selection;
    return selection && "node" in selection ? selection.node : undefined;
  }

  /** Lights up what is drawn for the selection. */
  #light(): string | undefined {
    const { graph, view } = this.#parts.graph;
    const selection = this.#session?.view.selection;
    const span = this.#span();
    this.#parts.flow.select(span);
    this.#parts.memory.select(span);
    if (!graph) return undefined;
    const drawn =
      selection === undefined ? undefined : "node" in selection ? drawnFor(graph, selection.node) : selection.group;
    view.select(drawn);
    return drawn;
  }

  /** The nodes that the selection spans. */
  #span(): Span | undefined {
    const selection = this.#session?.view.selection;
    if (!selection) return undefined;
    if ("node" in selection) return { first: selection.node, last: selection.node };
    return this.#parts.graph.graph?.groups.find(({ id }) => id === selection.group);
  }

  /** Marks the card, or the group around it, at which the pass stands. */
  #markStep(): void {
    const { graph, steps } = this.#parts;
    const view = this.#session?.view;
    const done = view?.mode === "backward" ? view.step : undefined;
    const node = done === undefined || done === 0 ? undefined : this.#standing;
    const drawn = node === undefined || !graph.graph ? undefined : drawnFor(graph.graph, node);
    graph.view.markStep(drawn, formatCount(done ?? 0), formatCount(steps.total));
  }

  /** Shows the selection's place in the editor, which keeps the keyboard where it is. */
  readonly #mark = debounced(restMs, (): void => {
    const selection = this.#session?.view.selection;
    if (!this.#session) return;
    const { trace, function: name } = this.#session.ready;
    const post = this.#parts.channel.post.bind(this.#parts.channel);
    if (selection === undefined) {
      if (this.finding) post({ type: "reveal", trace, target: { source: this.finding.source }, focus: false });
      return;
    }
    if ("node" in selection) {
      post({ type: "reveal", trace, target: { function: name, node: selection.node }, focus: false });
      return;
    }
    const group = this.#parts.graph.graph?.groups.find(({ id }) => id === selection.group);
    if (group) post({ type: "reveal", trace, target: { source: group.source }, focus: false });
  });

  readonly #fill = debounced(restMs / 3, () => void this.#parts.attempt(this.#fillDetails()));

  async #fillDetails(): Promise<void> {
    const session = this.#session;
    if (!session) return;
    const { details, graph, memory } = this.#parts;
    const { selection } = session.view;
    const context = this.#context(session);
    const back = this.finding && { title: titleOf(this.finding), press: () => this.select(undefined) };
    if (selection !== undefined && "node" in selection) {
      try {
        const node = await session.ask("details", { node: selection.node });
        if (session !== this.#session || !sameSelection(selection, session.view.selection)) return;
        details.node(node, { ...context, kept: memory.lineOf(node) }, back);
        memory.describe(node);
      } catch (error) {
        if (!(error instanceof AnswerError)) throw error;
        details.problem(error.message);
      }
      return;
    }
    const group = graph.graph?.groups.find(({ id }) => id === selection?.group);
    if (group) details.group(group, context, () => this.toggle(group.id), back);
    else this.#showWhole(session);
  }

  /** What is shown while nothing in the graph is selected: the finding, else the function. */
  #showWhole(session: Session): void {
    const { details, channel } = this.#parts;
    const { ready, settings } = session;
    const { finding } = this;
    const context = this.#context(session);
    if (!finding) {
      details.overview(ready, context);
      return;
    }
    const index = this.#findingIndex();
    details.finding(finding, {
      events: context.events,
      fixEvents: {
        apply: (fix, preview) => channel.post({ type: "fix", trace: ready.trace, diagnostic: index, fix, preview }),
      },
      digits: settings.digits,
      tryingFixes: ready.tryingFixes,
      plot: this.#parts.flow.inset,
      jacobian: this.#parts.flow.jacobian,
      index,
      count: ready.diagnostics.length,
      close: () => this.lookAt(undefined),
      next: (by) => this.nextFinding(by),
    });
  }

  #context(session: Session): NodeContext {
    return {
      function: session.ready.function,
      digits: session.settings.digits,
      events: {
        selectNode: (node) => void this.goTo(node),
        reveal: this.reveal,
        mark: this.markSource,
        selectFinding: (finding) => this.lookAt(finding),
      },
      elements: (node, of) => session.ask("tensor", { node, of }),
    };
  }
}

function drawnIds({ graph }: GraphPane, nodes: readonly number[]): Set<string> {
  return new Set(graph ? nodes.map((node) => drawnFor(graph, node)).filter((id) => id !== undefined) : []);
}
