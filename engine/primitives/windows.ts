import { describeShape, sizeOf, stridesOf, type Shape } from "../tape/shape.ts";
import { ShapeError } from "./broadcastShapes.ts";

/** How windows lie over the spatial axes of a tensor; one entry for each axis. */
export interface Windows {
  /** Extents of what they lie over. */
  readonly input: Shape;
  /** Elements of one window. */
  readonly window: Shape;
  /** From one window to the next. */
  readonly strides: Shape;
  /** Elements added before and after the input. */
  readonly padding: readonly (readonly [before: number, after: number])[];
  /** From one element of a window to the next. */
  readonly dilations: Shape;
}

/** Padding as people give it: for all axes, for each, [before, after] for each, or by what it should achieve. */
export type Padding = number | readonly (number | readonly [before: number, after: number])[] | "same" | "valid";

export interface WindowOptions {
  readonly stride?: number | readonly number[] | undefined;
  readonly padding?: Padding | undefined;
  readonly dilation?: number | readonly number[] | undefined;
}

/** Elements that a window reaches over along each axis. */
export function reach({ window, dilations }: Pick<Windows, "window" | "dilations">): number[] {
  return window.map((extent, axis) => dilations[axis]! * (extent - 1) + 1);
}

/** Number of windows along each axis: ⌊(input + padding − reach)/stride⌋ + 1. */
export function positions(windows: Windows): number[] {
  const { input, strides, padding } = windows;
  return reach(windows).map((over, axis) => {
    const [before, after] = padding[axis]!;
    return Math.floor((input[axis]! + before + after - over) / strides[axis]!) + 1;
  });
}

/** Windows over spatial extents `input`, within their padding. `operation` begins the sentence of a ShapeError. */
export function windowsOver(operation: string, input: Shape, window: Shape, options: WindowOptions): Windows {
  return within(operation, laidOver(operation, input, window, options));
}

/** The same windows, if none reaches over more elements than there are with the padding. */
export function within(operation: string, windows: Windows): Windows {
  reach(windows).forEach((elements, axis) => {
    const padded = windows.input[axis]! + windows.padding[axis]![0] + windows.padding[axis]![1];
    if (elements > padded)
      throw new ShapeError(
        `${operation}: the window reaches over ${elements} elements along spatial axis ${axis}, which has ${padded} with its padding; make the window smaller or the padding larger`,
      );
  });
  return windows;
}

/**
 * With one window more along each axis where elements are left over: ⌈⌉ in the place of ⌊⌋ in their number. None begins
 * after the input. What hangs over becomes padding.
 */
export function hangingOver(windows: Windows): Windows {
  const over = reach(windows);
  const padding = windows.padding.map(([before, after], axis): [number, number] => {
    const stride = windows.strides[axis]!;
    const padded = windows.input[axis]! + before + after;
    const last = Math.max(0, Math.ceil((padded - over[axis]!) / stride)) * stride;
    const start = last > 0 && last >= windows.input[axis]! + before ? last - stride : last;
    return [before, after + Math.max(0, start + over[axis]! - padded)];
  });
  return { ...windows, padding };
}

/** Windows that may reach beyond the padding. */
export function laidOver(operation: string, input: Shape, window: Shape, options: WindowOptions): Windows {
  const rank = input.length;
  const strides = perAxis(operation, "stride", options.stride ?? 1, rank, 1);
  const dilations = perAxis(operation, "dilation", options.dilation ?? 1, rank, 1);
  const over = reach({ window, dilations });
  const padding = paddingOf(operation, options.padding ?? 0, rank, (axis) => {
    const extent = input[axis]!;
    return Math.max(0, (Math.ceil(extent / strides[axis]!) - 1) * strides[axis]! + over[axis]! - extent);
  });
  return { input, window, strides, padding, dilations };
}

/** A whole number for each axis, given as one for all or as a list. */
export function perAxis(operation: string, what: string, given: unknown, rank: number, least: number): number[] {
  const list: unknown = typeof given === "number" ? new Array<number>(rank).fill(given) : given;
  const fits =
    Array.isArray(list) && list.length === rank && list.every((value) => Number.isInteger(value) && value >= least);
  if (!fits)
    throw new ShapeError(
      `${operation}: the ${what} is ${JSON.stringify(given)}; give a whole number from ${least} on, or a list of ${rank}, one for each spatial axis`,
    );
  return list as number[];
}

/** `total(axis)` is the padding with which "same" keeps ⌈input/stride⌉ positions; the odd one comes after. */
export function paddingOf(
  operation: string,
  given: unknown,
  rank: number,
  total: (axis: number) => number,
): [number, number][] {
  if (given === "valid") return Array.from({ length: rank }, () => [0, 0]);
  if (given === "same")
    return Array.from({ length: rank }, (_, axis) => {
      const all = total(axis);
      return [Math.floor(all / 2), Math.ceil(all / 2)];
    });
  const list: unknown = typeof given === "number" ? new Array<number>(rank).fill(given) : given;
  const isWidth = (width: unknown): width is number => Number.isInteger(width) && (width as number) >= 0;
  const pairs = Array.isArray(list) && list.length === rank ? (list as unknown[]) : [];
  const fitting = pairs.flatMap((entry): [number, number][] => {
    if (isWidth(entry)) return [[entry, entry]];
    return Array.isArray(entry) && entry.length === 2 && entry.every(isWidth) ? [[entry[0]!, entry[1]!]] : [];
  });
  if (fitting.length !== rank)
    throw new ShapeError(
      `${operation}: the padding is ${JSON.stringify(given)}; give "same", "valid", a whole number from 0 on, or a list of ${rank} numbers or [before, after] pairs, one for each spatial axis`,
    );
  return fitting;
}

/**
 * For each element of the window, for each window: its place among the elements of the input, row-major; −1 in the
 * padding. The table of [window elements, positions] is what convolutions and poolings of any rank are looped over with.
 */
export function placesOf(windows: Windows): Int32Array {
  let places = known.get(windows);
  if (places === undefined) {
    places = findPlaces(windows);
    known.set(windows, places);
  }
  return places;
}

const known = new WeakMap<Windows, Int32Array>();

function findPlaces(windows: Windows): Int32Array {
  const { input, window, strides, padding, dilations } = windows;
  const counts = positions(windows);
  const inputStrides = stridesOf(input);
  const size = sizeOf(counts);
  const places = new Int32Array(sizeOf(window) * size);
  const element = new Array<number>(window.length).fill(0);
  for (let at = 0; at < places.length; at += size) {
    let rows = Int32Array.of(0);
    for (let axis = 0; axis < window.length; axis++) {
      const count = counts[axis]!;
      const finer = new Int32Array(rows.length * count);
      const start = element[axis]! * dilations[axis]! - padding[axis]![0];
      for (let r = 0, to = 0; r < rows.length; r++)
        for (let p = 0; p < count; p++, to++) {
          const place = start + p * strides[axis]!;
          const inside = rows[r]! >= 0 && place >= 0 && place < input[axis]!;
          finer[to] = inside ? rows[r]! + place * inputStrides[axis]! : -1;
        }
      rows = finer;
    }
    places.set(rows, at);
    for (let axis = window.length - 1; axis >= 0; axis--) {
      element[axis]!++;
      if (element[axis]! < window[axis]!) break;
      element[axis] = 0;
    }
  }
  return places;
}

/** Splits the shape of a batch of channels into [batch, channels] and spatial extents. */
export function splitChannels(shape: Shape): { batch: number; channels: number; spatial: Shape } {
  return { batch: shape[0]!, channels: shape[1]!, spatial: shape.slice(2) };
}

/** "conv of [2, 3, 8, 8]", as errors begin. */
export function operationOn(operation: string, shape: Shape): string {
  return `${operation} of ${describeShape(shape)}`;
}
