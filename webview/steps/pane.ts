/** The backward pass step by step: player and table, kept in step with the graph. */
import type { Step } from "../../engine/process/protocol.ts";
import type { Session } from "../session.ts";
import { html } from "../ui/dom.ts";
import { StepPages } from "./pages.ts";
import { Player } from "./player.ts";
import { StepTable } from "./table.ts";

/** What moved the pass: the player, the person, or the panel that takes up where it was left. */
export type Movement = "playing" | "person" | "restored";

export interface StepsEvents {
  /** The pass stands at `step` (undefined: before the first), `done` steps are done. */
  readonly moved: (done: number, step: Step | undefined, by: Movement) => void;
}

export class StepsPane {
  readonly element: HTMLElement;
  readonly head: HTMLElement;
  readonly player: Player;
  readonly #table: StepTable;
  readonly #events: StepsEvents;
  #session: Session | undefined;
  #pages: StepPages | undefined;
  #selected = -1;
  #node: number | undefined;

  constructor(events: StepsEvents) {
    this.#events = events;
    this.player = new Player((done, playing) => void this.#moved(done, playing ? "playing" : "person"));
    this.#table = new StepTable((index) => this.player.go(index + 1));
    this.head = this.player.element;
    this.element = html("div", { class: "steps" }, this.#table.element);
  }

  async open(session: Session): Promise<void> {
    this.#session = session;
    const pages = new StepPages((from, count) => session.ask("steps", { from, count }));
    await pages.open();
    if (this.#session !== session) return;
    this.#pages = pages;
    const { view } = session;
    if (view.step !== undefined) view.step = Math.min(view.step, pages.total);
    this.player.open(pages.total, view.step ?? pages.total);
    this.#table.open(pages, session.settings.digits);
    this.#mark();
    if (view.step !== undefined) await this.#tell(view.step, "restored");
  }

  /** Marks the row in which the selected node passes its adjoint on, or else the one that completes it. */
  async select(node: number | undefined, completedIn = 0): Promise<void> {
    if (node === this.#node) return;
    this.#node = node;
    const row = node === undefined ? -1 : ((await this.#pages?.rowOf(node).catch(() => -1)) ?? -1);
    if (node !== this.#node) return;
    this.#selected = row >= 0 ? row : completedIn - 1;
    this.#mark();
  }

  get total(): number {
    return this.#pages?.total ?? 0;
  }

  async #moved(done: number, by: Movement): Promise<void> {
    if (!this.#session) return;
    this.#session.view.step = done;
    this.#selected = done - 1;
    this.#node = undefined;
    this.#mark();
    await this.#tell(done, by);
  }

  async #tell(done: number, by: Movement): Promise<void> {
    const pages = this.#pages;
    const session = this.#session;
    const step = await pages?.step(done - 1).catch(() => undefined);
    if (session === this.#session && session?.view.step === done) this.#events.moved(done, step, by);
  }

  #mark(): void {
    const done = this.#session?.view.step;
    this.#table.mark(done === undefined ? -1 : done - 1, this.#selected);
  }
}
