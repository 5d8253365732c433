import { isPassing } from "../diagnose/levels.ts";
import type { Subject } from "../diagnose/subject.ts";
import { sigmoidArgument } from "../diagnose/traits.ts";
import type { Layer } from "../diagnose/units.ts";
import { inputNameOf, multiplierOf, weightsOf } from "../diagnose/weights.ts";
import { operationName } from "../primitives/names.ts";
import type { Program } from "./program.ts";
import type { Proposal } from "./proposal.ts";
import { rescaled } from "./rescale.ts";

/** The initial weights before saturated units scaled so that what goes into them is of size 1. */
export function desaturate(
  program: Program,
  subject: Subject,
  name: string,
  layers: readonly Layer[],
): Proposal | undefined {
  const units = layers.flatMap((layer) => [...layer.units.values()]);
  const executions = units.reduce((sum, unit) => sum + unit.executions, 0);
  const size = Math.sqrt(units.reduce((sum, unit) => sum + unit.squares, 0) / executions);
  if (!(size > 1 && Number.isFinite(size))) return undefined;
  return rescaled(program, name, subject.parameters, namesOfWeights(subject, layers), 1 / size);
}

/** Names of the parameters that the arguments of units are products with. */
function namesOfWeights({ tape }: Subject, layers: readonly Layer[]): string[] {
  const weights = weightsOf(tape);
  const names = new Set<string>();
  const seen = new Set<number>();
  const stack: number[] = [];
  const push = (node: number | undefined): void => {
    if (node === undefined || seen.has(node)) return;
    seen.add(node);
    stack.push(node);
  };
  for (const node of layers.flatMap(({ nodes }) => nodes)) push(sigmoidArgument(tape, node) ?? tape.inputsOf(node)[0]);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const multiplier = multiplierOf(tape, weights, node);
    // A weight times a constant, as in a first layer, is a weight still.
    const isProduct = weights[node]! >= 0 && ["mul", "matmul"].includes(operationName(tape.operation[node]!));
    if (multiplier >= 0 || isProduct) {
      const name = inputNameOf(tape, multiplier >= 0 ? multiplier : node);
      if (name !== undefined) names.add(name);
    } else if (isPassing(tape.operation[node]!)) tape.inputsOf(node).forEach(push);
  }
  return [...names];
}
