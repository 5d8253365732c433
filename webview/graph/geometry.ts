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

/** A smooth curve through the bends of a route, entering and leaving each along the graph's direction. */
export function curveThrough(route: readonly Point[], direction: Direction): Curve {
  const curve: Point[] = route.slice(0, 1);
  for (let i = 1; i < route.length; i++) {
    const from = route[i - 1]!;
    const to = route[i]!;
    if (direction === "right") {
      const reach = (to.x - from.x) / 2;
      curve.push({ x: from.x + reach, y: from.y }, { x: to.x - reach, y: to.y }, to);
    } else {
      const reach = (to.y - from.y) / 2;
      curve.push({ x: from.x, y: from.y + reach }, { x: to.x, y: to.y - reach }, to);
    }
  }
  return curve;
}

/** The point in the middle of a route, by length. */
export function middle(route: readonly Point[]): Point {
  const lengths = route.slice(1).map((to, i) => Math.hypot(to.x - route[i]!.x, to.y - route[i]!.y));
  let left = lengths.reduce((sum, length) => sum + length, 0) / 2;
  for (const [i, length] of lengths.entries()) {
    if (left <= length && length > 0) {
      const from = route[i]!;
      const to = route[i + 1]!;
      return { x: from.x + ((to.x - from.x) * left) / length, y: from.y + ((to.y - from.y) * left) / length };
    }
    left -= length;
  }
  return route[0] ?? { x: 0, y: 0 };
}
