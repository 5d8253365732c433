/** Finds a place for each edge's label: beside a lane of its own, clear of cards and of other labels, or none. */
import type { Graph } from "../../engine/process/protocol.ts";
import { formatNumber } from "../format.ts";
import { transpose, type Box, type Direction, type Point } from "./geometry.ts";
import { textWidth, type Fonts } from "./measure.ts";

const height = 13;
/** From a lane to the middle of the label beside it. */
const beside = 9;
const spare = 3;

interface Lane {
  readonly from: Point;
  readonly to: Point;
  readonly length: number;
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
    const place = [...candidates(lanes[index]!, width, direction)].find(
      ({ at, lane }) =>
        !taken.some((box) => overlap(box, around(at, width))) &&
        !others.some((other) => coincide(lane, at, width, other, direction)),
    );
    if (!place) continue;
    places[index] = place.at;
    taken.push(around(place.at, width));
  }
  return places;
}

/** The straight stretches along the graph's direction, the longest first. */
function lanesOf(route: readonly Point[], direction: Direction): Lane[] {
  const lanes: Lane[] = [];
  for (const [i, from] of route.slice(0, -1).entries()) {
    const to = route[i + 1]!;
    const along = direction === "right" ? { from, to } : { from: transpose(from), to: transpose(to) };
    if (Math.abs(along.from.y - along.to.y) > 0.5) continue;
    lanes.push({ from, to, length: Math.abs(along.to.x - along.from.x) });
  }
  return lanes.sort((a, b) => b.length - a.length);
}

function* candidates(lanes: readonly Lane[], width: number, direction: Direction): Iterable<{ at: Point; lane: Lane }> {
  for (const lane of lanes) {
    if (lane.length < (direction === "right" ? width * 0.7 : height)) continue;
    for (const share of [0.5, 0.35, 0.65, 0.2, 0.8]) {
      const x = lane.from.x + (lane.to.x - lane.from.x) * share;
      const y = lane.from.y + (lane.to.y - lane.from.y) * share;
      if (direction === "right") {
        yield { at: { x, y: y - beside }, lane };
        yield { at: { x, y: y + beside }, lane };
      } else {
        yield { at: { x: x + width / 2 + 5, y }, lane };
        yield { at: { x: x - width / 2 - 5, y }, lane };
      }
    }
  }
}

function around({ x, y }: Point, width: number): Box {
  return { x: x - width / 2, y: y - height / 2, width, height };
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width + spare && b.x < a.x + a.width + spare && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Whether another lane runs over this one where the label is: it would not say whose it is. */
function coincide(lane: Lane, at: Point, width: number, other: Lane, direction: Direction): boolean {
  const turn = direction === "right" ? (point: Point) => point : transpose;
  const [mine, label, from, to] = [lane.from, at, other.from, other.to].map(turn) as [Point, Point, Point, Point];
  if (Math.abs(mine.y - from.y) > 2) return false;
  const half = (direction === "right" ? width : height) / 2;
  return Math.min(from.x, to.x) < label.x + half && label.x - half < Math.max(from.x, to.x);
}
