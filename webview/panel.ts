/** The panel: puts its parts together and answers the extension's messages. */
import type { Diagnostic } from "../engine/process/protocol.ts";
import { flowOf } from "../engine/process/findings.ts";
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
import { FlowPane } from "./flow/pane.ts";
import { handleKeys } from "./graph/keys.ts";
import type { LayoutEngine } from "./graph/layoutEngine.ts";
import { GraphPane } from "./graph/pane.ts";
import { pngPicture, svgPicture } from "./graph/picture.ts";
import { Inspector } from "./inspector.ts";
import { MemoryPane } from "./memory/pane.ts";
import { Search } from "./search/search.ts";
import { Session } from "./session.ts";
import { StepsPane } from "./steps/pane.ts";
import { Notices, progressText } from "./ui/notices.ts";
import { Screen } from "./ui/screen.ts";
import { Stage } from "./ui/stage.ts";
import { Toolbar } from "./ui/toolbar.ts";
import { Remembered, type Mode } from "./view.ts";

/** Until the extension has sent its own. */
const firstSettings: PanelSettings = { digits: 4, budget: 150 };

export class Panel {
  readonly #channel: Channel;
  readonly #remembered: Remembered;
  readonly #graph: GraphPane;
  readonly #steps: StepsPane;
  readonly #flow: FlowPane;
  readonly #memory: MemoryPane;
  readonly #inspector: Inspector;
  readonly #search: Search;
  readonly #toolbar: Toolbar;
  readonly #notices: Notices;
  readonly #screen: Screen;
  readonly #stage: Stage;
  #settings = firstSettings;
  #session: Session | undefined;
  #stale = false;
  /** The node to go to as soon as the graph is drawn. */
  #toReveal: number | undefined;
  /** The person does not want the colours that come with a finding. */
  #plain = false;
  /** The memory was asked for before there was a trace. */
  #toShowMemory = false;
  /** A question that could not be answered. */
  #problem: string | undefined;

  constructor(api: VSCodeApi, layouts: LayoutEngine) {
    this.#remembered = new Remembered(api);
    this.#channel = new Channel(api, (message) => this.#receive(message));
    const details = new Details();
    this.#graph = new GraphPane(
      layouts,
      {
        select: (id) => this.#inspector.selectDrawn(id),
        activate: (id) => this.#inspector.activate(id),
        toggle: (id) => this.#inspector.toggle(id),
      },
      () => this.#save(),
    );
    this.#steps = new StepsPane({ moved: (done, step, by) => this.#inspector.stepped(done, step?.node, by) });
    this.#flow = new FlowPane({
      select: (node) => this.#inspector.select({ node }, true),
      hover: (node) => this.#inspector.hover(node),
      reveal: (source) => this.#inspector.markSource(source),
    });
    this.#memory = new MemoryPane({
      select: (node) => this.#inspector.select({ node }, true),
      selectScope: (scope) => void this.#inspector.goToScope(scope),
      hover: (node) => this.#inspector.hover(node),
      reveal: (source) => this.#inspector.reveal(source),
      mark: (source) => this.#inspector.markSource(source),
      copy: (text) => this.#channel.post({ type: "copy", text }),
      arrived: () => this.#inspector.refill(),
    });
    this.#inspector = new Inspector({
      channel: this.#channel,
      graph: this.#graph,
      steps: this.#steps,
      flow: this.#flow,
      memory: this.#memory,
      details,
      attempt: (work) => this.#attempt(work),
      changed: () => this.#save(),
      looking: (finding) => this.#looking(finding),
    });
    const { reveal } = this.#inspector;
    const act = (name: PanelAct) => this.#channel.post({ type: "act", act: name });
    this.#notices = new Notices({ act, reveal });
    this.#screen = new Screen({ act, reveal });
    this.#search = new Search({
      search: (query, limit, signal) => this.#session?.ask("search", { query, limit }, signal) ?? Promise.resolve([]),
      found: (hits) => this.#inspector.markHits(hits),
      choose: (hit) => void this.#inspector.goTo(hit.node),
      leave: () => this.#graph.view.element.focus(),
    });
    this.#toolbar = new Toolbar(this.#search.element, {
      chooseFunction: (name) => this.#channel.post({ type: "function", function: name }),
      chooseMode: (mode) => this.#setMode(mode),
      fit: () => this.#graph.fit(),
      pin: () => this.#pin(),
      nextFinding: () => this.#inspector.nextFinding(1),
      heat: () => this.#toggleHeat(),
      exportAs: (format) => void this.#attempt(this.#export(format)),
    });
    this.#stage = new Stage(
      {
        toolbar: this.#toolbar.element,
        notices: this.#notices.element,
        graph: this.#graph.view.element,
        details: details.element,
        flow: this.#flow,
        steps: this.#steps,
        memory: this.#memory,
        screen: this.#screen.element,
      },
      this.#remembered.arrangement,
      () => this.#save(),
    );
    handleKeys(this.#graph, {
      select: (id) => (id === undefined ? this.#inspector.leave() : this.#inspector.selectDrawn(id, true)),
      activate: (id) => this.#inspector.activate(id),
      finding: (by) => this.#inspector.nextFinding(by),
      search: () => this.#search.focus(),
      step: (by) => this.#stepBy(by),
      play: () => this.#play(),
    });
    details.element.addEventListener("keydown", ({ key }) => key === "Escape" && this.#inspector.leave());
    this.#channel.post({ type: "ready" });
  }

  #receive(message: Exclude<ToPanel, Answer>): void {
    switch (message.type) {
      case "show":
        this.#show(message.state);
        break;
      case "progress":
        this.#screen.progress(message.progress);
        this.#stage.progress(message.progress && progressText(message.progress));
        break;
      case "stale":
        if (message.trace !== this.#session?.ready.trace) break;
        this.#stale = message.stale;
        this.#notice();
        break;
      case "select":
        if (message.trace !== this.#session?.ready.trace || message.function !== this.#session.ready.function) break;
        this.#selectFromEditor(message.nodes, message.reveal === true);
        break;
      case "finding":
        if (message.trace !== this.#session?.ready.trace) break;
        this.#inspector.lookAt(message.diagnostic);
        break;
      case "settings":
        this.#settings = message.settings;
        this.#search.digits = message.settings.digits;
        if (this.#session) this.#show(this.#session.ready);
        break;
      case "command":
        this.#command(message.command);
        break;
      default:
        message satisfies never;
    }
  }

  #show(state: PanelState): void {
    if (state.kind === "ready") {
      void this.#attempt(this.#open(state));
      return;
    }
    const shown = this.#session?.ready;
    // What is shown stays until the new answer is there.
    if (state.kind === "loading" && shown?.file === state.file && shown.function === (state.function ?? shown.function))
      return;
    this.#session?.end();
    this.#session = undefined;
    this.#inspector.open(undefined);
    this.#graph.close();
    this.#screen.show(state);
    this.#stage.show("screen");
  }

  async #open(ready: Ready): Promise<void> {
    if (this.#update(ready)) return;
    const same = this.#session?.isOf(ready) === true;
    const selected = same ? this.#inspector.selectedCard : undefined;
    this.#session?.end();
    if (!same) this.#graph.close();
    const session = new Session(
      this.#channel,
      ready,
      this.#remembered.view(ready.file, ready.function),
      this.#settings,
    );
    this.#session = session;
    if (this.#toShowMemory) session.view.mode = "backward";
    this.#toShowMemory = false;
    this.#stale = ready.stale;
    this.#problem = undefined;
    this.#stage.show("graph");
    this.#toolbar.show(ready, undefined);
    this.#showMode(session.view.mode);
    this.#notice();
    this.#inspector.open(session);
    this.#showHeat();
    this.#save();
    await Promise.all([this.#graph.open(session), this.#steps.open(session)]);
    if (session !== this.#session) return;
    this.#toolbar.show(ready, this.#graph.graph?.totalNodes);
    if (selected) this.#inspector.findAgain(selected);
    await this.#inspector.drawn();
    const node = this.#toReveal;
    this.#toReveal = undefined;
    if (node !== undefined) await this.#inspector.goTo(node);
  }

  /** The same trace with other findings, or with fixes that have been tried: nothing is asked or drawn again. */
  #update(ready: Ready): boolean {
    const session = this.#session;
    if (session?.ready.trace !== ready.trace || !session.isOf(ready) || session.settings !== this.#settings)
      return false;
    if (!this.#graph.graph) return false;
    session.ready = ready;
    this.#stale = ready.stale;
    this.#toolbar.show(ready, this.#graph.graph.totalNodes);
    this.#notice();
    this.#inspector.open(session);
    return true;
  }

  #selectFromEditor(nodes: readonly number[], reveal: boolean): void {
    const [first] = nodes;
    if (reveal && first !== undefined && this.#graph.graph) void this.#inspector.goTo(first);
    else this.#inspector.selectFromEditor(nodes);
    // A panel that was opened to show this node draws its graph first.
    this.#toReveal = reveal && !this.#graph.graph ? first : undefined;
  }

  #looking(finding: Diagnostic | undefined): void {
    this.#plain = false;
    const flow = finding !== undefined && flowOf(finding) !== undefined;
    const mode = this.#session?.view.mode;
    if (finding && (mode === "forward" || (flow && mode !== "backward"))) this.#setMode("backward");
    if (finding) this.#stage.showDetails(flow);
    this.#showHeat();
  }

  /** Asked for, or come with the finding that is looked at. */
  get #heat(): boolean {
    return this.#remembered.arrangement.heat || (this.#inspector.finding !== undefined && !this.#plain);
  }

  #toggleHeat(): void {
    const heat = !this.#heat;
    this.#plain = !heat;
    this.#remembered.arrangement.heat = heat;
    this.#showHeat();
    this.#save();
  }

  #showHeat(): void {
    this.#toolbar.heat(this.#heat);
    this.#graph.heat = this.#heat;
  }

  #setMode(mode: Mode): void {
    if (!this.#session) return;
    this.#steps.player.stop();
    this.#session.view.mode = mode;
    this.#showMode(mode);
    this.#graph.update();
    this.#inspector.redraw();
  }

  #showMode(mode: Mode): void {
    this.#toolbar.mode(mode);
    this.#stage.mode(mode);
  }

  /** What stands below the graph is there with the backward pass alone. */
  #showMemory(): void {
    this.#stage.choose("memory");
    if (!this.#session) this.#toShowMemory = true;
    else if (this.#session.view.mode !== "backward") this.#setMode("backward");
    this.#save();
  }

  #stepBy(by: number): void {
    if (this.#session?.view.mode !== "backward") this.#setMode("backward");
    this.#steps.player.step(by);
  }

  #play(): void {
    if (this.#session?.view.mode !== "backward") this.#setMode("backward");
    this.#steps.player.toggle();
  }

  #command(command: PanelCommand): void {
    switch (command) {
      case "search":
        this.#search.focus();
        break;
      case "fit":
        this.#graph.fit();
        break;
      case "exportSvg":
        void this.#attempt(this.#export("svg"));
        break;
      case "exportPng":
        void this.#attempt(this.#export("png"));
        break;
      case "memory":
        this.#showMemory();
        break;
      case "stepForward":
        this.#stepBy(1);
        break;
      case "stepBack":
        this.#stepBy(-1);
        break;
      default:
        command satisfies never;
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
    const { failure, unsaved } = this.#session?.ready ?? {};
    this.#notices.show({ stale: this.#stale, unsaved, failure, problem: this.#problem });
    this.#stage.dim(this.#stale || failure !== undefined);
  }

  #save(): void {
    if (!this.#session) return;
    const { ready, pinned } = this.#session;
    this.#remembered.save(ready.file, ready.function, pinned);
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
