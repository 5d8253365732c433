import { rules } from "../primitives/table.ts";
import { noInput, type Tape } from "../tape/tape.ts";

/** Adjoints smaller than the smallest normal number count as zero: denormals slow the pass tenfold. */
const smallestNormal = 2.2250738585072014e-308;

/**
 * Passes the adjoint of one scalar node on to its inputs: input̄ += node̅ · ∂node/∂input.
 *
 * The function is compiled from the table of primitives, one case for each operation that has scalar partials. Called
 * through a table of functions instead, every partial is a megamorphic call, which measures three times slower.
 */
export const scalarStep = compileScalarStep();

type ScalarStep = (
  node: number,
  adjoints: Float64Array,
  reached: Uint8Array,
  tape: Tape,
  constants: Float64Array,
) => void;

function compileScalarStep(): ScalarStep {
  const partials: Record<string, unknown> = {};
  const cases = rules.map((rule, code) => {
    if (rule?.partials === undefined) return "";
    const [first, second] = rule.partials;
    partials[`first${code}`] = first;
    if (second !== undefined) partials[`second${code}`] = second;
    const passToSecond = `if (word1 >= 0) { adjoints[word1] += cotangent * second${code}(a, b, y); reached[word1] = 1; }`;
    return `case ${code}:
      if (word0 >= 0) { adjoints[word0] += cotangent * first${code}(a, b, y); reached[word0] = 1; }
      ${second === undefined ? "" : passToSecond}
      return;`;
  });
  const source = `return function (node, adjoints, reached, tape, constants) {
    let cotangent = adjoints[node];
    if (cotangent < ${smallestNormal} && cotangent > -${smallestNormal}) adjoints[node] = cotangent = 0;
    const primal = tape.primal;
    const word0 = tape.input0[node];
    const word1 = tape.input1[node];
    const a = word0 >= 0 ? primal[word0] : constants[~word0];
    const b = word1 >= 0 ? primal[word1] : word1 === ${noInput} ? 0 : constants[~word1];
    const y = primal[node];
    switch (tape.operation[node]) { ${cases.join("\n")} }
  }`;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is made of operation numbers only
  return (new Function(...Object.keys(partials), source) as (...values: unknown[]) => ScalarStep)(
    ...Object.values(partials),
  );
}
