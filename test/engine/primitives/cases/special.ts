import type { PrimitiveName } from "../../../../engine/primitives/names.ts";
import * as special from "../../../../engine/primitives/special.ts";
import { above, anywhere, inside, on, pairs, positive, row, x6, type Case } from "../caseOf.ts";
import { tensorOf } from "../checkDerivatives.ts";

/** Of the functions in special.ts. */
export const specialCases = {
  erf: [anywhere(special.erf)],
  erfc: [anywhere(special.erfc), on(special.erfc, tensorOf([3], 2.5, 0.5, -3))],
  erfinv: [inside(special.erfinv)],
  lgamma: [above(special.lgamma), on(special.lgamma, tensorOf([4], -0.4, -2.6, 11, 1))],
  digamma: [above(special.digamma), on(special.digamma, tensorOf([4], -0.4, -2.6, 11, 1.46))],
  polygamma: [0, 1, 2, 5].map((n) => above((x) => special.polygamma(n, x))),
  xlogy: [on(special.xlogy, positive, row.data[0]!), on((x) => special.xlogy(x, 0.3), x6), on(special.xlogy, 0, 0.7)],
  logAddExp: [pairs(special.logAddExp), on(special.logAddExp, 1000.5, 1000)],
  sinc: [0, 1, 2, 3].map((n) => ({ model: (x) => special.sinc(x, n), at: [[0.7], [0], [x6], [3], [1e-4]] })),
} satisfies Partial<Record<PrimitiveName, readonly Case[]>>;
