import { mul } from "../../../../engine/primitives/arithmetic.ts";
import { dynamicSlice, dynamicUpdateSlice } from "../../../../engine/primitives/dynamicSlice.ts";
import type { PrimitiveName } from "../../../../engine/primitives/names.ts";
import * as scattering from "../../../../engine/primitives/scattering.ts";
import { cube, on, row, x6, type Case } from "../caseOf.ts";
import { tensorOf } from "../checkDerivatives.ts";

const twice = tensorOf([3], 1, 0, 1);
const along = tensorOf([2, 2], 2, -1, 0, 1);

const max1 = scattering.extremeAt("scatterMax", "slices", false);
const min1 = scattering.extremeAt("scatterMinAlongAxis", "elements", true);
const mul1 = scattering.productAt("scatterMul", "slices");
const mul2 = scattering.productAt("scatterMulAlongAxis", "elements");

/** Of the functions in scattering.ts and dynamicSlice.ts. */
export const scatteringCases = {
  scatterSet: [
    on(
      (x, u) => scattering.scatterSet(mul(x, x), twice, mul(u, u), 1),
      cube,
      tensorOf([2, 3, 3], ...cube.data, 1, 2, 3, 4, 5, 6),
    ),
    on((x, u) => scattering.scatterSet(x, 1, u, 0), x6, row),
    on((x, u) => scattering.scatterSet(x, -1, u, 0), row, 0.4),
    on((x, u) => scattering.addAt(mul(x, x), twice, u, 1), x6, row),
  ],
  scatterSetAlongAxis: [
    on((x, u) => scattering.scatterSetAlongAxis(mul(x, x), along, mul(u, u), 1), x6, tensorOf([2, 2], 1, 2, 3, 4)),
    on((x, u) => scattering.addAlongAxis(x, along, mul(u, u), 1), x6, tensorOf([2, 2], 1, 2, 3, 4)),
  ],
  scatterWinners: [
    on(
      (x, u) =>
        scattering.scatterWinners(x, along, u, {
          operation: "scatterMaxAlongAxis",
          axis: 1,
          addressing: "elements",
          smallest: false,
        }),
      x6,
      tensorOf([2, 2], 1, -2, 3, -4),
    ),
    on((x, u) => max1(mul(x, x), twice, mul(u, u), 1), x6, row),
    on((x, u) => min1(x, along, u, 1), x6, tensorOf([2, 2], 1, -2, 3, -4)),
    on((x, u) => mul1(x, twice, u, 1), cube, tensorOf([2, 3, 3], ...cube.data, 1, 0, 3, 4, 5, 6)),
    on((x, u) => mul2(x, tensorOf([2, 3], 1, 1, 1, 0, 2, 0), u, 1), x6, tensorOf([2, 3], 0, 2, 3, 0, -1, 0)),
  ],
  dynamicSlice: [on((x) => dynamicSlice(mul(x, x), tensorOf([3], 1, 0, -2), [1, 2, 2]), cube)],
  dynamicUpdateSlice: [
    on((x, u) => dynamicUpdateSlice(mul(x, x), mul(u, u), tensorOf([2], 0, 1)), x6, tensorOf([2, 2], 1, 2, 3, 4)),
    on((x, u) => dynamicUpdateSlice(x, u, tensorOf([1], -1)), row, tensorOf([1], 0.3)),
  ],
} satisfies Partial<Record<PrimitiveName, readonly Case[]>>;
