import { firstPrimitive } from "../tape/tape.ts";
import * as activation from "./activation.ts";
import * as arithmetic from "./arithmetic.ts";
import * as bessel from "./bessel.ts";
import * as broadcasting from "./broadcasting.ts";
import * as comparison from "./comparison.ts";
import * as contraction from "./contraction.ts";
import * as convolution from "./convolution.ts";
import { custom } from "./custom.ts";
import * as dynamicSlice from "./dynamicSlice.ts";
import * as extremes from "./extremes.ts";
import * as fourier from "./fourier.ts";
import * as gathering from "./gathering.ts";
import { identity } from "./identity.ts";
import * as incomplete from "./incomplete.ts";
import * as indexing from "./indexing.ts";
import * as matrixFunctions from "./matrixFunctions.ts";
import * as normalization from "./normalization.ts";
import * as orthogonal from "./orthogonal.ts";
import * as pooling from "./pooling.ts";
import { primitiveNames, type PrimitiveName } from "./names.ts";
import * as reduction from "./reduction.ts";
import * as rounding from "./rounding.ts";
import type { Rule } from "./rule.ts";
import * as scans from "./scans.ts";
import * as scattering from "./scattering.ts";
import * as selection from "./selection.ts";
import * as shaping from "./shaping.ts";
import * as singularValues from "./singularValues.ts";
import * as spectral from "./spectral.ts";
import * as systems from "./systems.ts";
import { standardize } from "./standardize.ts";
import * as special from "./special.ts";
import * as transcendental from "./transcendental.ts";
import * as triangular from "./triangular.ts";

/** The one table of primitives. A primitive without a rule does not compile. */
const primitives: Readonly<Record<PrimitiveName, { readonly rule: Rule }>> = {
  ...arithmetic,
  ...transcendental,
  ...rounding,
  ...comparison,
  ...selection,
  ...broadcasting,
  ...activation,
  ...special,
  ...bessel,
  ...incomplete,
  ...reduction,
  ...scans,
  ...extremes,
  ...contraction,
  ...shaping,
  ...indexing,
  pad: indexing.padRegion,
  ...gathering,
  ...scattering,
  ...dynamicSlice,
  ...normalization,
  standardize,
  identity,
  ...convolution,
  ...pooling,
  ...triangular,
  ...systems,
  ...orthogonal,
  ...spectral,
  ...singularValues,
  ...matrixFunctions,
  ...fourier,
  custom,
};

/** Rules by operation number; the numbers below `firstPrimitive` have none. */
export const rules: readonly (Rule | undefined)[] = [
  ...new Array<undefined>(firstPrimitive).fill(undefined),
  ...primitiveNames.map((name) => primitives[name].rule),
];
