/** The panel: answers the extension's messages and keeps graph, steps, details, toolbar and editor in one selection. */
import type { SearchHit, SourceRange } from "../engine/process/protocol.ts";
import type {
  Answer,
  PanelAct,
  PanelCommand,
  PanelSettings,
  PanelState,
  Ready,
  ToPanel,
} from "../extension/panel/protocol.ts";
import { AnswerError, CancelledError, Channel, type VSCodeApi } from "./channel.ts";
import { Details } from "./details/details.ts";
import type { NodeContext } from "./details/node.ts";
import { handleKeys } from "./graph/keys.ts";
import type { LayoutEngine } from "./graph/layoutEngine.ts";
import { GraphPane } from "./graph/pane.ts";
import { drawnFor } from "./graph/pass.ts";
import { pngPicture, svgPicture } from "./graph/picture.ts";
import { Search } from "./search/search.ts";
import { Session } from "./session.ts";
import { StepsPane } from "./steps/pane.ts";
import { Stage } from "./ui/stage.ts";
import { debounced } from "./ui/dom.ts";
import { Notices, progressText } from "./ui/notices.ts";
import { Screen } from "./ui/screen.ts";
import { Toolbar } from "./ui/toolbar.ts";
import { Memory, sameSelection, type Mode, type Selection } from "./view.ts";

const defaults: PanelSettings = { digits: 4, budget: 150 };
/** While steps play fast, details and the editor's mark follow only where the pass rests. */
const restMs = 90;

export class Panel {
  readonly #channel: Channel;
  readonly #memory: Memory;
  readonly #graph: GraphPane;
  readonly #steps: StepsPane;
  readonly #details = new Details();
  readonly #search: Search;
  readonly #toolbar: Toolbar;
  readonly #notices: Notices;
  readonly #screen: Screen;
  readonly #stage: Stage;
  #settings = defaults;
  #session: Session | undefined;
  #stale = false;
  #problem: string | undefined;

  constructor(api: VSCodeApi, layouts: LayoutEngine) {
    this.#memory = new Memory(api);
    this.#channel = new Channel(api, (message) => this.#receive(message));
    const leave = { act: (act: PanelAct) => this.#channel.post({ type: "act", act }), reveal: this.#revealSource };
    this.#notices = new Notices(leave);
    this.#screen = new Screen(leave);
    this.#search = new Search({
      search: (query, limit, signal) => this.#session?.ask("search", { query, limit }, signal) ?? Promise.resolve([]),
      found: (hits) => this.#markHits(hits),
      choose: (hit) => void this.#goTo(hit.node),
      leave: () => this.#graph.view.element.focus(),
    });
    this.#graph = new GraphPane(
      layouts,
      {
        select: (id) => this.#select(this.#selectionOf(id)),
        activate: (id) => this.#activate(id),
        toggle: (id) => void this.#attempt(this.#graph.toggle(id).then(() => this.#afterLayout())),
      },
      () => this.#save(),
    );
    this.#steps = new StepsPane({ moved: (done, step, playing) => this.#stepped(done, step?.node, playing) });
    this.#toolbar = new Toolbar(this.#search.element, {
      chooseFunction: (name) => this.#channel.post({ type: "function", function: name }),
      chooseMode: (mode) => this.#setMode(mode),
      fit: () => this.#graph.fit(),
      pin: () => this.#pin(),
      findings: () => this.#select(undefined),
      exportAs: (format) => void this.#attempt(this.#export(format)),
    });
    this.#stage = new Stage(
      {
        toolbar: this.#toolbar.element,
        notices: this.#notices.element,
        graph: this.#graph.view.element,
        details: this.#details.element,
        steps: this.#steps.element,
        screen: this.#screen.element,
      },
      this.#memory.arrangement,
      () => this.#save(),
    );
    handleKeys(this.#graph, {
      select: (id) => this.#select(this.#selectionOf(id), true),
      activate: (id) => this.#activate(id),
      search: () => this.#search.focus(),
      step: (by) => this.#stepBy(by),
      play: () => this.#play(),
    });
    this.#channel.post({ type: "ready" });
  }

  #receive(message: Exclude<ToPanel, Answer>): void {
    switch (message.type) {
      case "show":
        return this.#show(message.state);
      case "progress":
        this.#screen.progress(message.progress);
        return this.#stage.progress(message.progress && progressText(message.progress));
      case "stale":
        if (message.trace !== this.#session?.ready.trace) return;
        this.#stale = message.stale;
        return this.#notice();
      case "select":
        if (message.trace !== this.#session?.ready.trace || message.function !== this.#session.ready.function) return;
        return this.#selectFromEditor(message.nodes);
      case "settings":
        this.#settings = message.settings;
        this.#search.digits = message.settings.digits;
        if (this.#session) this.#show(this.#session.ready);
        return;
      case "command":
        return this.#command(message.command);
      default:
        message satisfies never;
    }
  }

  #show(state: PanelState): void {
    if (
      state.kind === "loading" &&
      this.#session?.ready.file === state.file &&
      this.#session.ready.function === (state.function ?? this.#session.ready.function)
    ) {
      return; // what is shown stays until the new answer is there
    }
    if (state.kind === "ready") {
      void this.#attempt(this.#open(state));
      return;
    }
    this.#session?.end();
    this.#session = undefined;
    this.#graph.close();
    this.#screen.show(state);
    this.#stage.show("screen");
  }

  async #open(ready: Ready): Promise<void> {
    const same = this.#session?.isOf(ready) === true;
    this.#session?.end();
    if (!same) this.#graph.close();
    const session = new Session(this.#channel, ready, this.#memory.view(ready.file, ready.function), this.#settings);
    this.#session = session;
    this.#stale = ready.stale;
    this.#problem = undefined;
    this.#stage.show("graph");
    this.#toolbar.show(ready, undefined);
    this.#toolbar.mode(session.view.mode);
    this.#stage.mode(session.view.mode);
    this.#notice();
    this.#save();
    if (!session.view.selection) this.#details.overview(ready, this.#context(session));
    await Promise.all([this.#graph.open(session), this.#steps.open(session)]);
    if (session !== this.#session) return;
    this.#afterLayout();
    this.#refreshDetails();
  }

  // ---------------------------------------------------------------------------------------------------- selection

  #select(selection: Selection | undefined, show = false): void {
    const session = this.#session;
    if (!session) return;
    if (selection === undefined) {
      delete session.view.selection;
      this.#channel.post({ type: "unmark" });
    } else session.view.selection = selection;
    const drawn = this.#light();
    if (show && drawn !== undefined) this.#graph.view.show(drawn);
    this.#lightRow();
    this.#refreshDetails();
    this.#mark();
    this.#save();
  }

  /** Lights up what is drawn for the selection. */
  #light(): string | undefined {
    const { graph } = this.#graph;
    const selection = this.#session?.view.selection;
    if (!graph) return undefined;
    const drawn =
      selection === undefined ? undefined : "node" in selection ? drawnFor(graph, selection.node) : selection.group;
    this.#graph.view.select(drawn);
    return drawn;
  }

  #lightRow(): void {
    const selection = this.#session?.view.selection;
    const node = selection && "node" in selection ? selection.node : undefined;
    void this.#steps.select(node, this.#graph.graph?.cards.find((card) => card.node === node)?.step);
  }

  /** Shows a node wherever it is: opens the groups around it. */
  async #goTo(node: number): Promise<void> {
    await this.#attempt(this.#graph.reveal(node));
    this.#afterLayout();
    this.#select({ node }, true);
  }

  #selectFromEditor(nodes: readonly number[]): void {
    const { graph } = this.#graph;
    const session = this.#session;
    if (!graph || !session) return;
    const drawn = new Set(nodes.map((node) => drawnFor(graph, node)).filter((id) => id !== undefined));
    this.#graph.view.markHits(drawn);
    const selection = session.view.selection;
    const [first] = nodes;
    if (first === undefined || (selection && "node" in selection && nodes.includes(selection.node))) return;
    const node = nodes.find((each) => graph.cards.some((card) => card.node === each)) ?? first;
    session.view.selection = { node };
    const id = this.#light();
    if (id !== undefined) this.#graph.view.show(id);
    this.#lightRow();
    this.#refreshDetails();
    this.#save();
  }

  #selectionOf(id: string | undefined): Selection | undefined {
    if (id === undefined) return undefined;
    const card = this.#graph.graph?.cards.find((each) => each.id === id);
    return card ? { node: card.node } : { group: id };
  }

  #activate(id: string): void {
    const { graph } = this.#graph;
    const session = this.#session;
    if (!graph || !session) return;
    const card = graph.cards.find((each) => each.id === id);
    if (!card) return void this.#attempt(this.#graph.toggle(id).then(() => this.#afterLayout()));
    const target = { function: session.ready.function, node: card.node };
    this.#channel.post({ type: "reveal", trace: session.ready.trace, target, focus: true });
  }

  readonly #revealSource = (source: SourceRange): void => {
    this.#channel.post({ type: "reveal", trace: this.#session?.ready.trace ?? 0, target: { source }, focus: true });
  };

  readonly #mark = debounced(restMs, (): void => {
    const session = this.#session;
    const selection = session?.view.selection;
    if (!session || selection === undefined) return;
    const group = "group" in selection ? this.#graph.graph?.groups.find(({ id }) => id === selection.group) : undefined;
    if ("group" in selection && !group) return;
    const target =
      "node" in selection ? { function: session.ready.function, node: selection.node } : { source: group!.source };
    this.#channel.post({ type: "reveal", trace: session.ready.trace, target, focus: false });
  });

  readonly #refreshDetails = debounced(restMs / 3, () => void this.#attempt(this.#fillDetails()));

  async #fillDetails(): Promise<void> {
    const session = this.#session;
    if (!session) return;
    const { selection } = session.view;
    const context = this.#context(session);
    if (selection === undefined) return this.#details.overview(session.ready, context);
    if ("node" in selection) {
      try {
        const node = await session.ask("details", { node: selection.node });
        if (session === this.#session && sameSelection(selection, session.view.selection))
          this.#details.node(node, context);
      } catch (error) {
        if (!(error instanceof AnswerError)) throw error;
        this.#details.problem(error.message);
      }
      return;
    }
    const group = this.#graph.graph?.groups.find(({ id }) => id === selection.group);
    if (group) this.#details.group(group, context, () => this.#activate(group.id));
    else this.#details.overview(session.ready, context);
  }

  #context(session: Session): NodeContext {
    return {
      function: session.ready.function,
      digits: session.settings.digits,
      events: {
        selectNode: (node) => void this.#goTo(node),
        reveal: this.#revealSource,
        copy: (text) => this.#channel.post({ type: "copy", text }),
      },
      elements: (node, of) => session.ask("tensor", { node, of }),
    };
  }

  #markHits(hits: readonly SearchHit[]): void {
    const { graph } = this.#graph;
    if (!graph) return;
    this.#graph.view.markHits(new Set(hits.map(({ node }) => drawnFor(graph, node)).filter((id) => id !== undefined)));
  }

  // ---------------------------------------------------------------------------------------------------- the pass

  #setMode(mode: Mode): void {
    if (!this.#session) return;
    this.#steps.player.stop();
    this.#session.view.mode = mode;
    this.#toolbar.mode(mode);
    this.#stage.mode(mode);
    this.#afterLayout();
    this.#graph.update();
    this.#save();
  }

  #stepped(done: number, node: number | undefined, playing: boolean): void {
    const session = this.#session;
    if (!session) return;
    this.#graph.update({ done, node: node ?? -1 });
    if (node === undefined) delete session.view.selection;
    else session.view.selection = { node };
    const drawn = this.#light();
    this.#markStep(done, drawn);
    if (drawn !== undefined) this.#graph.view.show(drawn);
    this.#refreshDetails();
    if (!playing) this.#save();
    this.#mark();
  }

  #markStep(done: number | undefined, drawn: string | undefined): void {
    const words = `step ${(done ?? 0).toLocaleString("en-US")} of ${this.#steps.total.toLocaleString("en-US")}`;
    this.#graph.view.markStep(done === undefined || done === 0 ? undefined : drawn, words);
  }

  #stepBy(by: number): void {
    if (this.#session?.view.mode !== "backward") this.#setMode("backward");
    this.#steps.player.step(by);
  }

  #play(): void {
    if (this.#session?.view.mode !== "backward") this.#setMode("backward");
    this.#steps.player.toggle();
  }

  // ---------------------------------------------------------------------------------------------------- the rest

  #afterLayout(): void {
    const { graph } = this.#graph;
    const session = this.#session;
    if (!graph || !session) return;
    this.#toolbar.show(session.ready, graph.totalNodes);
    this.#toolbar.pinned(session.pinned);
    const drawn = this.#light();
    const stepping = session.view.mode === "backward" && session.view.step !== undefined;
    this.#markStep(stepping ? session.view.step : undefined, drawn);
    this.#save();
  }

  #command(command: PanelCommand): void {
    switch (command) {
      case "search":
        return this.#search.focus();
      case "fit":
        return this.#graph.fit();
      case "exportSvg":
      case "exportPng":
        return void this.#attempt(this.#export(command === "exportSvg" ? "svg" : "png"));
      case "stepForward":
        return this.#stepBy(1);
      case "stepBack":
        return this.#stepBy(-1);
    }
  }

  async #export(format: "svg" | "png"): Promise<void> {
    const session = this.#session;
    if (!session || !this.#graph.graph) return;
    const data = format === "svg" ? svgPicture(this.#graph.view) : await pngPicture(this.#graph.view);
    await this.#channel.save({ format, name: `${session.ready.function}.${format}`, data });
  }

  #pin(): void {
    const session = this.#session;
    if (!session) return;
    session.pinned = !session.pinned;
    this.#channel.post({ type: "pin", pinned: session.pinned });
    this.#toolbar.pinned(session.pinned);
    this.#save();
  }

  #notice(): void {
    this.#notices.show({ stale: this.#stale, failure: this.#session?.ready.failure, problem: this.#problem });
    this.#stage.dim(this.#stale || this.#session?.ready.failure !== undefined);
  }

  #save(): void {
    if (!this.#session) return;
    const { ready, pinned } = this.#session;
    this.#memory.save(ready.file, ready.function, pinned);
  }

  /** Whatever goes wrong is told in one sentence, unless it was withdrawn. */
  async #attempt(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (error instanceof CancelledError) return;
      const message = error instanceof Error ? error.message : String(error);
      if (!(error instanceof AnswerError)) this.#channel.post({ type: "log", level: "error", message });
      this.#problem = message;
      this.#notice();
    }
  }
}
