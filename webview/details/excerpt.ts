/** The lines of source around a node, with its range marked. */
import type { NodeDetails } from "../../engine/process/protocol.ts";
import { html } from "../ui/dom.ts";

export function excerptBlock({ excerpt, source }: NodeDetails): HTMLElement {
  const indent = Math.min(
    ...excerpt.lines.filter((line) => line.trim() !== "").map((line) => /^\s*/.exec(line)![0].length),
  );
  const shown = [...excerpt.lines];
  while (shown.at(-1)?.trim() === "") shown.pop();
  const lines = shown.map((line, i) => {
    const number = excerpt.firstLine + i;
    const inside = number >= source.line && number <= source.endLine;
    const start = number === source.line ? source.column - 1 : indent;
    const end = number === source.endLine ? source.endColumn - 1 : line.length;
    const code = html("span", { class: "code" });
    if (inside && end > start) {
      code.append(
        line.slice(indent, start),
        html("mark", {}, line.slice(Math.max(indent, start), end)),
        line.slice(end),
      );
    } else code.append(line.slice(indent));
    return html("div", { class: "line" }, html("span", { class: "line-number" }, String(number)), code);
  });
  return html("div", { class: "block excerpt" }, ...lines);
}
