import { describeShape, sizeOf, type Shape } from "../tape/shape.ts";
import type { Attributes } from "../tape/tape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { recording } from "../tape/recording.ts";
import { add, mul, sub } from "./arithmetic.ts";
import { axisOf, lanesOf } from "./axes.ts";
import { ShapeError } from "./broadcastShapes.ts";
import { broadcastTo } from "./broadcasting.ts";
import { equal } from "./comparison.ts";
import * as gathering from "./gathering.ts";
import type { PrimitiveName } from "./names.ts";
import { dataOf, isTraced, primalOf, primitive, scalarOrTensor, shapeOf, type Primal, type Primitive } from "./rule.ts";
import { max, where } from "./selection.ts";
import { reshape } from "./shaping.ts";

/** x with updates put in, or added, at indices along an axis. */
export type Update = (x: Value, indices: Value, updates: Value, axis: number) => Value;

/** How indices name places of a whole. */
interface Addressing {
  readonly gather: gathering.Gatherer;
  /** The shape of what is gathered, and so of updates. */
  readonly shape: (whole: Shape, indices: Shape, axis: number) => Shape;
  /** Calls `visit` with the place of each update, and the place in the whole that it is for, in order. */
  readonly forEach: (
    name: string,
    indices: Primal,
    whole: Shape,
    axis: number,
    visit: (at: number, place: number) => void,
  ) => void;
  /** 1 where no later index names the same place, else 0; broadcasts to the updates. */
  readonly last: (indices: Value, whole: Shape, axis: number) => Value;
}

/** As `take` reads indices. */
const slices: Addressing = {
  gather: gathering.take,
  shape: (whole, indices, axis) => whole.toSpliced(axis, 1, ...indices),
  forEach(name, indices, whole, axis, visit) {
    const { outer, extent, inner } = lanesOf(whole, axis);
    const places = gathering.checkedIndices(name, indices, extent);
    for (let o = 0, at = 0; o < outer; o++)
      for (const place of places)
        for (let i = 0, target = (o * extent + place) * inner; i < inner; i++) visit(at++, target++);
  },
  last(indices, whole, axis) {
    const order = numbered(shapeOf(indices));
    const marks = scatterSet(broadcastTo(0, [whole[axis]!]), indices, order, 0);
    const wins = equal(gathering.take(marks, indices, 0), order);
    return reshape(wins, [...shapeOf(indices), ...whole.slice(axis + 1).map(() => 1)]);
  },
};

/** As `takeAlongAxis` reads indices. */
const elements: Addressing = {
  gather: gathering.takeAlongAxis,
  shape: (_, indices) => indices,
  forEach(name, indices, whole, axis, visit) {
    gathering.forEachPlace(name, indices, whole, axis, visit);
  },
  last(indices, whole, axis) {
    const order = numbered(shapeOf(indices));
    const marks = scatterSetAlongAxis(broadcastTo(0, whole), indices, order, axis);
    return equal(gathering.takeAlongAxis(marks, indices, axis), order);
  },
};

/** 1, 2, 3, … in this shape. */
function numbered(shape: Shape): Primal {
  return scalarOrTensor(
    shape,
    Float64Array.from({ length: sizeOf(shape) }, (_, k) => k + 1),
  );
}

const axisIn = (attributes: Attributes): number => attributes["axis"] as number;

/** Of several updates for one place the last is put in, and gets the adjoint; what was there before gets none. */
function setting(name: PrimitiveName & `scatterSet${string}`, addressing: Addressing): Primitive<Update> {
  const zerosLike = (x: Value): Value => broadcastTo(0, shapeOf(x));
  const set: Primitive<Update> = primitive<Update>(
    name,
    {
      shape: ([whole]) => whole!,
      evaluate([x, updates, indices], attributes, shape) {
        const data = dataOf(x!).slice();
        const given = dataOf(updates!);
        addressing.forEach(name, indices!, shape, axisIn(attributes), (at, place) => (data[place] = given[at]!));
        return new Tensor(shape, data);
      },
      jvp: ([dx, du], [x, updates, indices], _, attributes) =>
        set(dx ?? zerosLike(x!), indices!, du ?? zerosLike(updates!), axisIn(attributes)),
      vjp: [
        (cotangent, [, updates, indices], _, attributes) =>
          set(cotangent, indices!, zerosLike(updates!), axisIn(attributes)),
        (cotangent, [x, , indices], _, attributes) => {
          const axis = axisIn(attributes);
          const passed = addressing.gather(cotangent, indices!, axis);
          return where(addressing.last(indices!, shapeOf(x!), axis), passed, 0);
        },
        undefined,
      ],
    },
    (run) => (x, indices, updates, axis) => {
      const place = axisOf(name, axis, shapeOf(x));
      return run([x, fitted(name, addressing, x, indices, updates, place), indices], { axis: place });
    },
  );
  return set;
}

/** x with updates put in at indices along an axis, as `take` reads them. */
export const scatterSet = setting("scatterSet", slices);
/** x with updates put in at indices along an axis, as `takeAlongAxis` reads them. */
export const scatterSetAlongAxis = setting("scatterSetAlongAxis", elements);

/** x with updates added at indices along an axis, as `take` reads them; several for one place add up. */
export function addAt(x: Value, indices: Value, updates: Value, axis: number): Value {
  const place = axisOf("scatterAdd", axis, shapeOf(x));
  const fitting = fitted("scatterAdd", slices, x, indices, updates, place);
  return add(x, gathering.scatterAdd(fitting, indices, place, shapeOf(x)));
}

/** x with updates added at indices along an axis, as `takeAlongAxis` reads them; several for one place add up. */
export function addAlongAxis(x: Value, indices: Value, updates: Value, axis: number): Value {
  const place = axisOf("scatterAddAlongAxis", axis, shapeOf(x));
  const fitting = fitted("scatterAddAlongAxis", elements, x, indices, updates, place);
  return add(x, gathering.scatterAddAlongAxis(fitting, indices, place, shapeOf(x)));
}

interface Winning {
  /** What errors are to name. */
  readonly operation: string;
  readonly axis: number;
  readonly addressing: "slices" | "elements";
  readonly smallest: boolean;
}

/**
 * For each place of x the number of the update that wins there, counted from 1; 0 where that is x itself. Of equal ones the
 * first wins, x before all updates, and a NaN before every number.
 */
export const scatterWinners: Primitive<(x: Value, indices: Value, updates: Value, winning: Winning) => Value> =
  primitive<(x: Value, indices: Value, updates: Value, winning: Winning) => Value>(
    "scatterWinners",
    {
      shape: ([whole]) => whole!,
      evaluate([x, updates, indices], attributes, shape) {
        const { operation, axis, addressing, smallest } = attributes as unknown as Winning;
        const best = dataOf(x!).slice();
        const given = dataOf(updates!);
        const winners = new Float64Array(best.length);
        const visit = (at: number, place: number): void => {
          const [candidate, held] = [given[at]!, best[place]!];
          const wins = held === held && (candidate !== candidate || (smallest ? candidate < held : candidate > held));
          if (!wins) return;
          best[place] = candidate;
          winners[place] = at + 1;
        };
        (addressing === "slices" ? slices : elements).forEach(operation, indices!, shape, axis, visit);
        return new Tensor(shape, winners);
      },
      jvp: (_, __, result) => broadcastTo(0, shapeOf(result)),
      vjp: [undefined, undefined, undefined],
    },
    (run) => (x, indices, updates, winning) => run([x, updates, indices], winning as unknown as Attributes),
  );

/** x with the largest (smallest) of what is there and of the updates for a place. The first of equal ones gets the adjoint. */
export function extremeAt(name: string, kind: Winning["addressing"], smallest: boolean): Update {
  const addressing = kind === "slices" ? slices : elements;
  return (x, indices, updates, axis) => {
    const place = axisOf(name, axis, shapeOf(x));
    const given = fitted(name, addressing, x, indices, updates, place);
    if (sizeOf(shapeOf(given)) === 0) return x;
    const winners = scatterWinners(x, indices, given, { operation: name, axis: place, addressing: kind, smallest });
    return where(winners, gathering.take(reshape(given, [-1]), max(sub(winners, 1), 0), 0), x);
  };
}

/**
 * x times the updates for each place. One factor for each place at a time is put among ones: so the derivative is right at
 * zeros too.
 */
export function productAt(name: string, kind: Winning["addressing"]): Update {
  const addressing = kind === "slices" ? slices : elements;
  return (x, indices, updates, axis) => {
    const whole = shapeOf(x);
    const place = axisOf(name, axis, whole);
    const fitting = fitted(name, addressing, x, indices, updates, place);
    if (isTraced(indices)) recording.watcher?.read(indices as Exclude<Value, number>);
    const seen = new Uint32Array(sizeOf(whole));
    const rounds: { readonly updates: number[]; readonly places: number[] }[] = [];
    addressing.forEach(name, primalOf(indices), whole, place, (at, target) => {
      const round = (rounds[seen[target]!++] ??= { updates: [], places: [] });
      round.updates.push(at);
      round.places.push(target);
    });
    const [given, ones] = [reshape(fitting, [-1]), broadcastTo(1, [sizeOf(whole)])];
    const list = (numbers: readonly number[]): Tensor => new Tensor([numbers.length], Float64Array.from(numbers));
    return rounds.reduce((product, round) => {
      const factors = scatterSet(ones, list(round.places), gathering.take(given, list(round.updates), 0), 0);
      return mul(product, reshape(factors, whole));
    }, x);
  };
}

/** The updates broadcast to what the indices name. Throws a ShapeError where they do not fit. */
function fitted(name: string, addressing: Addressing, x: Value, indices: Value, updates: Value, axis: number): Value {
  const [whole, chosen, given] = [shapeOf(x), shapeOf(indices), shapeOf(updates)];
  const at = `${name} of ${describeShape(whole)} along axis ${axis} at indices ${describeShape(chosen)}`;
  if (addressing === elements && !gathering.namesElements(whole, chosen, axis))
    throw new ShapeError(`${at}: they must be equal except along axis ${axis}`);
  const shape = addressing.shape(whole, chosen, axis);
  const fits = given.every((extent, k) => extent === 1 || extent === shape.at(k - given.length));
  if (!fits || given.length > shape.length)
    throw new ShapeError(`${at}: the updates have shape ${describeShape(given)}; give ${describeShape(shape)}`);
  return broadcastTo(updates, shape);
}
