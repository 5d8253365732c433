import type { PrimitiveName } from "../../../../engine/primitives/names.ts";
import * as special from "../../../../engine/primitives/special.ts";
import * as bessel from "../../../../engine/primitives/bessel.ts";
import * as incomplete from "../../../../engine/primitives/incomplete.ts";
import { above, anywhere, inside, on, other, pairs, positive, row, x6, type Case } from "../caseOf.ts";
import { tensorOf } from "../checkDerivatives.ts";

const probabilities = tensorOf([4], 0.02, 0.3, 0.5, 0.97);

/** Of the functions in special.ts, bessel.ts and incomplete.ts. */
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
  gamma: [above(special.gamma), on(special.gamma, tensorOf([4], -0.4, -2.6, 5.5, 1))],
  erfcx: [anywhere(special.erfcx), on(special.erfcx, 8.5)],
  ndtri: [on(special.ndtri, probabilities)],
  expi: [anywhere(special.expi), on(special.expi, tensorOf([2], 0.38, 3))],
  exp1: [anywhere(special.exp1)],
  lambertW: [above(special.lambertW), on(special.lambertW, tensorOf([3], -0.3, 0.1, 30))],
  zeta: [above((x) => special.zeta(2.5, x))],
  besselJ: [0, 1, 2].map((n) => anywhere((x) => bessel.besselJ(n, x))),
  besselY: [0, 1, 2].map((n) => above((x) => bessel.besselY(n, x))),
  besselI: [0, 1, 2].map((n) => anywhere((x) => bessel.besselI(n, x))),
  besselIe: [0, 1, 2].map((n) => anywhere((x) => bessel.besselIe(n, x))),
  besselK: [0, 1].map((n) => above((x) => bessel.besselK(n, x))),
  besselKe: [0, 1].map((n) => above((x) => bessel.besselKe(n, x))),
  gammainc: [on(incomplete.gammainc, positive, other), on(incomplete.gammainc, 2.5, 1.3)],
  gammaincc: [on(incomplete.gammaincc, positive, other), on(incomplete.gammaincc, 2.5, 4)],
  gammaincOrder: [1, 2].map((k) => on((a, x) => incomplete.gammaincOrder(k, a, x), positive, 0.8)),
  logBeta: [on(incomplete.logBeta, positive, other), on(incomplete.logBeta, 12, 0.7)],
  betainc: [
    on(incomplete.betainc, tensorOf([4], 0.4, 1, 2.5, 3), 1.7, probabilities),
    on(incomplete.betainc, 2, 3, 0.4),
  ],
  betaincOrder: [
    on((a, b, x) => incomplete.betaincOrder(1, 0, a, b, x), tensorOf([2], 0.8, 2.5), 1.7, 0.3),
    on((a, b, x) => incomplete.betaincOrder(1, 1, a, b, x), 1, 1, 0.6),
  ],
} satisfies Partial<Record<PrimitiveName, readonly Case[]>>;
