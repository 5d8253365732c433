import { Tensor, TracedNumber } from "../../tape/tensor.ts";
import type { Findings } from "./findings.ts";
import { isObject, onlyElement, primal, toNumeric } from "./primals.ts";
import type { Runtime } from "./runtime.ts";

type Bitwise = Pick<
  Runtime,
  "bitAnd" | "bitOr" | "bitXor" | "shiftLeft" | "shiftRight" | "shiftRightUnsigned" | "bitNot"
>;

/** Bitwise operators see 32 bits of the primal: their result is a constant, and that is said once for each place. */
export function bitwiseOperators(findings: Findings): Bitwise {
  const operand = (site: number, value: unknown): number => {
    const numeric = toNumeric(value);
    if (TracedNumber.is(numeric)) report(findings, site);
    if (Tensor.is(numeric)) return onlyElement(numeric, "to take bits of");
    return primal(numeric) as number;
  };
  const converted = (site: number, a: unknown, b: unknown, native: (x: number, y: number) => number): number => {
    if (!isObject(a) && !isObject(b)) return native(a as number, b as number);
    const x = operand(site, a);
    return native(x, operand(site, b));
  };
  const numbers = (a: unknown, b: unknown): boolean => typeof a === "number" && typeof b === "number";
  return {
    bitAnd: (site, a, b) => (numbers(a, b) ? (a as number) & (b as number) : converted(site, a, b, (x, y) => x & y)),
    bitOr: (site, a, b) => (numbers(a, b) ? (a as number) | (b as number) : converted(site, a, b, (x, y) => x | y)),
    bitXor: (site, a, b) => (numbers(a, b) ? (a as number) ^ (b as number) : converted(site, a, b, (x, y) => x ^ y)),
    shiftLeft: (site, a, b) =>
      numbers(a, b) ? (a as number) << (b as number) : converted(site, a, b, (x, y) => x << y),
    shiftRight: (site, a, b) =>
      numbers(a, b) ? (a as number) >> (b as number) : converted(site, a, b, (x, y) => x >> y),
    shiftRightUnsigned: (site, a, b) =>
      numbers(a, b) ? (a as number) >>> (b as number) : converted(site, a, b, (x, y) => x >>> y),
    bitNot: (site, a) => (typeof a === "number" ? ~a : ~(isObject(a) ? operand(site, a) : (a as number))),
  };
}

function report(findings: Findings, site: number): void {
  if (findings.has("gradient-ended-at-bitwise", site)) return;
  findings.add({
    code: "gradient-ended-at-bitwise",
    severity: "information",
    message:
      "A bitwise operator works on 32-bit integers, so its result is a constant for the gradient; " +
      "write Math.trunc() or Math.floor() where rounding is meant.",
    site,
  });
}
