/** What `checkpoint` would save and cost, by call and loop and by policy. */
import type { CheckpointAdvice, MemoryReport, PolicyReport } from "../../engine/process/protocol.ts";
import { linkButton, place } from "../details/parts.ts";
import { formatBytes, formatCount, formatShare } from "../format.ts";
import { html, icon } from "../ui/dom.ts";
import { bytesBar, bytesFigure } from "./bytes.ts";

interface CheckpointEvents {
  readonly go: (advice: CheckpointAdvice) => void;
  readonly copy: (text: string) => void;
}

const columns = [
  { name: "policy", class: "label" },
  { name: "kept", class: "bytes" },
  { name: "", class: "bar" },
  { name: "peak", class: "most" },
  { name: "recomputed", class: "again" },
  { name: "", class: "written" },
] as const;

/** How long the button says that it has copied. */
const copiedMs = 1500;

export class CheckpointTable {
  readonly element = html("div", { class: "rows-table memory-checkpoints", role: "table" });
  readonly #events: CheckpointEvents;

  constructor(events: CheckpointEvents) {
    this.#events = events;
    this.element.setAttribute("aria-label", "What each checkpoint policy keeps and computes again");
  }

  show({ checkpoints, kept }: MemoryReport): void {
    if (checkpoints.length === 0) {
      const sentence =
        kept.bytes === 0
          ? "Nothing is kept, so there is nothing that a checkpoint could save."
          : "A checkpoint would save nothing here: no call or loop keeps more than what it reads.";
      this.element.replaceChildren(html("p", { class: "dim none" }, sentence));
      return;
    }
    const names = columns.map(({ name, class: kind }) => html("span", { class: kind, role: "columnheader" }, name));
    const asItIs = checkpoints[0]!.policies.find(({ policy }) => policy === "everything");
    this.element.replaceChildren(
      html("div", { class: "row head", role: "row" }, ...names),
      ...(asItIs ? [this.#policy(asItIs, kept.bytes, 1)] : []),
      ...checkpoints.flatMap((advice) => [
        this.#scope(advice),
        ...advice.policies
          .filter(({ policy }) => policy !== "everything")
          .map((policy) => this.#policy(policy, kept.bytes, advice.repeats)),
      ]),
    );
  }

  #scope(advice: CheckpointAdvice): HTMLElement {
    const { label, repeats, source } = advice;
    const name = linkButton(label, "Select it in the graph", () => this.#events.go(advice));
    name.classList.add("plain", "code");
    const times = repeats > 1 ? ` ×${formatCount(repeats)}` : "";
    return html(
      "div",
      { class: "row scope", role: "row" },
      html(
        "span",
        { class: "label", role: "rowheader" },
        name,
        html("span", { class: "dim" }, `${times} · ${place(source)}`),
      ),
    );
  }

  #policy(report: PolicyReport, most: number, repeats: number): HTMLElement {
    const { policy, keptBytes, peakForward, peakBackward, extraWork, code, text } = report;
    const peak = bytesFigure(Math.max(peakForward, peakBackward));
    peak.title = `forward ${formatBytes(peakForward)}, backward ${formatBytes(peakBackward)}`;
    const cells = [
      nameOf(policy, repeats),
      bytesFigure(keptBytes),
      bytesBar(keptBytes, most),
      peak,
      html(
        "span",
        { title: "Share of the forward pass that is computed again" },
        extraWork === 0 ? "–" : formatShare(extraWork),
      ),
      ...(code === undefined ? [] : [this.#written(code)]),
    ];
    return html(
      "div",
      { class: policy === "everything" ? "row" : "row inner", role: "row", title: text },
      ...cells.map((cell, k) => html("span", { class: columns[k]!.class, role: "cell" }, cell)),
    );
  }

  #written(code: string): HTMLElement {
    const button = html("button", { class: "copy", type: "button", title: "Copy", "aria-label": `Copy ${code}` });
    button.append(icon("copy"));
    button.addEventListener("click", () => {
      this.#events.copy(code);
      button.replaceChildren(icon("check"));
      button.title = "Copied";
      setTimeout(() => {
        button.replaceChildren(icon("copy"));
        button.title = "Copy";
      }, copiedMs);
    });
    return html("span", {}, html("span", { class: "code clipped", title: code }, code), button);
  }
}

/** A budget is that of each call or turn. */
function nameOf(policy: PolicyReport["policy"], repeats: number): string {
  switch (policy) {
    case "everything":
      return "as it is";
    case "nothing":
      return "keep nothing";
    case "sqrt":
      return "keep every √N-th";
  }
  if ("names" in policy) return `keep ${policy.names.join(", ")}`;
  return `keep up to ${formatBytes(policy.bytes)}${repeats > 1 ? " each" : ""}`;
}
