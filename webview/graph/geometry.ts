export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

export type Direction = "right" | "down";

export function center(box: Box): Point {
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Cubic Bézier segments through points 3k, with the two points between as handles. */
export type Curve = readonly Point[];

export function pathData(curve: Curve): string {
  const [start, ...rest] = curve;
  if (!start) return "";
  const number = (value: number) => String(Math.round(value * 10) / 10);
  const point = ({ x, y }: Point) => `${number(x)} ${number(y)}`;
  let data = `M${point(start)}`;
  for (let i = 0; i + 2 < rest.length; i += 3)
    data += `C${point(rest[i]!)} ${point(rest[i + 1]!)} ${point(rest[i + 2]!)}`;
  return data;
}

/** How far a step from one lane to another is spread along the lanes, at most and at least. */
const widestStep = 30;
const narrowestStep = 8;
/** What stays straight at both ends, for arrowheads. */
const straightEnd = 12;

/**
 * A smooth curve for a route of straight lanes along the graph's direction and steps across it: each step becomes an S.
 * Where a lane runs backwards the route is kept as it is.
 */
export function curveThrough(route: readonly Point[], direction: Direction): Curve {
  const turned = direction === "right" ? route : route.map(transpose);
  const curve = stepped(turned) ?? straight(turned);
  return direction === "right" ? curve : curve.map(transpose);
}

function transpose({ x, y }: Point): Point {
  return { x: y, y: x };
}

function stepped(route: readonly Point[]): Point[] | undefined {
  const steps: { readonly x: number; readonly from: number; readonly to: number }[] = [];
  for (const [i, point] of route.slice(0, -1).entries()) {
    const next = route[i + 1]!;
    if (next.x < point.x - 0.5) return undefined;
    if (Math.abs(next.y - point.y) < 0.5) continue;
    if (next.x - point.x > 0.5) return undefined;
    steps.push({ x: point.x, from: point.y, to: next.y });
  }
  const first = route[0];
  const last = route.at(-1);
  if (!first || !last) return [];
  const curve: Point[] = [first];
  for (const [i, { x, from, to }] of steps.entries()) {
    const spread = Math.min(widestStep, Math.max(narrowestStep, Math.abs(to - from) / 2));
    const before = i === 0 ? x - first.x - straightEnd : (x - steps[i - 1]!.x) / 2;
    const after = i === steps.length - 1 ? last.x - x - straightEnd : (steps[i + 1]!.x - x) / 2;
    const start = { x: x - clamp(before, 0, spread), y: from };
    const end = { x: x + clamp(after, 0, spread), y: to };
    const half = (start.x + end.x) / 2;
    line(curve, start);
    curve.push({ x: half, y: from }, { x: half, y: to }, end);
  }
  line(curve, last);
  return curve;
}

function straight(route: readonly Point[]): Point[] {
  const curve = route.slice(0, 1);
  for (const point of route.slice(1)) line(curve, point);
  return curve;
}

function line(curve: Point[], to: Point): void {
  curve.push(curve.at(-1)!, to, to);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
