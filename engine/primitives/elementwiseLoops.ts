import { sameShape, sizeOf, stridesOf, type Shape } from "../tape/shape.ts";
import { Tensor } from "../tape/tensor.ts";
import type { Primal } from "./rule.ts";

/**
 * Applies a scalar function to every element of primals that broadcast to `shape`. The loops are compiled for one
 * function each: loops shared by all functions would make every call in them megamorphic.
 */
export type ElementwiseLoop = (inputs: readonly Primal[], shape: Shape) => Primal;

/** Inner rows are the runs of elements over which each input steps evenly: by 1, or by 0 where it is repeated. */
const source = (arity: number): string => {
  const ks = Array.from({ length: arity }, (_, k) => k);
  const each = (text: (k: number) => string, separator = "\n"): string => ks.map(text).join(separator);
  return `return function (data, row, ${each((k) => `x${k}, step${k}, offsets${k}`, ", ")}) {
    for (let start = 0, r = 0; start < data.length; start += row, r++) {
      ${each((k) => `let i${k} = offsets${k} === undefined ? start * step${k} : offsets${k}[r];`)}
      const end = start + row;
      for (let i = start; i < end; i++) {
        data[i] = scalar(${each((k) => `x${k}[i${k}]`, ", ")});
        ${each((k) => `i${k} += step${k};`)}
      }
    }
  }`;
};

type Kernel = (data: Float64Array, row: number, ...operands: (Operand[keyof Operand] | undefined)[]) => void;

interface Operand {
  readonly data: Float64Array;
  readonly step: 0 | 1;
  /** Where each row begins in `data`; undefined where rows follow each other as in the result, or all are one element. */
  readonly offsets: Int32Array | undefined;
}

/** Kept for later: in the process of a program, functions that are made from text then are the program's. */
const TextFunction = Function;

export function elementwiseLoop(scalar: (...inputs: number[]) => number, arity: number): ElementwiseLoop {
  let kernel: Kernel | undefined;
  return (inputs, shape) => {
    if (shape.length === 0) return scalar(...(inputs as number[]));
    const data = new Float64Array(sizeOf(shape));
    const inner = innerAxes(inputs, shape);
    const row = sizeOf(shape.slice(inner));
    const operands = inputs.map((input) => operand(input, shape, inner));
    kernel ??= (new TextFunction("scalar", source(arity)) as (scalar: unknown) => Kernel)(scalar);
    if (data.length > 0) kernel(data, row, ...operands.flatMap((x) => [x.data, x.step, x.offsets]));
    return new Tensor(shape, data);
  };
}

/** The first axis of the longest tail of axes over which every input is either complete or repeated. */
function innerAxes(inputs: readonly Primal[], shape: Shape): number {
  let axis = shape.length;
  const kinds = inputs.map(() => 0);
  for (; axis > 0; axis--) {
    const extent = shape[axis - 1]!;
    if (extent === 1) continue;
    const fits = inputs.every((input, k) => {
      const kind = extentOf(input, axis - 1, shape) === extent ? 1 : 2;
      if (kinds[k] === 0) kinds[k] = kind;
      return kinds[k] === kind;
    });
    if (!fits) break;
  }
  return axis;
}

function extentOf(input: Primal, axis: number, shape: Shape): number {
  return typeof input === "number" ? 1 : (input.shape[axis - shape.length + input.shape.length] ?? 1);
}

function operand(input: Primal, shape: Shape, inner: number): Operand {
  if (typeof input === "number") return { data: Float64Array.of(input), step: 0, offsets: undefined };
  if (sameShape(input.shape, shape)) return { data: input.data, step: 1, offsets: undefined };
  if (input.data.length === 1) return { data: input.data, step: 0, offsets: undefined };
  const innerSize = sizeOf(shape.slice(inner).map((_, k) => extentOf(input, inner + k, shape)));
  return { data: input.data, step: innerSize > 1 ? 1 : 0, offsets: rowOffsets(input.shape, shape, inner) };
}

/** Where each row of axes `inner…` begins in data of shape `from`, which broadcasts to `to`. */
export function rowOffsets(from: Shape, to: Shape, inner: number): Int32Array {
  const strides = broadcastStrides(from, to);
  let offsets = new Int32Array(1);
  for (let axis = 0; axis < inner; axis++) {
    const extent = to[axis]!;
    const finer = new Int32Array(offsets.length * extent);
    for (let r = 0, at = 0; r < offsets.length; r++)
      for (let i = 0; i < extent; i++) finer[at++] = offsets[r]! + i * strides[axis]!;
    offsets = finer;
  }
  return offsets;
}

/** Strides of data of shape `from` along the axes of `to`, to which it broadcasts: 0 where it is repeated. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  const offset = to.length - from.length;
  return to.map((_, axis) => (axis < offset || from[axis - offset] === 1 ? 0 : strides[axis - offset]!));
}
