import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import * as bessel from "../../../engine/primitives/bessel.ts";
import * as incomplete from "../../../engine/primitives/incomplete.ts";
import * as special from "../../../engine/primitives/special.ts";
import type { Value } from "../../../engine/tape/tensor.ts";
import { near, vjp, type Model } from "./checkDerivatives.ts";

const slope = (model: Model, ...at: number[]): number[] => vjp(model, at, 1) as number[];
const { besselI, besselIe, besselJ, besselK, besselKe, besselY } = bessel;
const { betainc, gammainc, gammaincc } = incomplete;

/** From mpmath at forty digits. */
const known: readonly [
  name: string,
  apply: (...at: number[]) => Value,
  values: readonly (readonly [at: readonly number[], value: number])[],
][] = [
  [
    "besselJ",
    bessel.besselJ,
    [
      [[0, 0.5], 0.9384698072408129],
      [[0, 7.9], 0.19436184484127825],
      [[0, 31.0], 0.05120814530454225],
      [[1, -3.2], -0.26134324878050474],
      [[2, 1e-5], 1.2499999999895835e-11],
      [[7, 2.5], 0.000776553187533485],
      [[20, 19.99], 0.16420649989008362],
      [[-3, 1.9], -0.1134234066389601],
    ],
  ],
  [
    "besselY",
    bessel.besselY,
    [
      [[0, 1e-300], -439.8351636227653],
      [[0, 0.3], -0.8072735778045195],
      [[1, 12.3], -0.11894840329926616],
      [[1, 60.0], 0.09186960936986689],
      [[7, 25.1], 0.1604509119658715],
    ],
  ],
  [
    "besselI",
    bessel.besselI,
    [
      [[0, 0.3], 1.022626879351597],
      [[1, -5.0], -24.335642142450528],
      [[2, 25.1], 5871741422.419122],
      [[20, 60.0], 2.109173486305724e23],
      [[0, 712.0], 2.4684110577627523e307],
    ],
  ],
  [
    "besselIe",
    bessel.besselIe,
    [
      [[0, 10000.0], 0.003989472674604732],
      [[1, -31.0], -0.07077639283438568],
      [[7, 20.5], 0.026362944941372722],
    ],
  ],
  [
    "besselK",
    bessel.besselK,
    [
      [[0, 1e-300], 690.8914594138721],
      [[0, 0.3], 1.3724600605442974],
      [[1, 1.9], 0.15966015303266762],
      [[2, 60.0], 1.461418908109678e-27],
      [[7, 0.3], 209911239.4712566],
    ],
  ],
  [
    "besselKe",
    bessel.besselKe,
    [
      [[0, 10000.0], 0.012532984717699286],
      [[1, 700.0], 0.04739618765349454],
    ],
  ],
  [
    "gammainc",
    incomplete.gammainc,
    [
      [[1e-8, 0.5], 0.9999999944022641],
      [[0.3, 0.01], 0.27924099635901484],
      [[1, 1e-9], 9.999999995e-10],
      [[4.5, 3.2], 0.3006874291335918],
      [[12, 1.2e-8], 1.8613926027581203e-104],
      [[333.3, 300.0], 0.030731996152103248],
    ],
  ],
  [
    "gammaincc",
    incomplete.gammaincc,
    [
      [[1e-8, 0.5], 5.597735977099587e-9],
      [[0.3, 12.0], 3.4211562717711826e-7],
      [[4.5, 30.0], 1.3406780483959613e-9],
      [[60, 50.0], 0.9077349480410669],
      [[333.3, 400.0], 0.00027743781317663443],
    ],
  ],
  [
    "gammaincOrder",
    incomplete.gammaincOrder,
    [
      [[1, 0.3, 0.01], -1.2403581253867568],
      [[1, 4.5, 3.2], -0.17884264814971562],
      [[1, 4.5, 30.0], -2.746285039464304e-9],
      [[1, 333.3, 300.0], -0.0038705071648734253],
      [[2, 1.7, 0.9], 0.22709474768665006],
      [[2, 12, 20.0], -0.007035633625289026],
    ],
  ],
  [
    "betainc",
    incomplete.betainc,
    [
      [[0.01, 0.02, 0.3], 0.6611784272511073],
      [[0.5, 0.5, 0.999], 0.9798649583666225],
      [[1, 3.5, 1e-9], 3.4999999956250003e-9],
      [[5, 7, 0.45], 0.602860399327002],
      [[120, 333, 0.1], 1.5721687144842332e-23],
      [[900, 1200, 0.45], 0.9760854709469207],
    ],
  ],
  [
    "betaincOrder",
    incomplete.betaincOrder,
    [
      [[1, 0, 0.5, 0.5, 0.1], -0.5926200221433794],
      [[0, 1, 5, 7, 0.45], 0.10049528139245538],
      [[1, 0, 120, 333, 0.3], -0.007530080337210656],
      [[1, 1, 2.2, 0.3, 0.7], -0.22149099904695274],
    ],
  ],
  [
    "logBeta",
    incomplete.logBeta,
    [
      [[1, 100000000.0], -18.420680743952367],
      [[0.5, 0.5], 1.1447298858494002],
      [[15, 12.5], -18.979422134201375],
      [[0.3, 40.0], -0.00823652427335247],
      [[1000000000.0, 1000000000.0], -1386294370.2160115],
    ],
  ],
  [
    "gamma",
    special.gamma,
    [
      [[0.5], 1.772453850905516],
      [[-1.5], 2.363271801207355],
      [[1e-10], 9999999999.422785],
      [[30.5], 4.822696933490909e31],
      [[170.9], 4.3413243345352246e306],
      [[-170.5], -3.3127395215386074e-308],
    ],
  ],
  [
    "erfcx",
    special.erfcx,
    [
      [[-20.3], 1.859700651326472e179],
      [[0.3], 0.7345993345676551],
      [[5.9], 0.09430713614832703],
      [[6.1], 0.09129430036868383],
      [[30.0], 0.01879588886141675],
      [[1000000000.0], 5.641895835477563e-10],
    ],
  ],
  [
    "expi",
    special.expi,
    [
      [[-10.0], -4.156968929685325e-6],
      [[1e-8], -17.843465069050833],
      [[0.3725], -2.8874183188745963e-5],
      [[1.0], 1.8951178163559368],
      [[24.0], 1154115391.8491828],
      [[100.0], 2.71555274485388e41],
    ],
  ],
  [
    "exp1",
    special.exp1,
    [
      [[0.1], 1.8229239584193906],
      [[3.0], 0.013048381094197037],
      [[600.0], 4.409989794509838e-264],
    ],
  ],
  [
    "lambertW",
    special.lambertW,
    [
      [[-0.3678794411714], -0.9999995202104045],
      [[-0.2], -0.25917110181907377],
      [[0.5], 0.35173371124919584],
      [[2.5], 0.958586356728703],
      [[1e300], 684.2472086297608],
    ],
  ],
  [
    "zeta",
    special.zeta,
    [
      [[1.0001, 1.0], 10000.577222947539],
      [[2, 0.5], 4.934802200544679],
      [[59, 2.5], 3.323069997405308e-24],
      [[200, 0.5], 2 ** 200],
    ],
  ],
  [
    "ndtri",
    special.ndtri,
    [
      [[1e-300], -37.0470962993612],
      [[1e-20], -9.262340089798407],
      [[0.01], -2.326347874040841],
      [[0.3], -0.5244005127080408],
      [[0.6], 0.2533471031357997],
    ],
  ],
];

describe("to thirteen digits of themselves, the known values of", () => {
  for (const [name, apply, values] of known)
    test(name, () => {
      for (const [at, expected] of values)
        near((apply(...at) as number) / expected, 1, 2e-13, `${name}(${at.join(", ")})`);
    });
});

const positive = (max: number): fc.Arbitrary<number> => fc.double({ min: 1e-3, max, noNaN: true });

test("Bessel functions satisfy their Wronskians and recurrences", () => {
  fc.assert(
    fc.property(positive(200), fc.integer({ min: 0, max: 12 }), (x, n) => {
      const of = (f: typeof besselJ, k: number): number => f(k, x) as number;
      // J₍ₙ₊₁₎Yₙ − JₙY₍ₙ₊₁₎ = 2/πx and IₙK₍ₙ₊₁₎ + I₍ₙ₊₁₎Kₙ = 1/x (Abramowitz and Stegun 9.1.16 and 9.6.15)
      const first = of(besselJ, n + 1) * of(besselY, n) - of(besselJ, n) * of(besselY, n + 1);
      near((first * Math.PI * x) / 2, 1, 1e-12 * Math.max(1, x));
      const second = of(besselIe, n) * of(besselKe, n + 1) + of(besselIe, n + 1) * of(besselKe, n);
      near(second * x, 1, 1e-13);
      const [before, at, after] = [n, n + 1, n + 2].map((k) => of(besselJ, k)) as [number, number, number];
      near(before + after, ((2 * (n + 1)) / x) * at, 1e-13);
    }),
  );
});

test("Bessel functions at the ends of their domains", () => {
  assert.deepEqual([besselJ(0, 0), besselJ(3, 0), besselJ(0, Infinity), besselJ(0.5, 1)], [1, 0, 0, NaN]);
  // Of an order far beyond x they are below the smallest number.
  assert.deepEqual([besselJ(1e6, 1500), besselIe(1e6, 1500), besselI(1e6, 1500), besselI(2600, 101)], [0, 0, 0, 0]);
  assert.deepEqual([besselY(0, 0), besselY(0, -1), besselY(1, Infinity)], [-Infinity, NaN, 0]);
  assert.deepEqual([besselI(0, 0), besselI(1, 0), besselI(1, -Infinity), besselIe(0, -Infinity)], [1, 0, -Infinity, 0]);
  assert.deepEqual(
    [besselK(0, 0), besselK(0, -1), besselK(0, Infinity), besselKe(3, 1e-300)],
    [Infinity, NaN, 0, Infinity],
  );
  for (const f of Object.values(bessel)) assert.ok(Number.isNaN(f(0, NaN)));
  assert.deepEqual(
    slope((x) => besselIe(0, x), 0),
    [0],
  );
  assert.deepEqual(
    slope((x) => besselJ(1, x), 0),
    [0.5],
  );
});

test("incomplete gamma and beta functions at the ends of their domains, as SciPy has them", () => {
  const both = (a: number, x: number): Value[] => [gammainc(a, x), gammaincc(a, x)];
  assert.deepEqual([both(2, 0), both(2, Infinity), both(0, 1), both(Infinity, 1)].map(String), [
    "0,1",
    "1,0",
    "1,0",
    "0,1",
  ]);
  for (const [a, x] of [
    [0, 0],
    [-1, 1],
    [1, -1],
    [NaN, 1],
    [1, NaN],
    [Infinity, Infinity],
  ] as const)
    assert.deepEqual(both(a, x), [NaN, NaN], `${a}, ${x}`);
  assert.deepEqual([betainc(2, 3, 0), betainc(2, 3, 1), betainc(0, 3, 0.5), betainc(3, 0, 0.5)], [0, 1, 1, 0]);
  for (const [a, b, x] of [
    [-1, 1, 0.5],
    [1, 1, 1.5],
    [0, 0, 0.5],
    [1, NaN, 0.5],
  ] as const)
    assert.ok(Number.isNaN(betainc(a, b, x)));
  assert.deepEqual(slope(gammainc, 1, 0)[1], 1);
  assert.deepEqual(slope(gammainc, 3, 0), [0, 0]);
  assert.deepEqual(
    slope((x) => betainc(1, 1, x), 0),
    [1],
  );
});

test("incomplete gamma and beta functions of large arguments go over into normal ones", () => {
  // P(a, a) = ½ + (1/3)/√(2πa) + …; a beta distribution with equal parameters is even about ½.
  for (const a of [1e4, 1.1e4, 1e6, 1e9, 1e14]) {
    near(gammainc(a, a) as number, 0.5 + 1 / 3 / Math.sqrt(2 * Math.PI * a), 2e-9);
    near(betainc(a, a, 0.5) as number, 0.5, 1e-13);
    near((gammainc(a, a) as number) + (gammaincc(a, a) as number), 1, 1e-13);
  }
});

test("the incomplete functions increase, are mirrored, and sum up their densities", () => {
  fc.assert(
    fc.property(positive(30), positive(30), positive(0.999), (a, b, x) => {
      near(betainc(a, b, x) as number, 1 - (betainc(b, a, 1 - x) as number), 1e-13);
      // P(a + 1, x) = P(a, x) − xᵃe⁻ˣ/Γ(a + 1)
      const term = Math.exp(a * Math.log(b) - b - (special.lgamma(a + 1) as number));
      near(gammainc(a + 1, b) as number, (gammainc(a, b) as number) - term, 1e-12);
      const mass = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - (incomplete.logBeta(a, b) as number)) / a;
      near(betainc(a + 1, b, x) as number, (betainc(a, b, x) as number) - mass, 1e-12);
    }),
  );
});

test("Γ is factorials at whole numbers and has no value at its poles", () => {
  assert.deepEqual(
    [1, 2, 5, 11, 21].map((n) => special.gamma(n)),
    [1, 1, 24, 3628800, 2432902008176640000],
  );
  assert.deepEqual(
    [special.gamma(0), special.gamma(-0), special.gamma(-2), special.gamma(172)],
    [Infinity, -Infinity, NaN, Infinity],
  );
});

test("inverses undo, and are infinite or NaN at their ends", () => {
  const { expi, exp1, lambertW, ndtri, zeta } = special;
  fc.assert(
    fc.property(fc.double({ min: -0.99, max: 600, noNaN: true }), (w) =>
      near(lambertW(w * Math.exp(w)) as number, w, 1e-10),
    ),
  );
  assert.deepEqual([lambertW(-0.4), lambertW(0), lambertW(Infinity)], [NaN, 0, Infinity]);
  assert.deepEqual(
    [ndtri(0), ndtri(0.5), ndtri(1), ndtri(1.1)].map((x) => (x as number) + 0),
    [-Infinity, 0, Infinity, NaN],
  );
  assert.deepEqual([expi(0), exp1(0), exp1(Infinity), expi(Infinity)], [-Infinity, Infinity, 0, Infinity]);
  assert.deepEqual([zeta(1, 2), zeta(0.5, 1), zeta(2, -1)], [Infinity, NaN, NaN]);
});

test("zeta is not differentiated with respect to its exponent, and says so", () => {
  assert.throws(
    () => vjp(special.zeta, [2, 3], 1),
    /^NotDifferentiableError: zeta is not differentiated .* stopGradient/,
  );
  near(slope((x) => special.zeta(2, x), 1)[0]!, -2 * 1.2020569031595942, 1e-14);
});
