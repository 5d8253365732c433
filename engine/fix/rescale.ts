import type { Course } from "../diagnose/flow.ts";
import type { TracedParameter } from "../language/runtime/tracedCalls.ts";
import { initialValues, type InitialValue } from "./initialValue.ts";
import type { Program } from "./program.ts";
import type { Proposal } from "./proposal.ts";
import { Scaler } from "./scaling.ts";
import { distinct, editsAt, scales, type Spot } from "./spots.ts";
import { selections } from "./selection.ts";

/** Names in a title; more of them are told of as the weights. */
const mostNames = 3;
const longChain = 25;

/**
 * Initial weights scaled so that the adjoint's norm stays level: multiplied with exp(−ρ), where ρ is the mean log-ratio
 * a layer or step, which is right for products and the place to begin a search for what saturates.
 */
export function rescale(
  program: Program,
  name: string,
  parameters: readonly TracedParameter[],
  { total, logNorms, weights }: Course,
): Proposal | undefined {
  // What is off by 1 % in every step is off by 65 % after fifty of them.
  const digits = logNorms.length > longChain ? 3 : 2;
  return rescaled(program, name, parameters, weights.parameters, Math.exp(-total / (logNorms.length - 1)), digits);
}

/** The initial values of parameters, or of parts of them, scaled by a factor that is sought from `factor` on. */
export function rescaled(
  program: Program,
  name: string,
  parameters: readonly TracedParameter[],
  names: readonly string[],
  factor: number,
  digits = 2,
): Proposal | undefined {
  const wanted = selections(names);
  if (wanted.size === 0) return undefined;
  const values = initialValues(program, name, parameters, wanted);
  if (values === undefined) return undefined;
  const spots = scaledValues(new Scaler(program), values);
  if (spots === undefined || !scales(spots)) return undefined;
  return {
    title: `Scale ${nameOf([...wanted.keys()], parameters)} by {factor}`,
    edits: editsAt(program, spots),
    factor,
    digits,
  };
}

/** Where to put the factor of several values; undefined where there is no way for one of them. */
export function scaledValues(scaler: Scaler, values: readonly InitialValue[]): Spot[] | undefined {
  const spots: Spot[] = [];
  for (const { expression, structure, wanted } of values) {
    const found = scaler.scale(expression, structure, wanted);
    if (found === undefined) return undefined;
    spots.push(...found);
  }
  return distinct(spots);
}

function nameOf(roots: readonly string[], parameters: readonly TracedParameter[]): string {
  if (roots[0] === "parameters" || roots.length > mostNames) return "the initial weights";
  const single = roots.length === 1 && parameters.find(({ name }) => name === roots[0])?.structure.kind === "number";
  return `the initial ${single ? "value" : "values"} of ${new Intl.ListFormat("en-GB").format(roots)}`;
}
