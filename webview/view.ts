/** What the panel remembers of how a person looks at one function: survives being hidden, moved and reloaded. */
import type { PanelMemory } from "../extension/panel/protocol.ts";
import type { VSCodeApi } from "./channel.ts";

export type Mode = "forward" | "backward" | "both";

export interface View {
  mode: Mode;
  /** The groups that stand open; undefined: as the engine chose. */
  open?: readonly string[];
  viewport?: { readonly x: number; readonly y: number; readonly scale: number };
  selection?: Selection;
  /** The finding that is looked at. */
  finding?: FindingMark;
  /** How many steps of the backward pass are done; undefined: all. */
  step?: number;
}

/** A node, whether it is drawn or stands in a closed group, or a group. */
export type Selection = { readonly node: number } | { readonly group: string };

/** What a finding is known by in a newer trace too. */
export interface FindingMark {
  readonly code: string;
  readonly line: number;
  /** Tells those on one line apart. */
  readonly message: string;
}

export type BottomTab = "flow" | "steps" | "memory";

/** Of the panel, whatever it shows. */
export interface Arrangement {
  sideWidth?: number;
  bottomHeight?: number;
  /** What stands below the graph. */
  bottom: BottomTab;
  /** The same where it is narrow, and details share the place. */
  tab: "details" | BottomTab;
  /** The graph is coloured by its adjoints. */
  heat: boolean;
}

interface Kept {
  readonly view: View;
  readonly arrangement: Arrangement;
}

/** Reads and writes the page's state. A state of another shape (an older version's) counts as none. */
export class Remembered {
  readonly #api: VSCodeApi;
  readonly #views = new Map<string, View>();
  readonly arrangement: Arrangement = { bottom: "steps", tab: "details", heat: false };

  constructor(api: VSCodeApi) {
    this.#api = api;
    const state = api.getState() as Partial<PanelMemory> | undefined;
    const kept = state?.view as Partial<Kept> | undefined;
    if (state?.file === undefined || state.function === undefined || typeof kept?.view?.mode !== "string") return;
    this.#views.set(key(state.file, state.function), kept.view);
    Object.assign(this.arrangement, kept.arrangement);
  }

  view(file: string, name: string): View {
    const known = this.#views.get(key(file, name));
    if (known) return known;
    const view: View = { mode: "backward" };
    this.#views.set(key(file, name), view);
    return view;
  }

  save(file: string, name: string, pinned: boolean): void {
    const kept: Kept = { view: this.view(file, name), arrangement: this.arrangement };
    this.#api.setState({ file, function: name, pinned, view: kept } satisfies PanelMemory);
  }
}

function key(file: string, name: string): string {
  return `${file}\n${name}`;
}

export function sameSelection(a: Selection | undefined, b: Selection | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return "node" in a ? "node" in b && a.node === b.node : "group" in b && a.group === b.group;
}
