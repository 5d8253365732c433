/** The side pane: the selected node or group, the finding that is looked at, or the whole function. */
import type { Diagnostic, Group, NodeDetails } from "../../engine/process/protocol.ts";
import type { Ready } from "../../extension/panel/protocol.ts";
import { findingDetails, type FindingContext } from "../findings/details.ts";
import { html } from "../ui/dom.ts";
import { groupDetails } from "./group.ts";
import { nodeDetails, type NodeContext } from "./node.ts";
import { overview } from "./overview.ts";
import { linkButton } from "./parts.ts";

export interface Back {
  readonly title: string;
  readonly press: () => void;
}

export class Details {
  readonly element = html("section", { class: "details", "aria-label": "Details", tabindex: -1 });
  /** What is shown, so that the same again does not scroll away what a person reads. */
  #shown = "";

  overview(ready: Ready, context: NodeContext): void {
    this.#replace(`function ${ready.function}`, overview(ready, context.events, context.digits));
  }

  finding(diagnostic: Diagnostic, context: FindingContext): void {
    const { line, column } = diagnostic.source;
    this.#replace(`finding ${diagnostic.code} ${String(line)}:${String(column)}`, findingDetails(diagnostic, context));
  }

  /** `back`: to the finding that is looked at. */
  node(node: NodeDetails, context: NodeContext, back?: Back): void {
    this.#replace(`node ${String(node.id)}`, withBack(nodeDetails(node, context), back));
  }

  group(group: Group, context: NodeContext, toggle: () => void, back?: Back): void {
    this.#replace(`group ${group.id}`, withBack(groupDetails(group, context.events, toggle), back));
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

function withBack(content: HTMLElement, back: Back | undefined): HTMLElement {
  if (back)
    content.prepend(html("div", { class: "back" }, linkButton(`‹ ${back.title}`, "Back to the finding", back.press)));
  return content;
}
