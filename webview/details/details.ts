/** The side pane: the selected node or group, or the whole function. */
import type { Group, NodeDetails } from "../../engine/process/protocol.ts";
import type { Ready } from "../../extension/panel/protocol.ts";
import { html } from "../ui/dom.ts";
import { groupDetails } from "./group.ts";
import { nodeDetails, type NodeContext } from "./node.ts";
import { overview } from "./overview.ts";

export class Details {
  readonly element = html("section", { class: "details", "aria-label": "Details", tabindex: -1 });
  /** What is shown, so that the same again does not scroll away what a person reads. */
  #shown = "";

  overview(ready: Ready, context: NodeContext): void {
    this.#replace(`function ${ready.function}`, overview(ready, context.events, context.digits));
  }

  node(node: NodeDetails, context: NodeContext): void {
    this.#replace(`node ${String(node.id)}`, nodeDetails(node, context));
  }

  group(group: Group, context: NodeContext, toggle: () => void): void {
    this.#replace(`group ${group.id}`, groupDetails(group, context.events, toggle));
  }

  problem(sentence: string): void {
    this.#replace("problem", html("p", { class: "problem" }, sentence));
  }

  #replace(what: string, content: HTMLElement): void {
    const top = what === this.#shown ? this.element.scrollTop : 0;
    this.#shown = what;
    this.element.replaceChildren(content);
    this.element.scrollTop = top;
  }
}
