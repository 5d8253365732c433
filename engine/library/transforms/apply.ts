import { linearize, type Linearized } from "../../differentiate/linearize.ts";
import { recording } from "../../tape/recording.ts";
import type { Value } from "../../tape/tensor.ts";
import { TransformError } from "./errors.ts";
import { describe } from "../tree.ts";
import { flatten, isArrayOfNumbers, noDerivative, type Flat } from "./trees.ts";

export type AnyFunction = (...args: readonly unknown[]) => unknown;

/** A function of trees, run at a point as a function of their leaves. */
export interface Run extends Linearized {
  /** What the function gave. */
  readonly result: unknown;
  /** For each argument that counts as a variable. */
  readonly inputs: readonly Flat[];
  /** The result, or the part of it that `pick` chose. */
  readonly output: Flat;
}

/** `f` itself, if it is a function. */
export function asFunction(operation: string, f: unknown): AnyFunction {
  if (typeof f === "function") return f as AnyFunction;
  throw new TransformError(
    `${operation} takes a function, not ${f === null ? "null" : `a value of type ${typeof f}`}.`,
  );
}

/**
 * Runs `f` with the arguments in `argnums` as variables. Its operations become one group: a scope at the place of the call.
 * `pick` chooses the part of the result that is differentiated.
 */
export function runWith(
  operation: string,
  f: AnyFunction,
  args: readonly unknown[],
  argnums: readonly number[],
  pick: (result: unknown) => unknown = (result) => result,
): Run {
  const inputs = argnums.map((k) => {
    if (args[k] !== undefined) return variable(`${operation}: argument ${k + 1}`, args[k]);
    throw new TransformError(
      `${operation}: argument ${k + 1} is missing; a derivative is taken with respect to it, so give its value, even where the function has a default.`,
    );
  });
  let result: unknown;
  let output: Flat | undefined;
  const run = linearize(
    (variables) =>
      inScope(() => {
        const given = [...args];
        let from = 0;
        argnums.forEach((k, at) => {
          const { leaves, rebuild } = inputs[at]!;
          given[k] = rebuild(variables.slice(from, (from += leaves.length)));
        });
        result = f(...given);
        if (result instanceof Promise)
          throw new TransformError(`${operation}: the function is asynchronous; it must compute in one go.`);
        output = flatten(`${operation}: what the function returned`, pick(result));
        return output.leaves;
      }),
    inputs.flatMap(({ leaves }) => leaves),
  );
  return { ...run, result, inputs, output: output! };
}

function variable(what: string, argument: unknown): Flat {
  const flat = flatten(what, argument);
  if (flat.leaves.length > 0 || !isArrayOfNumbers(argument)) return flat;
  throw new TransformError(
    `${what} is ${describe(argument)}: whole numbers have no derivative; give an array of floats, such as a Float64Array, or a tensor.`,
  );
}

/** Runs `body` in a scope of its own, at the place of the call at hand: what it records becomes one group. */
export function inScope<T>(body: () => T, iteration = -1): T {
  if (!recording.on) return body();
  const { tape, scope, site } = recording;
  recording.scope = tape.scopes.add(scope, site, iteration, tape.length + tape.observations.length);
  try {
    return body();
  } finally {
    recording.scope = scope;
    recording.site = site;
  }
}

/** `argnums` as a list. */
export function argumentsOf(
  operation: string,
  argnums: unknown,
): { readonly list: readonly number[]; readonly one: boolean } {
  const given = argnums ?? 0;
  const list = Array.isArray(given) ? (given as unknown[]) : [given];
  if (list.length > 0 && list.every((k) => Number.isInteger(k) && (k as number) >= 0))
    return { list: list as number[], one: !Array.isArray(given) };
  throw new TransformError(
    `${operation}: argnums are places of arguments, whole numbers from 0 on, not ${JSON.stringify(given)}.`,
  );
}

/** Splits derivatives for all inputs into trees like theirs. */
export function splitLike(inputs: readonly Flat[], values: readonly Value[]): unknown[] {
  let from = 0;
  return inputs.map(({ leaves, rebuild }) => rebuild(values.slice(from, (from += leaves.length)), noDerivative));
}
