/** The graph of the session's function: asks for what is visible, lays it out, draws it. */
import type { Graph, Group } from "../../engine/process/protocol.ts";
import { CancelledError } from "../channel.ts";
import { formatPlural } from "../format.ts";
import type { Session } from "../session.ts";
import type { Direction } from "./geometry.ts";
import type { Layout } from "./layout.ts";
import { LayoutEngine } from "./layoutEngine.ts";
import { currentFonts } from "./measure.ts";
import { drawnFor, finished, Pass, type Standing } from "./pass.ts";
import type { Look } from "./shape.ts";
import { GraphView, type GraphEvents } from "./view.ts";

/** Below this width data flows downwards, so that cards stay readable beside an editor. */
const narrow = 640;

/** Cards and groups of a first look: what a person takes in at once. What they open comes on top. */
const firstLook = 30;

export class GraphPane {
  readonly view: GraphView;
  readonly #layouts: LayoutEngine;
  /** Called when what is to be remembered of the view has changed. */
  readonly #changed: () => void;
  #session: Session | undefined;
  #asked: AbortController | undefined;
  #standing: Standing = finished;
  #heat = false;
  #fonts = "";

  constructor(layouts: LayoutEngine, events: GraphEvents, changed: () => void) {
    this.#changed = changed;
    this.#layouts = layouts;
    this.view = new GraphView(events);
    this.view.viewport.changed = () => this.#remember();
    new ResizeObserver(() => this.#resized()).observe(this.view.element);
    new MutationObserver(() => this.#themeChanged()).observe(document.documentElement, {
      attributeFilter: ["style", "class"],
    });
  }

  get graph(): Graph | undefined {
    return this.view.graph;
  }

  /** Shows a session's graph. A newer trace of the function that is shown takes its place without moving it. */
  async open(session: Session): Promise<void> {
    const sameFunction = this.#session?.isOf(session.ready) === true && this.view.layout !== undefined;
    this.#session = session;
    const layout = await this.#fetch(session.view.open);
    const anchor = sameFunction ? this.#anchor(layout.graph) : undefined;
    this.view.render(layout, this.#look(layout.graph), anchor);
    if (sameFunction) return;
    if (session.view.viewport) this.view.viewport.set(session.view.viewport);
    else this.#begin(layout);
  }

  /** Empties the drawing: another function's must not be seen meanwhile. */
  close(): void {
    this.#asked?.abort();
    this.#layouts.cancel();
    this.#session = undefined;
    this.view.clear();
  }

  /** Opens or closes a group in place. */
  async toggle(id: string): Promise<void> {
    const graph = this.graph;
    const group = graph?.groups.find((each) => each.id === id);
    if (!graph || !group) return;
    const open = group.open ? without(graph, id) : [...graph.open, id];
    const layout = await this.#fetch(open);
    this.view.render(layout, this.#look(layout.graph), { from: id, to: id });
    this.view.show(id);
  }

  /** Shows the whole, with the groups opened that stand for both ends of a chain at once: what lies between is seen. */
  async spread(first: number, last: number): Promise<void> {
    const { graph } = this;
    if (!graph) return;
    const around = drawnFor(graph, first);
    const isShut = graph.groups.some(({ id, open }) => id === around && !open);
    if (around !== undefined && isShut && around === drawnFor(graph, last)) {
      await this.toggle(around);
      // One call around the loop, and another around that.
      await this.spread(first, last);
    } else this.fit();
  }

  /** Opens groups until the nodes `first` to `last` have one of their own, and tells what stands for them. */
  async showSpan(first: number, last: number): Promise<string | undefined> {
    const { graph } = this;
    const around = graph && tightest(graph, first, last);
    if (!around || around.open || (around.first === first && around.last === last)) return around?.id;
    await this.toggle(around.id);
    // No more than fits was opened.
    if (this.graph?.groups.some(({ id, open }) => id === around.id && open) !== true) return around.id;
    return this.showSpan(first, last);
  }

  /** Opens the groups around a node until it is drawn. */
  async reveal(node: number): Promise<void> {
    const graph = this.graph;
    if (!graph) return;
    const from = drawnFor(graph, node);
    if (graph.cards.some((card) => card.node === node)) return;
    const layout = await this.#fetch(graph.open, node);
    const to = drawnFor(layout.graph, node);
    this.view.render(
      layout,
      this.#look(layout.graph),
      from !== undefined && to !== undefined ? { from, to } : undefined,
    );
  }

  /** Follows the mode, and the pass where it moves. */
  update(standing = this.#standing): void {
    this.#standing = standing;
    if (this.graph) this.view.update(this.#look(this.graph));
  }

  /** Whether cards and groups are coloured by their adjoints. */
  set heat(on: boolean) {
    if (on === this.#heat) return;
    this.#heat = on;
    this.update();
    // The legend needs room, or gives it back.
    if (this.view.viewport.fitted) this.fit(false);
  }

  fit(smooth = true): void {
    const { layout, viewport } = this.view;
    if (!layout) return;
    viewport.fit(layout.size, smooth);
  }

  #fetch(open: readonly string[] | undefined, reveal?: number): Promise<Layout> {
    return this.view.busy.during("Asking for the graph…", async (say) => {
      this.#asked?.abort();
      const session = this.#session!;
      const asked = (this.#asked = new AbortController());
      const budget =
        open || reveal !== undefined ? session.settings.budget : Math.min(firstLook, session.settings.budget);
      const request = { budget, ...(open && { open }), ...(reveal !== undefined && { reveal }) };
      const graph = await session.ask("graph", request, AbortSignal.any([asked.signal, session.signal]));
      session.view.open = graph.open;
      this.view.caption(session.ready.title, this.#direction());
      say(layingOut(graph));
      return this.#layouts.layout(graph, this.#direction(), session.settings.digits);
    });
  }

  #look(graph: Graph): Look {
    const { view, settings } = this.#session!;
    const standing = view.mode === "backward" && view.step !== undefined ? this.#standing : finished;
    return { mode: view.mode, pass: new Pass(graph, standing), digits: settings.digits, heat: this.#heat };
  }

  /** What stays in place: the selection, or else the result. */
  #anchor(next: Graph): { from: string; to: string } | undefined {
    const before = this.graph;
    if (!before) return undefined;
    const selection = this.#session?.view.selection;
    const selected =
      selection === undefined ? undefined : "node" in selection ? drawnFor(before, selection.node) : selection.group;
    const kept = [selected, before.output, ...before.cards.map((card) => card.id)];
    const ids = new Set([...next.cards, ...next.groups].map((each) => each.id));
    const id = kept.find((each) => each !== undefined && ids.has(each));
    return id === undefined ? undefined : { from: id, to: id };
  }

  #direction(): Direction {
    const { clientWidth, clientHeight } = this.view.element;
    return clientWidth < narrow && clientHeight > clientWidth * 0.7 ? "down" : "right";
  }

  #remember(): void {
    if (!this.#session) return;
    if (this.view.viewport.untouched) delete this.#session.view.viewport;
    else this.#session.view.viewport = this.view.viewport.frame;
    this.#changed();
  }

  #resized(): void {
    const { layout } = this.view;
    if (!layout || !this.#session || this.view.element.clientWidth === 0) return;
    if (layout.direction !== this.#direction()) this.#again();
    else if (this.view.viewport.fitted) this.fit(false);
    else if (this.view.viewport.untouched) this.#begin(layout);
  }

  /** A first look, with what is selected in it. */
  #begin(layout: Layout): void {
    this.view.viewport.begin(layout.size, layout.boxes.get(layout.graph.output));
    const { selected } = this.view;
    if (selected !== undefined) this.view.show(selected);
  }

  #themeChanged(): void {
    const fonts = JSON.stringify(currentFonts());
    if (fonts !== this.#fonts && this.#fonts !== "") this.#again();
    this.#fonts = fonts;
  }

  #again(): void {
    this.#layOutAgain().catch((error: unknown) => {
      // A newer layout has taken its place.
      if (!(error instanceof CancelledError)) throw error;
    });
  }

  async #layOutAgain(): Promise<void> {
    const { graph } = this;
    if (!graph || !this.#session) return;
    const { digits } = this.#session.settings;
    this.view.caption(this.#session.ready.title, this.#direction());
    const layout = await this.view.busy.during(layingOut(graph), () =>
      this.#layouts.layout(graph, this.#direction(), digits),
    );
    this.view.render(layout, this.#look(layout.graph));
    if (this.view.viewport.fitted) this.fit(false);
    else this.#begin(layout);
  }
}

function layingOut({ cards, groups }: Graph): string {
  return `Laying out ${formatPlural(cards.length + groups.length, "card")}…`;
}

/** The open groups without `id` and what is inside it. */
function without(graph: Graph, id: string): string[] {
  const parents = new Map(graph.groups.map((group) => [group.id, group.parent]));
  const inside = (group: string | undefined): boolean =>
    group !== undefined && (group === id || inside(parents.get(group)));
  return graph.open.filter((group) => !inside(group));
}

/** The innermost group that all of these nodes stand in. */
function tightest({ groups }: Graph, first: number, last: number): Group | undefined {
  return groups
    .filter((group) => group.first <= first && last <= group.last)
    .sort((a, b) => a.last - a.first - (b.last - b.first))[0];
}
