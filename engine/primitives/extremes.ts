import type { Value } from "../tape/tensor.ts";
import { broadcastTo } from "./broadcasting.ts";
import type { PrimitiveName } from "./names.ts";
import { expand, lanesOver, reduced, reduction, returned, type Kernel, type Reduction } from "./reducing.ts";
import { sum } from "./reduction.ts";
import { primitive, scalarOrTensor, shapeOf, type Primitive } from "./rule.ts";
import { where } from "./selection.ts";
import { reshape } from "./shaping.ts";
import { native } from "./native.ts";

/** The index within each lane of its first best element; a NaN is best of all. */
function winnersBy(better: (a: number, b: number) => boolean): Kernel {
  return (data, { outer, extent, inner }, winners) => {
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < inner; i++) {
        const start = o * extent * inner + i;
        let winner = 0;
        let best = data[start]!;
        for (let e = 1; e < extent && best === best; e++) {
          const candidate = data[start + e * inner]!;
          if (better(candidate, best) || candidate !== candidate) {
            best = candidate;
            winner = e;
          }
        }
        winners[o * inner + i] = winner;
      }
  };
}

const winners = { max: winnersBy((a, b) => a > b), min: winnersBy((a, b) => a < b) };

/** 1 at the first largest (smallest) element over `axes`, else 0. */
function winnerMask(name: PrimitiveName, kernel: Kernel): Primitive<(x: Value, axes: readonly number[]) => Value> {
  return primitive<(x: Value, axes: readonly number[]) => Value>(
    name,
    {
      shape: ([from]) => from!,
      evaluate([x], attributes, shape) {
        const axes = attributes["axes"] as readonly number[];
        const { data, lanes } = lanesOver(x!, axes);
        const indices = new Float64Array(lanes.outer * lanes.inner);
        kernel(data, lanes, indices);
        const mask = new Float64Array(data.length);
        indices.forEach((winner, at) => {
          const outer = native.floor(at / lanes.inner);
          mask[(outer * lanes.extent + winner) * lanes.inner + (at % lanes.inner)] = 1;
        });
        return scalarOrTensor(shape, returned(mask, shape, axes));
      },
      jvp: (_, [x]) => broadcastTo(0, shapeOf(x!)),
      vjp: [undefined],
    },
    (run) => (x, axes) => run([x], { axes }),
  );
}

export const maxMask = winnerMask("maxMask", winners.max);
export const minMask = winnerMask("minMask", winners.min);

function extremum(name: "reduceMax" | "reduceMin", kernel: Kernel, mask: typeof maxMask): Primitive<Reduction> {
  return reduction(
    name,
    (data, lanes, results) => {
      kernel(data, lanes, results);
      const { extent, inner } = lanes;
      for (let at = 0; at < results.length; at++)
        results[at] = data[(native.floor(at / inner) * extent + results[at]!) * inner + (at % inner)]!;
    },
    {
      jvp: ([tangent], [x], _, attributes) => {
        const { axes, keepDims } = reduced(attributes);
        return sum(where(mask(x!, axes), tangent!, 0), axes, keepDims);
      },
      vjp: [
        (cotangent, [x], _, attributes) =>
          where(mask(x!, reduced(attributes).axes), expand(cotangent, x!, attributes), 0),
      ],
    },
    "there is no element to choose from",
  );
}

/** The largest element; of equal ones the first gets the whole adjoint. */
export const reduceMax = extremum("reduceMax", winners.max, maxMask);
/** The smallest element; of equal ones the first gets the whole adjoint. */
export const reduceMin = extremum("reduceMin", winners.min, minMask);

function argument(name: "argmax" | "argmin", kernel: Kernel): Primitive<(x: Value, axis?: number) => Value> {
  const run = reduction(
    name,
    kernel,
    { jvp: (_, __, result) => broadcastTo(0, shapeOf(result)), vjp: [undefined] },
    "there is no element to choose from",
  );
  const call = (x: Value, axis?: number): Value => {
    if (shapeOf(x).length === 0) return 0;
    return axis === undefined ? run(reshape(x, [-1]), 0) : run(x, axis);
  };
  return Object.assign(call, { rule: run.rule, code: run.code });
}

/** The index of the first largest element along an axis (of the flattened tensor when undefined). */
export const argmax = argument("argmax", winners.max);
export const argmin = argument("argmin", winners.min);
