/** The adjoint rule, in letters and then in this node's figures; and where the adjoint comes from and goes to. */
import type { Contribution, NodeDetails } from "../../engine/process/protocol.ts";
import { adjointOf, describeSummary, formatExactly, formatSigned, formatSummary } from "../format.ts";
import { html } from "../ui/dom.ts";
import { heading, type DetailsEvents } from "./parts.ts";

/** So many uses are listed; what is over stands in one line. */
const listed = 12;

export function ruleBlock({ rule }: NodeDetails): HTMLElement | undefined {
  if (rule.symbolic.length === 0 && rule.numeric.length === 0) return undefined;
  return html(
    "div",
    { class: "block rule" },
    html("div", { class: "dim" }, rule.title),
    ...rule.symbolic.map((line) => html("div", {}, line)),
    rule.letters.length > 0 ? html("div", { class: "letters dim" }, lettersText(rule.letters)) : undefined,
    ...rule.numeric.map((line) => html("div", { class: "adjoint" }, line)),
  );
}

/** "here v is y / x, a is y, b is x" */
function lettersText(letters: NodeDetails["rule"]["letters"]): string {
  return `here ${letters.map(([letter, label]) => `${letter} is ${label}`).join(", ")}`;
}

/** One line for each use, and their sum: the adjoint. */
export function comesFrom(node: NodeDetails, digits: number, events: DetailsEvents): Node[] {
  if (node.from.length === 0) return [];
  const letter = adjointOf(node.name ?? node.text);
  return [
    heading(`Where ${letter} comes from`),
    html(
      "table",
      { class: "contributions" },
      html(
        "tbody",
        {},
        ...rows(node.from, digits, events),
        html(
          "tr",
          { class: "sum" },
          html("td", { colspan: 2 }, letter),
          html(
            "td",
            { class: "adjoint", title: describeSummary(node.adjoint) },
            formatSummary(node.adjoint, digits + 1),
          ),
        ),
      ),
    ),
  ];
}

export function passesOn(node: NodeDetails, digits: number, events: DetailsEvents): Node[] {
  if (node.to.length === 0) return [];
  return [
    heading("What it passes on"),
    html("table", { class: "contributions" }, html("tbody", {}, ...rows(node.to, digits, events))),
  ];
}

function rows(contributions: readonly Contribution[], digits: number, events: DetailsEvents): HTMLElement[] {
  const shown = contributions.slice(0, listed).map((contribution) => row(contribution, digits, events));
  const more = contributions.length - listed;
  if (more > 0)
    shown.push(html("tr", {}, html("td", { colspan: 3, class: "dim" }, `and ${more.toLocaleString("en-US")} more`)));
  return shown;
}

function row({ node, label, op, line, amount }: Contribution, digits: number, events: DetailsEvents): HTMLElement {
  const link = html("button", { class: "link plain", type: "button", title: `Select ${label}` }, label);
  link.addEventListener("click", () => events.selectNode(node));
  return html(
    "tr",
    {},
    html("td", { class: "source-name" }, link),
    html("td", { class: "dim" }, op === label ? `line ${String(line)}` : `${op}, line ${String(line)}`),
    html("td", { class: "adjoint", title: formatExactly(amount) }, formatSigned(amount, digits + 1)),
  );
}
