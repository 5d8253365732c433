/** Finds a place for each edge's label: beside a lane of its own, clear of cards and of other labels, or none. */
import type { Graph } from "../../engine/process/protocol.ts";
import { formatNumber } from "../format.ts";
import type { Box, Direction, Point } from "./geometry.ts";
import { textWidth, type Fonts } from "./measure.ts";

const height = 13;
/** From a lane to the middle of the label beside it. */
const beside = 9;
const spare = 3;

interface Lane {
  readonly from: Point;
  readonly to: Point;
  readonly length: number;
  /** Whether it runs along the graph's direction, or across it from one such lane to another. */
  readonly along: boolean;
}

export function placeLabels(
  graph: Graph,
  routes: readonly (readonly Point[])[],
  boxes: ReadonlyMap<string, Box>,
  direction: Direction,
  fonts: Fonts,
  digits: number,
): (Point | undefined)[] {
  const open = new Set(graph.groups.filter((group) => group.open).map((group) => group.id));
  const taken = [...boxes].filter(([id]) => !open.has(id)).map(([, box]) => box);
  const lanes = routes.map((route) => lanesOf(route, direction));
  const places: (Point | undefined)[] = routes.map(() => undefined);
  // The strongest contributions choose first.
  const order = graph.edges
    .map((edge, index) => ({ index, size: Math.abs(edge.contribution) }))
    .sort((a, b) => b.size - a.size);
  for (const { index } of order) {
    const width = textWidth(formatNumber(graph.edges[index]!.contribution, digits), fonts.small) + 4;
    const others = lanes.filter((_, other) => other !== index).flat();
    const place = candidates(lanes[index]!, width, direction).find(
      ({ at, lane }) =>
        !taken.some((box) => overlap(box, around(at, width))) &&
        !others.some((other) => isTaken(lane, at, width, other, direction)),
    );
    if (!place) continue;
    places[index] = place.at;
    taken.push(around(place.at, width));
  }
  return places;
}

/** The straight stretches of a route: first those along the graph's direction, the longest first. */
function lanesOf(route: readonly Point[], direction: Direction): Lane[] {
  const lanes = route.slice(0, -1).map((from, i) => {
    const to = route[i + 1]!;
    const [wide, high] = [Math.abs(to.x - from.x), Math.abs(to.y - from.y)];
    return { from, to, length: Math.max(wide, high), along: direction === "right" ? wide >= high : high >= wide };
  });
  return lanes.sort((a, b) => Number(b.along) - Number(a.along) || b.length - a.length);
}

function candidates(lanes: readonly Lane[], width: number, direction: Direction): { at: Point; lane: Lane }[] {
  const places: { at: Point; lane: Lane }[] = [];
  for (const lane of lanes) {
    const level = lane.along === (direction === "right");
    if (lane.length < (level ? width * 0.7 : height)) continue;
    for (const share of lane.along ? [0.5, 0.35, 0.65, 0.2, 0.8] : [0.5, 0.4, 0.6]) {
      const x = lane.from.x + (lane.to.x - lane.from.x) * share;
      const y = lane.from.y + (lane.to.y - lane.from.y) * share;
      // A steep step is drawn as a slope: its label stands on it, not beside it.
      const offsets = level ? [-beside, beside] : lane.along ? [width / 2 + 5, -width / 2 - 5] : [0];
      for (const offset of offsets) places.push({ at: level ? { x, y: y + offset } : { x: x + offset, y }, lane });
    }
  }
  return places;
}

function around({ x, y }: Point, width: number): Box {
  return { x: x - width / 2, y: y - height / 2, width, height };
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width + spare && b.x < a.x + a.width + spare && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Whether a label at `at` could be taken for another edge's: that runs over the same lane there, or through the label. */
function isTaken(lane: Lane, at: Point, width: number, other: Lane, direction: Direction): boolean {
  const box = around(at, width);
  const left = Math.min(other.from.x, other.to.x);
  const right = Math.max(other.from.x, other.to.x);
  const top = Math.min(other.from.y, other.to.y);
  const bottom = Math.max(other.from.y, other.to.y);
  const [across, down] = [left < box.x + box.width && box.x < right, top < box.y + box.height && box.y < bottom];
  const through = { x: left, y: top, width: right - left, height: bottom - top };
  if (overlap(box, { ...through, width: through.width + 1, height: through.height + 1 })) return true;
  if (lane.along !== other.along) return false;
  const level = lane.along === (direction === "right");
  return level ? across && Math.abs(top - lane.from.y) < 2 : down && Math.abs(left - lane.from.x) < 2;
}
