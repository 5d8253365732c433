import { firstPrimitive } from "../tape/tape.ts";
import { add, div, mul, neg, sub } from "./arithmetic.ts";
import { broadcastTo, sumTo } from "./broadcasting.ts";
import { primitiveNames, type PrimitiveName } from "./names.ts";
import type { Rule } from "./rule.ts";

/** The one table of primitives. A primitive without a rule does not compile. */
const primitives = { add, sub, mul, div, neg, broadcastTo, sumTo } satisfies Record<
  PrimitiveName,
  { readonly rule: Rule }
>;

/** Rules by operation number; the numbers below `firstPrimitive` have none. */
export const rules: readonly (Rule | undefined)[] = [
  ...new Array<undefined>(firstPrimitive).fill(undefined),
  ...primitiveNames.map((name) => primitives[name].rule),
];
