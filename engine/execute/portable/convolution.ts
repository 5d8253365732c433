/** Convolutions and poolings in single precision: as in engine/primitives, with the products of this executor. */
import { forEachGroup, sizesOf, type Convolution } from "../../primitives/convolution.ts";
import {
  average,
  findWinners,
  planesOf,
  shares,
  spread,
  type Averaging,
  type Planes,
} from "../../primitives/pooling.ts";
import { fold, isWhole, unfold } from "../../primitives/unfold.ts";
import type { Windows } from "../../primitives/windows.ts";
import { native } from "../../primitives/native.ts";
import type { Make, Place } from "./kernels.ts";
import { multiplier, type Matrix } from "./matmul.ts";

const convolutionOf = (attributes: Readonly<Record<string, unknown>>): Convolution =>
  attributes as unknown as Convolution;

/** Tensors are in single precision here; only single numbers are not. */
const dataOf = (place: Place): Float32Array => place.data as Float32Array;

function matrix(data: Float32Array, offset: number, rowStride: number, columnStride: number): Matrix {
  return { data, offset, rowStride, columnStride };
}

function clear(data: Float32Array, from: number, to: number): void {
  for (let k = from; k < to; k++) data[k] = 0;
}

export const convolutionKernels: Readonly<Record<"conv" | "convTranspose" | "convKernel", Make>> = {
  conv({ attributes }, [x, kernel], result) {
    const sizes = sizesOf(x!.shape[0]!, x!.shape[1]!, kernel!.shape[0]!, convolutionOf(attributes));
    const { channels, filters, plane, positions, depth, places } = sizes;
    const whole = isWhole(places, plane);
    const columns = new Float32Array(whole ? 0 : depth * positions);
    const multiply = multiplier(filters, depth, positions);
    const [from, weights] = [dataOf(x!), dataOf(kernel!)];
    return () =>
      forEachGroup(sizes, (input, filter, output) => {
        const start = x!.offset + input;
        if (!whole) unfold(from, start, channels, plane, places, columns);
        const right = whole ? matrix(from, start, positions, 1) : matrix(columns, 0, positions, 1);
        multiply(matrix(weights, kernel!.offset + filter, depth, 1), right, dataOf(result), result.offset + output);
      });
  },
  convTranspose({ attributes }, [y, kernel], result) {
    const convolution = convolutionOf(attributes);
    const sizes = sizesOf(y!.shape[0]!, result.shape[1]!, kernel!.shape[0]!, convolution);
    const { batch, groups, channels, filters, plane, positions, depth, places } = sizes;
    const columns = new Float32Array(depth * positions);
    const multiply = multiplier(depth, filters, positions);
    const [from, weights, to] = [dataOf(y!), dataOf(kernel!), dataOf(result)];
    return () => {
      clear(to, result.offset, result.offset + batch * groups * channels * plane);
      forEachGroup(sizes, (input, filter, output) => {
        const turned = matrix(weights, kernel!.offset + filter, 1, depth);
        multiply(turned, matrix(from, y!.offset + output, positions, 1), columns, 0);
        fold(columns, result.offset + input, channels, plane, places, to);
      });
    };
  },
  convKernel({ attributes }, [x, y], result) {
    const sizes = sizesOf(x!.shape[0]!, x!.shape[1]!, y!.shape[1]!, convolutionOf(attributes));
    const { groups, channels, filters, plane, positions, depth, places } = sizes;
    const whole = isWhole(places, plane);
    const columns = new Float32Array(whole ? 0 : depth * positions);
    const one = new Float32Array(filters * depth);
    const multiply = multiplier(filters, positions, depth);
    const [from, above, to] = [dataOf(x!), dataOf(y!), dataOf(result)];
    return () => {
      clear(to, result.offset, result.offset + groups * one.length);
      forEachGroup(sizes, (input, filter, output) => {
        const start = x!.offset + input;
        if (!whole) unfold(from, start, channels, plane, places, columns);
        const right = whole ? matrix(from, start, 1, positions) : matrix(columns, 0, 1, positions);
        multiply(matrix(above, y!.offset + output, positions, 1), right, one, 0);
        for (let k = 0, at = result.offset + filter; k < one.length; k++) to[at++]! += one[k]!;
      });
    };
  },
};

const averagingOf = (attributes: Readonly<Record<string, unknown>>): Averaging => attributes as unknown as Averaging;

/** The elements that windows lie over: what averages are taken of, and what adjoints of them are spread over. */
function pooled({ attributes }: Parameters<Make>[0], shape: readonly number[]): Planes {
  return planesOf(shape, attributes as unknown as Windows);
}

export const poolingKernels: Readonly<Record<"maxPool" | "maxPoolIndices" | "avgPool" | "avgPoolTranspose", Make>> = {
  maxPoolIndices(operation, [x], result) {
    const planes = pooled(operation, x!.shape);
    return () => findWinners(dataOf(x!), x!.offset, planes, dataOf(result), result.offset);
  },
  maxPool(operation, [x], result) {
    const planes = pooled(operation, x!.shape);
    const { data, offset } = { data: dataOf(result), offset: result.offset };
    const from = dataOf(x!);
    const count = planes.planes * planes.positions;
    return () => {
      findWinners(from, x!.offset, planes, data, offset);
      for (let at = 0; at < count; at++)
        data[offset + at] = from[x!.offset + native.floor(at / planes.positions) * planes.plane + data[offset + at]!]!;
    };
  },
  avgPool(operation, [x], result) {
    const planes = pooled(operation, x!.shape);
    const share = shares(averagingOf(operation.attributes));
    return () => average(dataOf(x!), x!.offset, planes, share, dataOf(result), result.offset);
  },
  avgPoolTranspose(operation, [y], result) {
    const planes = pooled(operation, result.shape);
    const share = shares(averagingOf(operation.attributes));
    return () => {
      clear(dataOf(result), result.offset, result.offset + planes.planes * planes.plane);
      spread(dataOf(y!), y!.offset, planes, share, dataOf(result), result.offset);
    };
  },
};
