import { rules } from "../primitives/table.ts";
import { noInput } from "../tape/tape.ts";
import { partialSource } from "./partialSource.ts";

/** Adjoints smaller than the smallest normal number count as zero: denormals slow the pass tenfold. */
const smallestNormal = 2.2250738585072014e-308;

/**
 * Walks a tape back from `node` over scalar nodes, input̄ += node̅ · ∂node/∂input, and stops at the first node that needs
 * more than that: one with tensors, attributes or more than two inputs, or without partials. Gives that node, or −1 at the beginning.
 *
 * The loop is compiled from the table of primitives: one case for each operation, with its partials spelled out. Called
 * through a table of functions instead, every partial is a megamorphic call, which measures five times slower.
 */
export const scalarLoop: ScalarLoop = compileScalarLoop();

export type ScalarLoop = (
  node: number,
  adjoints: Float64Array,
  reached: Uint8Array,
  operation: Uint8Array,
  flags: Uint8Array,
  primal: Float64Array,
  input0: Int32Array,
  input1: Int32Array,
  constants: Float64Array,
) => number;

function compileScalarLoop(): ScalarLoop {
  const functions: Record<string, unknown> = {};
  const cases = rules.map((rule, code) => {
    if (rule === undefined) return `case ${code}: continue;`;
    if (rule.partials === undefined) return `case ${code}: return node;`;
    const passes = rule.partials.map((partial, k) => {
      const factor = partial === undefined ? "0" : partialSource(partial, functions);
      if (factor === "0") return "";
      return `if (word${k} >= 0) { adjoints[word${k}] += ${product(factor)}; reached[word${k}] = 1; }`;
    });
    return `case ${code}: ${passes.join(" ")} continue;`;
  });
  const source = `return function (node, adjoints, reached, operation, flags, primal, input0, input1, constants) {
    for (; node >= 0; node--) {
      if (reached[node] === 0) continue;
      if (flags[node] !== 0) return node;
      let cotangent = adjoints[node];
      if (cotangent < ${smallestNormal} && cotangent > -${smallestNormal}) adjoints[node] = cotangent = 0;
      const word0 = input0[node];
      const word1 = input1[node];
      const a = word0 >= 0 ? primal[word0] : word0 === ${noInput} ? 0 : constants[~word0];
      const b = word1 >= 0 ? primal[word1] : word1 === ${noInput} ? 0 : constants[~word1];
      const y = primal[node];
      switch (operation[node]) { ${cases.join("\n")} }
    }
    return -1;
  }`;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is made from the table of primitives only
  return (new Function(...Object.keys(functions), source) as (...values: unknown[]) => ScalarLoop)(
    ...Object.values(functions),
  );
}

function product(factor: string): string {
  if (factor === "1") return "cotangent";
  return factor === "-1" ? "-cotangent" : `cotangent * ${factor}`;
}
