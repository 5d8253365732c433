import { native } from "./native.ts";

// πx is taken from the nearest multiple of π, so that whole and half x give exact zeros.

/** sin πx. */
export function sinPi(x: number): number {
  const nearest = native.round(x);
  return (nearest % 2 === 0 ? 1 : -1) * native.sin(Math.PI * (x - nearest));
}

/** cos πx. */
export function cosPi(x: number): number {
  return sinPi(x + 0.5);
}

/** cot πx. */
export function cotPi(x: number): number {
  return 1 / native.tan(Math.PI * (x - native.round(x)));
}
