import { unary } from "./elementwise.ts";

/** The value itself, as a node of its own: what a derivative is taken with respect to inside of a recording. */
export const identity = unary(
  "identity",
  (x) => x,
  () => 1,
);
