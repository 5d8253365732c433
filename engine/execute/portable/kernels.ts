import { dataOf, type Primal } from "../../primitives/rule.ts";
import { codeOf } from "../../primitives/names.ts";
import { native } from "../../primitives/native.ts";
import { rules } from "../../primitives/table.ts";
import { rowOffsets } from "../../primitives/elementwiseLoops.ts";
import { lanesOf, type Lanes } from "../../primitives/axes.ts";
import { withoutRecording } from "../../tape/recording.ts";
import { sizeOf, type Shape } from "../../tape/shape.ts";
import { Tape } from "../../tape/tape.ts";
import { Tensor } from "../../tape/tensor.ts";
import type { ProgramValue } from "../program.ts";
import { convolutionKernels, poolingKernels } from "./convolution.ts";

export type Operation = Extract<ProgramValue, { readonly kind: "operation" }>;

/** A value of a step: row-major elements, or for the empty shape the one at `offset`. */
export interface Place {
  readonly data: Float32Array | Float64Array;
  readonly offset: number;
  readonly shape: Shape;
}

export type Kernel = () => void;

/** The operation on row-major values, all buffers bound: one of those below, else by the primitive's own float64 rule. */
export function kernelOf(operation: Operation, inputs: readonly Place[], result: Place): Kernel {
  return special[operation.name]?.(operation, inputs, result) ?? byRule(operation, inputs, result);
}

export type Make = (operation: Operation, inputs: readonly Place[], result: Place) => Kernel | undefined;

const special: Readonly<Record<string, Make>> = {
  ...convolutionKernels,
  ...poolingKernels,
  sum: reduction((data, offset, lanes, result, at) => {
    const { outer, extent, inner } = lanes;
    if (inner === 1) {
      for (let o = 0, from = offset; o < outer; o++) {
        let total = 0;
        for (const end = from + extent; from < end; from++) total += data[from]!;
        result[at + o] = total;
      }
      return;
    }
    for (let k = 0; k < outer * inner; k++) result[at + k] = 0;
    for (let o = 0, from = offset; o < outer; o++)
      for (let e = 0; e < extent; e++)
        for (let to = at + o * inner, end = to + inner; to < end; to++) result[to]! += data[from++]!;
  }),
  norm: reduction((data, offset, lanes, result, at) => {
    const { outer, extent, inner } = lanes;
    for (let k = 0; k < outer * inner; k++) {
      const begin = offset + native.floor(k / inner) * extent * inner + (k % inner);
      let total = 0;
      for (let e = 0, from = begin; e < extent; e++, from += inner) total += data[from]! * data[from]!;
      result[at + k] = native.sqrt(total);
    }
  }),
  sumTo(_, [x], result) {
    const { data, offset, shape } = x!;
    const last = shape.length - 1;
    const row = shape[last]!;
    const starts = rowOffsets(result.shape, shape, last);
    const size = sizeOf(result.shape);
    const kept = row > 1 && result.shape.at(-1) === row;
    const { data: sums, offset: at } = result;
    return () => {
      for (let k = 0; k < size; k++) sums[at + k] = 0;
      for (let r = 0, from = offset; r < starts.length; r++) {
        let to = at + starts[r]!;
        if (kept) for (const end = from + row; from < end; from++) sums[to++]! += data[from]!;
        else {
          let sum = 0;
          for (const end = from + row; from < end; from++) sum += data[from]!;
          sums[to]! += sum;
        }
      }
    };
  },
  softmax: alongLast((data, from, classes, result, to) => {
    const logSum = logSumExp(data, from, classes);
    for (let k = 0; k < classes; k++) result[to + k] = native.exp(data[from + k]! - logSum);
  }),
  logSoftmax: alongLast((data, from, classes, result, to) => {
    const logSum = logSumExp(data, from, classes);
    for (let k = 0; k < classes; k++) result[to + k] = data[from + k]! - logSum;
  }),
  crossEntropy(_, [logits, labels], result) {
    const classes = logits!.shape.at(-1)!;
    const batch = sizeOf(logits!.shape) / classes;
    const { data, offset } = logits!;
    const soft = labels!.shape.length === logits!.shape.length;
    return () => {
      let total = 0;
      for (let row = 0; row < batch; row++) {
        const from = offset + row * classes;
        const logSum = logSumExp(data, from, classes);
        if (soft) {
          for (let k = 0; k < classes; k++) {
            const weight = labels!.data[labels!.offset + row * classes + k]!;
            if (weight !== 0) total += weight * (logSum - data[from + k]!);
          }
        } else total += logSum - data[from + checked("crossEntropy", labels!.data[labels!.offset + row]!, classes)]!;
      }
      result.data[result.offset] = total / batch;
    };
  },
  oneHot(_, [indices], result) {
    const depth = result.shape.at(-1)!;
    const count = sizeOf(indices!.shape);
    const { data, offset } = result;
    return () => {
      data.fill(0, offset, offset + count * depth);
      for (let k = 0; k < count; k++)
        data[offset + k * depth + checked("oneHot", indices!.data[indices!.offset + k]!, depth)] = 1;
    };
  },
  argmax: reduction((data, offset, { outer, extent, inner }, result, at) => {
    for (let k = 0; k < outer * inner; k++) {
      const begin = offset + native.floor(k / inner) * extent * inner + (k % inner);
      let winner = 0;
      let best = data[begin]!;
      for (let e = 1, from = begin + inner; e < extent && best === best; e++, from += inner)
        if (data[from]! > best || data[from] !== data[from]) {
          best = data[from]!;
          winner = e;
        }
      result[at + k] = winner;
    }
  }),
  take({ attributes }, [x, indices], result) {
    const { outer, extent, inner } = lanesOf(x!.shape, attributes["axis"] as number);
    const count = sizeOf(indices!.shape);
    const { data, offset } = x!;
    return () => {
      let to = result.offset;
      for (let o = 0; o < outer; o++)
        for (let k = 0; k < count; k++) {
          const place = checked("take", indices!.data[indices!.offset + k]!, extent);
          for (let i = 0, from = offset + (o * extent + place) * inner; i < inner; i++)
            result.data[to++] = data[from++]!;
        }
    };
  },
  scatterAdd({ attributes }, [x, indices], result) {
    const { outer, extent, inner } = lanesOf(result.shape, attributes["axis"] as number);
    const count = sizeOf(indices!.shape);
    const size = sizeOf(result.shape);
    const { data, offset } = result;
    return () => {
      data.fill(0, offset, offset + size);
      let from = x!.offset;
      for (let o = 0; o < outer; o++)
        for (let k = 0; k < count; k++) {
          const place = checked("scatterAdd", indices!.data[indices!.offset + k]!, extent);
          for (let i = 0, to = offset + (o * extent + place) * inner; i < inner; i++) data[to++]! += x!.data[from++]!;
        }
    };
  },
  scatterAddAlongAxis({ attributes }, [x, indices], result) {
    const axis = attributes["axis"] as number;
    const { outer, extent, inner } = lanesOf(result.shape, axis);
    const chosen = indices!.shape[axis]!;
    const { data, offset } = result;
    const size = outer * extent * inner;
    return () => {
      for (let k = 0; k < size; k++) data[offset + k] = 0;
      for (let o = 0, at = 0; o < outer; o++)
        for (let e = 0; e < chosen; e++)
          for (let i = 0; i < inner; i++, at++) {
            const place = checked("scatterAddAlongAxis", indices!.data[indices!.offset + at]!, extent);
            data[offset + (o * extent + place) * inner + i]! += x!.data[x!.offset + at]!;
          }
    };
  },
};

type Numbers = Place["data"];
type Reduce = (data: Numbers, offset: number, lanes: Lanes, result: Numbers, at: number) => void;

/** Over axes beside each other; of others the rule knows. */
function reduction(reduce: Reduce): Make {
  return ({ attributes }, [x], result) => {
    const axes = attributes["axes"] as readonly number[];
    const [first, last] = [axes[0], axes.at(-1)];
    if (first === undefined || last! - first !== axes.length - 1) return undefined;
    const lanes = lanesOf(x!.shape, first, last);
    return () => reduce(x!.data, x!.offset, lanes, result.data, result.offset);
  };
}

type Normalize = (data: Numbers, from: number, classes: number, result: Numbers, to: number) => void;

function alongLast(normalize: Normalize): Make {
  return ({ attributes }, [x], result) => {
    if (attributes["axis"] !== x!.shape.length - 1) return undefined;
    const classes = x!.shape.at(-1)!;
    const rows = sizeOf(x!.shape.slice(0, -1));
    return () => {
      for (let row = 0; row < rows; row++)
        normalize(x!.data, x!.offset + row * classes, classes, result.data, result.offset + row * classes);
    };
  };
}

function logSumExp(data: Numbers, from: number, count: number): number {
  let largest = -Infinity;
  for (let k = 0; k < count; k++) largest = native.max(largest, data[from + k]!);
  if (largest - largest !== 0) return largest; // infinite or NaN
  let total = 0;
  for (let k = 0; k < count; k++) total += native.exp(data[from + k]! - largest);
  return largest + native.log(total);
}

/** An index along an axis of `extent` elements; a negative one counts from the end. */
function checked(operation: string, index: number, extent: number): number {
  const place = index < 0 ? index + extent : index;
  if (place >= 0 && place < extent && place === native.floor(place)) return place;
  throw new RangeError(
    `${operation}: index ${index} is not a whole number from ${-extent} to ${extent - 1} along an axis of ${extent} elements`,
  );
}

const nowhere = new Tape();

/** Allocates, and computes in float64: for operations that are rare in training. */
function byRule({ name, attributes, shape }: Operation, inputs: readonly Place[], result: Place): Kernel {
  const rule = rules[codeOf(name)]!;
  const sizes = inputs.map((input) => sizeOf(input.shape));
  return () => {
    const primals = inputs.map((input, k): Primal => {
      const data = new Float64Array(sizes[k]!);
      for (let i = 0; i < data.length; i++) data[i] = input.data[input.offset + i]!;
      return input.shape.length === 0 ? data[0]! : new Tensor(input.shape, data);
    });
    const data = dataOf(withoutRecording(nowhere, () => rule.evaluate(primals, attributes, shape)));
    for (let i = 0; i < data.length; i++) result.data[result.offset + i] = data[i]!;
  };
}
