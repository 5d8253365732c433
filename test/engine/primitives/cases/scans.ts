import type { PrimitiveName } from "../../../../engine/primitives/names.ts";
import { mul } from "../../../../engine/primitives/arithmetic.ts";
import { all, any } from "../../../../engine/primitives/reduction.ts";
import * as scans from "../../../../engine/primitives/scans.ts";
import { column, cube, on, row, x6, type Case } from "../caseOf.ts";
import { tensorOf } from "../checkDerivatives.ts";

/** Of the reductions to truth values, and the functions in scans.ts. */
export const scanCases = {
  any: [on((x) => any(x), x6), on((x) => any(x, 1, true), cube), on((x) => any(x), 0.3)],
  all: [on((x) => all(x), x6), on((x) => all(x, [0, 2]), cube), on((x) => all(x), 0.3)],
  linearRecurrence: [
    on((a, b) => scans.linearRecurrence(a, b, -1), x6, row),
    on((a, b) => scans.linearRecurrence(a, b, 0, true), x6, column),
    on((a, b) => scans.linearRecurrence(a, mul(b, a), 1), cube, row),
  ],
  cumprod: [
    on((x) => scans.cumprod(x, 1), cube),
    on((x) => scans.cumprod(x, -1, true), x6),
    on((x) => scans.cumprod(x, 0), tensorOf([5], 2, 0, 3, 0, -1)),
  ],
  logCumSumExp: [on((x) => scans.logCumSumExp(x, 1), cube), on((x) => scans.logCumSumExp(x, -1, true), x6)],
  cumargmax: [on((x) => scans.cumargmax(x, 1), cube), on((x) => scans.cummax(x, -1), cube)],
  cumargmin: [on((x) => scans.cumargmin(x, 0, true), cube), on((x) => scans.cummin(x, 0, true), cube)],
} satisfies Partial<Record<PrimitiveName, readonly Case[]>>;
