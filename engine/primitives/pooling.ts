import { sizeOf, type Shape } from "../tape/shape.ts";
import type { Attributes } from "../tape/tape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { ShapeError } from "./broadcastShapes.ts";
import { broadcastTo } from "./broadcasting.ts";
import { scatterAddAlongAxis, takeAlongAxis } from "./gathering.ts";
import { native } from "./native.ts";
import { dataOf, primitive, shapeOf, type Primitive, type Rule } from "./rule.ts";
import { reshape } from "./shaping.ts";
import type { Numbers } from "./unfold.ts";
import { placesOf, positions, type Windows } from "./windows.ts";

/** Takes [batch, channels, …input] to [batch, channels, …positions], or back. */
export type Pooler = (x: Value, windows: Windows) => Value;

const windowsOf = (attributes: Attributes): Windows => attributes as unknown as Windows;
const asAttributes = (windows: Windows): Attributes => windows as unknown as Attributes;

/** What the loops over planes (one channel of one example) need to know. */
export interface Planes {
  readonly planes: number;
  /** Elements of a plane of the input. */
  readonly plane: number;
  readonly positions: number;
  readonly places: Int32Array;
}

export function planesOf(shape: Shape, windows: Windows): Planes {
  return {
    planes: shape[0]! * shape[1]!,
    plane: sizeOf(windows.input),
    positions: sizeOf(positions(windows)),
    places: placesOf(windows),
  };
}

const pooledShape = ([x]: readonly Shape[], attributes: Attributes): Shape => [
  ...x!.slice(0, 2),
  ...positions(windowsOf(attributes)),
];

// ----------------------------------------------------------------------------------------------------------- maximum

/**
 * The place within its plane of the largest element of each window: the first of equal ones, a NaN before all others.
 * Padding never wins.
 */
export function findWinners(data: Numbers, start: number, planes: Planes, to: Numbers, begin: number): void {
  const { plane, positions: count, places } = planes;
  for (let n = 0, base = start, at = begin; n < planes.planes; n++, base += plane)
    for (let p = 0; p < count; p++, at++) {
      let winner = -1;
      let best = -Infinity;
      for (let k = p; k < places.length; k += count) {
        const place = places[k]!;
        if (place < 0) continue;
        const candidate = data[base + place]!;
        if (winner < 0 || candidate > best || (candidate !== candidate && best === best)) {
          best = candidate;
          winner = place;
        }
      }
      if (winner < 0)
        throw new ShapeError("maxPool: a window lies over padding alone; make the padding smaller than the window");
      to[at] = winner;
    }
}

/** The place within its plane of the winner of each window: piecewise constant. */
export const maxPoolIndices: Primitive<Pooler> = primitive<Pooler>(
  "maxPoolIndices",
  {
    shape: pooledShape,
    evaluate([x], attributes, shape) {
      const data = new Float64Array(sizeOf(shape));
      findWinners(dataOf(x!), 0, planesOf(shape, windowsOf(attributes)), data, 0);
      return new Tensor(shape, data);
    },
    jvp: (_, __, result) => broadcastTo(0, shapeOf(result)),
    vjp: [undefined],
  },
  (run) => (x, windows) => run([x], asAttributes(windows)),
);

/** The largest element of each window; of equal ones the first gets the whole adjoint. */
export const maxPool: Primitive<Pooler> = primitive<Pooler>(
  "maxPool",
  {
    shape: pooledShape,
    evaluate([x], attributes, shape) {
      const planes = planesOf(shape, windowsOf(attributes));
      const from = dataOf(x!);
      const data = new Float64Array(sizeOf(shape));
      findWinners(from, 0, planes, data, 0);
      for (let at = 0; at < data.length; at++)
        data[at] = from[native.floor(at / planes.positions) * planes.plane + data[at]!]!;
      return new Tensor(shape, data);
    },
    jvp: ([tangent], [x], result, attributes) => {
      const winners = flat(maxPoolIndices(x!, windowsOf(attributes)));
      return reshape(takeAlongAxis(flat(tangent!), winners, 2), shapeOf(result));
    },
    vjp: [
      (cotangent, [x], _, attributes) => {
        const winners = flat(maxPoolIndices(x!, windowsOf(attributes)));
        const whole = shapeOf(x!);
        const planes = [...whole.slice(0, 2), sizeOf(whole.slice(2))];
        return reshape(scatterAddAlongAxis(flat(cotangent), winners, 2, planes), whole);
      },
    ],
  },
  (run) => (x, windows) => run([x], asAttributes(windows)),
);

/** [batch, channels, elements of a plane]. */
function flat(x: Value): Value {
  const shape = shapeOf(x);
  return reshape(x, [...shape.slice(0, 2), sizeOf(shape.slice(2))]);
}

// ----------------------------------------------------------------------------------------------------------- average

export interface Averaging extends Windows {
  /** Of the padding before and after the input, how much counts as elements of a window. */
  readonly counted: Windows["padding"];
}

/** One over the number of elements of each window. */
export function shares(averaging: Averaging): Float64Array {
  const { counted, ...windows } = averaging;
  const count = sizeOf(positions(windows));
  const isWhole = windows.padding.every((pair, axis) => pair.every((width, side) => width === counted[axis]![side]));
  if (isWhole) return new Float64Array(count).fill(1 / sizeOf(windows.window));
  const places = placesOf({
    ...windows,
    input: windows.input.map((extent, axis) => extent + counted[axis]![0] + counted[axis]![1]),
    padding: windows.padding.map(([before, after], axis) => [before - counted[axis]![0], after - counted[axis]![1]]),
  });
  const counts = new Float64Array(count);
  for (let k = 0; k < places.length; k++) if (places[k]! >= 0) counts[k % count]! += 1;
  return counts.map((elements) => (elements === 0 ? 0 : 1 / elements));
}

/** Writes to `to`, from `at` on, what it makes of `from`, from `start` on. */
export type PlaneLoop = (
  from: Numbers,
  start: number,
  planes: Planes,
  share: Float64Array,
  to: Numbers,
  at: number,
) => void;

/** The mean over each window. */
export const average: PlaneLoop = (from, start, { planes, plane, positions: count, places }, share, to, at) => {
  for (let n = 0, base = start, begin = at; n < planes; n++, base += plane, begin += count)
    for (let p = 0; p < count; p++) {
      let total = 0;
      for (let k = p; k < places.length; k += count) if (places[k]! >= 0) total += from[base + places[k]!]!;
      to[begin + p] = total * share[p]!;
    }
};

/** The transpose of `average`: each window's share goes to all of its elements. */
export const spread: PlaneLoop = (from, start, { planes, plane, positions: count, places }, share, to, at) => {
  for (let n = 0, base = at, begin = start; n < planes; n++, base += plane, begin += count)
    for (let p = 0; p < count; p++) {
      const part = from[begin + p]! * share[p]!;
      for (let k = p; k < places.length; k += count) if (places[k]! >= 0) to[base + places[k]!]! += part;
    }
};

export type Averager = (x: Value, averaging: Averaging) => Value;
const averagingOf = (attributes: Attributes): Averaging => attributes as unknown as Averaging;

/** A linear map over windows, `loop` in one of its directions; `transpose` is the same in the other. */
function averager(
  name: "avgPool" | "avgPoolTranspose",
  shape: Rule["shape"],
  loop: PlaneLoop,
  transpose: Averager,
): Primitive<Averager> {
  const self: Primitive<Averager> = primitive<Averager>(
    name,
    {
      shape,
      evaluate([x], attributes, to) {
        const averaging = averagingOf(attributes);
        const data = new Float64Array(sizeOf(to));
        loop(dataOf(x!), 0, planesOf(to, averaging), shares(averaging), data, 0);
        return new Tensor(to, data);
      },
      jvp: ([tangent], _, __, attributes) => self(tangent!, averagingOf(attributes)),
      vjp: [(cotangent, _, __, attributes) => transpose(cotangent, averagingOf(attributes))],
    },
    (run) => (x, averaging) => run([x], asAttributes(averaging)),
  );
  return self;
}

/** The mean over each window; linear, its adjoint is `avgPoolTranspose`. */
export const avgPool: Primitive<Averager> = averager("avgPool", pooledShape, average, (y, averaging) =>
  avgPoolTranspose(y, averaging),
);

/** Spreads each value evenly over its window: the adjoint of `avgPool`. */
export const avgPoolTranspose: Primitive<Averager> = averager(
  "avgPoolTranspose",
  ([y], attributes) => [...y!.slice(0, 2), ...windowsOf(attributes).input],
  spread,
  avgPool,
);
