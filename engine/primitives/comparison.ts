import { binary, unary } from "./elementwise.ts";

// Each gives 1 or 0 and is piecewise constant.
export const equal = binary("equal", (a, b) => (a === b ? 1 : 0));
export const notEqual = binary("notEqual", (a, b) => (a === b ? 0 : 1));
export const less = binary("less", (a, b) => (a < b ? 1 : 0));
export const lessEqual = binary("lessEqual", (a, b) => (a <= b ? 1 : 0));
export const greater = binary("greater", (a, b) => (a > b ? 1 : 0));
export const greaterEqual = binary("greaterEqual", (a, b) => (a >= b ? 1 : 0));

// What is not 0 is true; NaN too, as in `where` and in NumPy.
export const logicalAnd = binary("logicalAnd", (a, b) => (a === 0 || b === 0 ? 0 : 1));
export const logicalOr = binary("logicalOr", (a, b) => (a === 0 && b === 0 ? 0 : 1));
export const logicalXor = binary("logicalXor", (a, b) => ((a === 0) === (b === 0) ? 0 : 1));
export const logicalNot = unary("logicalNot", (x) => (x === 0 ? 1 : 0));

export const isNaN = unary("isNaN", (x) => (x === x ? 0 : 1));
export const isFinite = unary("isFinite", (x) => (x - x === 0 ? 1 : 0));
export const isInf = unary("isInf", (x) => (x === Infinity || x === -Infinity ? 1 : 0));

/** 1 where a is not b's inferior, so that of equal values the first wins; a NaN wins, as in `Math.max`. */
export const winsMax = binary("winsMax", (a, b) => (a >= b || a !== a ? 1 : 0));
export const winsMin = binary("winsMin", (a, b) => (a <= b || a !== a ? 1 : 0));
