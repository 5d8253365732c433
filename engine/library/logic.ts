/** Functions that are constant between their jumps, and rounding to narrower numbers. */
import * as comparison from "../primitives/comparison.ts";
import * as rounding from "../primitives/rounding.ts";
import { one, two, type Elementwise, type ElementwiseOfTwo } from "./lifting.ts";

// ---------------------------------------------------------------------------- comparisons, truth, rounding: no gradient

/** 1 where a = b, else 0. */
export const equal: ElementwiseOfTwo = two("equal", comparison.equal);
/** 1 where a ≠ b, else 0. */
export const notEqual: ElementwiseOfTwo = two("notEqual", comparison.notEqual);
/** 1 where a < b, else 0. */
export const less: ElementwiseOfTwo = two("less", comparison.less);
/** 1 where a ≤ b, else 0. */
export const lessEqual: ElementwiseOfTwo = two("lessEqual", comparison.lessEqual);
/** 1 where a > b, else 0. */
export const greater: ElementwiseOfTwo = two("greater", comparison.greater);
/** 1 where a ≥ b, else 0. */
export const greaterEqual: ElementwiseOfTwo = two("greaterEqual", comparison.greaterEqual);
/** 1 where neither a nor b is 0, else 0. What is not 0 is true, NaN too. */
export const logicalAnd: ElementwiseOfTwo = two("logicalAnd", comparison.logicalAnd);
/** 1 where a or b is not 0, else 0. */
export const logicalOr: ElementwiseOfTwo = two("logicalOr", comparison.logicalOr);
/** 1 where exactly one of a and b is 0, else 0. */
export const logicalXor: ElementwiseOfTwo = two("logicalXor", comparison.logicalXor);
/** 1 where x is 0, else 0. */
export const logicalNot: Elementwise = one("logicalNot", comparison.logicalNot);
/** 1 where x is NaN, else 0. */
export const isNaN: Elementwise = one("isNaN", comparison.isNaN);
/** 1 where x is neither NaN nor infinite, else 0. */
export const isFinite: Elementwise = one("isFinite", comparison.isFinite);
/** 1 where x is ∞ or −∞, else 0. */
export const isInf: Elementwise = one("isInf", comparison.isInf);
/** The next whole number below. */
export const floor: Elementwise = one("floor", rounding.floor);
/** The next whole number above. */
export const ceil: Elementwise = one("ceil", rounding.ceil);
/** The nearest whole number, halves upwards as `Math.round` does. `rint` takes halves to the even one. */
export const round: Elementwise = one("round", rounding.round);
/** The whole part. */
export const trunc: Elementwise = one("trunc", rounding.trunc);
/** −1, 0 or 1. */
export const sign: Elementwise = one("sign", rounding.sign);
/** The nearest whole number, halves to the even one, as NumPy and PyTorch round. */
export const rint: Elementwise = one("rint", rounding.rint);

// --------------------------------------------------------------------------------------------------------------- casts

/** x rounded to single precision. Adjoints pass as they are: rounding is noise on the value, not part of the model. */
export const asFloat32: Elementwise = one("asFloat32", rounding.fround);
/** x rounded to half precision; beyond 65,504 that is ±∞. Adjoints pass as they are. */
export const asFloat16: Elementwise = one("asFloat16", rounding.f16round);
/** x rounded to bfloat16: the range of single precision, 8 bits of precision. Adjoints pass as they are. */
export const asBFloat16: Elementwise = one("asBFloat16", rounding.bf16round);
/**
 * The whole part of x, as an integer of 32 bits. No gradient passes.
 * @throws RangeError where x is NaN or beyond ±2³¹: it does not wrap around.
 */
export const asInt32: Elementwise = one("asInt32", rounding.asInt32);
/** 1 where x is anything but 0, else 0. No gradient passes. */
export const asBool: Elementwise = one("asBool", rounding.asBool);
