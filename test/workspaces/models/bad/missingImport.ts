import { scale } from "./not-there.ts";

export function f(x = 1) {
  return x * scale;
}
