/** A call, a loop or a run of iterations: one box while it is closed, a dashed frame around its contents when open. */
import type { Group } from "../../engine/process/protocol.ts";
import { formatNumber, formatPlural } from "../format.ts";
import { svg } from "../ui/dom.ts";
import type { Box } from "./geometry.ts";
import { fitText, padding, repeatsText, textWidth } from "./measure.ts";
import { names, notReached, setHeat, text, type Ink, type Look, type Shape } from "./shape.ts";

const chevron = 14;

export function groupShape(group: Group, box: Box, ink: Ink): Shape {
  return group.open ? frame(group, box, ink) : closedGroup(group, box, ink);
}

function closedGroup(group: Group, box: Box, { fonts, magnitudes }: Ink): Shape {
  const right = box.width - padding;
  const repeats = repeatsText(group);
  const room = box.width - 2 * padding - chevron - 8 - textWidth(repeats, fonts.small);
  const adjointOut = text("adjoint", padding, 37);
  const arrow = text("arrow middle", box.width / 2, 37);
  const adjointIn = text("adjoint end", right, 37);
  const face = svg("rect", { class: "face", width: box.width, height: box.height, rx: 4 });
  const title = svg("title");
  const element = svg(
    "g",
    { class: "group closed", id: `graph-${group.id}`, role: "treeitem", "aria-expanded": "false", "data-id": group.id },
    title,
    group.repeats > 1 ? svg("path", { class: "pile", d: pile(box) }) : undefined,
    face,
    ...toggle(group.id, `M${String(padding)} 10.5l5 5l-5 5`),
    ...names(group.label, padding + chevron, box.width - 2 * padding - chevron, room, fonts),
    text("operation end", right, 20, repeats),
    adjointOut,
    arrow,
    adjointIn,
    text("operation", padding, 51, formatPlural(group.nodes, "node")),
  );
  const size = Math.max(group.adjointIn, group.adjointOut);

  element.classList.toggle("flawed", ![group.adjointIn, group.adjointOut].every(Number.isFinite));

  const update = ({ mode, pass, digits, heat }: Look): void => {
    const reach = pass.reach(group.id);
    const backward = mode !== "forward";
    const left = backward && pass.passedOn(group.id) === "complete";
    adjointIn.textContent = !backward
      ? ""
      : reach === "complete"
        ? formatNumber(group.adjointIn, digits)
        : reach === "partial"
          ? "…"
          : notReached;
    adjointOut.textContent = !backward ? "" : left ? formatNumber(group.adjointOut, digits) : notReached;
    arrow.textContent = backward ? "←" : "";
    const share = heat ? magnitudes.heat(size) : magnitudes.adjoint(size);
    setHeat(element, backward && reach === "complete" ? share : 0);
    element.classList.toggle("unreached", backward && reach === "none");
    const words = [group.label, repeats, formatPlural(group.nodes, "node"), `line ${String(group.source.line)}`].filter(
      Boolean,
    );
    const adjoints = `adjoint in ${formatNumber(group.adjointIn, 7)}, out ${formatNumber(group.adjointOut, 7)}`;
    title.textContent = `${words.join(" · ")}${backward ? `\n${adjoints}` : ""}\nDouble-click to open`;
    element.setAttribute("aria-label", `group ${words.join(", ")}${backward ? `, ${adjoints}` : ""}`);
  };
  return { id: group.id, element, update };
}

function frame(group: Group, box: Box, { fonts }: Ink): Shape {
  const repeats = repeatsText(group);
  const note = [repeats, formatPlural(group.nodes, "node")].filter(Boolean).join(" · ");
  const label = fitText(group.label, fonts.label, box.width - 2 * padding - chevron);
  const after = padding + chevron + textWidth(label, fonts.label) + 8;
  const room = box.width - padding - after;
  const element = svg(
    "g",
    { class: "group open", id: `graph-${group.id}`, role: "treeitem", "aria-expanded": "true", "data-id": group.id },
    svg("title", {}, `${group.label} · ${note}\nDouble-click to close`),
    svg("rect", { class: "face", width: box.width, height: box.height, rx: 4 }),
    ...toggle(group.id, `M${String(padding - 1)} 13.5l5 5l5 -5`),
    text("label", padding + chevron, 22, label),
    room > 40 ? text("operation", after, 22, fitText(note, fonts.small, room)) : undefined,
  );
  element.setAttribute("aria-label", `open group ${group.label}, ${note}`);
  return { id: group.id, element, update: () => undefined };
}

/** The chevron that opens and closes, and around it enough room to be hit. */
function toggle(id: string, shape: string): SVGElement[] {
  return [
    svg("path", { class: "chevron", d: shape }),
    svg("rect", { class: "toggle", "data-toggle": id, x: 3, y: 3, width: 24, height: 24 }),
  ];
}

/** The edges of two more boxes behind this one. */
function pile({ width, height }: Box): string {
  const behind = (offset: number) =>
    `M${String(offset + 2)} ${String(-offset)}H${String(width + offset - 4)}a4 4 0 0 1 4 4V${String(height - offset - 2)}`;
  return `${behind(3)}${behind(6)}`;
}
