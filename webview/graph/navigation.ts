/** Moving the selection with the keyboard: along the edges, and between neighbours. */
import { center, type Box } from "./geometry.ts";
import type { Layout } from "./layout.ts";

export type Arrow = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown";

export function isArrow(key: string): key is Arrow {
  return key === "ArrowLeft" || key === "ArrowRight" || key === "ArrowUp" || key === "ArrowDown";
}

/**
 * Where an arrow key leads from `id`. Along the data's way it follows the edge that carries most; across it, and where no
 * edge leads on, it goes to the nearest card or closed group on that side.
 */
export function neighbour(layout: Layout, id: string, arrow: Arrow): string | undefined {
  const [back, on] = layout.direction === "right" ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
  if (arrow === back) return strongest(layout, "to", id, "from") ?? nearest(layout, id, arrow);
  if (arrow === on) return strongest(layout, "from", id, "to") ?? nearest(layout, id, arrow);
  return nearest(layout, id, arrow);
}

/** The open group around a card or group. */
export function parentOf(layout: Layout, id: string): string | undefined {
  const { cards, groups } = layout.graph;
  return [...cards, ...groups].find((each) => each.id === id)?.parent;
}

function strongest(layout: Layout, end: "from" | "to", id: string, other: "from" | "to"): string | undefined {
  const edges = layout.graph.edges.filter((edge) => edge[end] === id);
  return edges.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))[0]?.[other];
}

function nearest(layout: Layout, id: string, arrow: Arrow): string | undefined {
  const from = layout.boxes.get(id);
  if (!from) return undefined;
  const open = new Set(layout.graph.groups.filter((group) => group.open).map((group) => group.id));
  let best: string | undefined;
  let least = Infinity;
  for (const [other, box] of layout.boxes) {
    if (other === id || open.has(other)) continue;
    const distance = distanceTowards(from, box, arrow);
    if (distance < least) [best, least] = [other, distance];
  }
  return best;
}

/** Distance in the arrow's direction, sideways counting double; infinite on the other side. */
function distanceTowards(from: Box, to: Box, arrow: Arrow): number {
  const dx = center(to).x - center(from).x;
  const dy = center(to).y - center(from).y;
  const [ahead, aside] =
    arrow === "ArrowLeft" ? [-dx, dy] : arrow === "ArrowRight" ? [dx, dy] : arrow === "ArrowUp" ? [-dy, dx] : [dy, dx];
  return ahead > 1 ? ahead + 2 * Math.abs(aside) : Infinity;
}
