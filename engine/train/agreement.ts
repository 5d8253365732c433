import type { StepResult } from "../execute/executor.ts";
import { numbersOf, type RecordedStep } from "../execute/record.ts";

/**
 * How far float32 may be from float64 in one step: the loss relative to its size, the gradient of each parameter, as a
 * vector, relative to its length (or to a thousandth of the whole gradient's, where it is shorter than that). Rounding
 * alone stays below a hundredth of this even in deep models; a wrong program is far above.
 */
export const agreementBound = 1e-3;
const smallShare = 1e-3;

/** Where a step that was run differs from the same step traced in float64; undefined where they agree. */
export function disagreement(
  recorded: RecordedStep,
  result: StepResult,
  gradients: readonly Float32Array[],
  paths: readonly string[],
): string | undefined {
  const { tape } = recorded;
  const loss = numbersOf(tape, recorded.loss)[0]!;
  const off = Math.abs(result.loss - loss) / Math.max(Math.abs(loss), 1e-6);
  if (!(off <= agreementBound)) return `its loss is ${result.loss} instead of ${loss}`;
  const expected = recorded.gradients.map((gradient) => numbersOf(tape, gradient));
  const whole = Math.hypot(...expected.map(length));
  for (const [k, reference] of expected.entries()) {
    const computed = gradients[k]!;
    const distance = length(reference.map((value, i) => value - computed[i]!));
    const size = Math.max(length(reference), smallShare * whole, 1e-30);
    if (!(distance <= agreementBound * size))
      return `the gradient of ${paths[k] === "" ? "the parameters" : paths[k]!} is off by ${((100 * distance) / size).toPrecision(2)} %`;
  }
  return undefined;
}

function length(vector: Float64Array): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum);
}
