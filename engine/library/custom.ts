import * as differentiate from "../differentiate/custom.ts";
import { recording } from "../tape/recording.ts";
import type { Value as Traced } from "../tape/tensor.ts";
import { ReadValues } from "./readValues.ts";
import type { Value } from "./types.ts";
import { asValue } from "./values.ts";

/** One for each input. */
export type InputTangents<Inputs extends readonly Value[]> = { readonly [K in keyof Inputs]: Value };

/** One for each input; undefined for an input that the output does not vary with. */
export type Cotangents<Inputs extends readonly Value[]> = { readonly [K in keyof Inputs]: Value | undefined };

/**
 * A function with an adjoint rule of your own, as in JAX's `custom_vjp`. It becomes one operation: `forward` gives its
 * value and is not looked into, `backward` its adjoint.
 *
 * `backward(cotangent, inputs, output)` gets the cotangent ∂L/∂output (of the output's shape), the inputs and the output,
 * and returns an array with the cotangent ∂L/∂input of each input, each of that input's shape.
 *
 *     const softplus = customVjp(
 *       (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
 *       (cotangent, [x]) => [cotangent / (1 + Math.exp(-x))],
 *     );
 *
 * Inputs and output are numbers or tensors; arrays become tensors. What else `forward` uses counts as a constant: pass
 * every value that a gradient is wanted for as an input. `adjoint check` holds the rule against the function.
 */
export function customVjp<Inputs extends readonly Value[], Output extends Value>(
  forward: (...inputs: Inputs) => Output,
  backward: (cotangent: Output, inputs: NoInfer<Inputs>, output: Output) => Cotangents<NoInfer<Inputs>>,
): (...inputs: Inputs) => Output {
  if (typeof forward !== "function" || typeof backward !== "function")
    throw new TypeError("customVjp takes two functions: forward(...inputs) and backward(cotangent, inputs, output)");
  const call = backward as unknown as differentiate.Backward;
  const pull = new ReadValues(
    "backward",
    ([cotangent], at) => {
      const given: unknown = call(cotangent!, at.slice(0, -1), at.at(-1)!);
      return (Array.isArray(given) ? given.map((x) => convertible("customVjp", x)) : given) as Traced[];
    },
    recording.site,
  );
  const rule = differentiate.customVjp(
    forwardOf("customVjp", forward),
    (cotangent, inputs, output) => pull.call([cotangent], [...inputs, output]),
    recording.site,
  );
  return ofValues("customVjp", rule) as never;
}

/**
 * A function with a tangent rule of your own, as in JAX's `custom_jvp`. It becomes one operation: `forward` gives its value
 * and is not looked into, `pushforward` its tangent. The adjoint follows from it, as its transpose.
 *
 * `pushforward(tangents, inputs, output)` gets a tangent of each input, zeros where it does not move, and returns the
 * tangent of the output, of the output's shape. It must be linear in the tangents.
 *
 *     const softplus = customJvp(
 *       (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
 *       ([dx], [x]) => dx / (1 + Math.exp(-x)),
 *     );
 *
 * Inputs and output are numbers or tensors; arrays become tensors. What else `forward` uses counts as a constant.
 * `adjoint check` holds the rule against the function.
 */
export function customJvp<Inputs extends readonly Value[], Output extends Value>(
  forward: (...inputs: Inputs) => Output,
  pushforward: (tangents: InputTangents<NoInfer<Inputs>>, inputs: NoInfer<Inputs>, output: Output) => Value,
): (...inputs: Inputs) => Output {
  if (typeof forward !== "function" || typeof pushforward !== "function")
    throw new TypeError("customJvp takes two functions: forward(...inputs) and pushforward(tangents, inputs, output)");
  const call = pushforward as unknown as differentiate.Pushforward;
  const push = new ReadValues(
    "tangent",
    (tangents, at) => [convertible("customJvp", call(tangents, at.slice(0, -1), at.at(-1)!)) as Traced],
    recording.site,
  );
  const rule = differentiate.customJvp(
    forwardOf("customJvp", forward),
    (tangents, inputs, output) => push.call(tangents, [...inputs, output])[0]!,
    recording.site,
  );
  return ofValues("customJvp", rule) as never;
}

function forwardOf(operation: string, forward: unknown): differentiate.Forward {
  return (...inputs) => convertible(operation, (forward as (...inputs: Traced[]) => unknown)(...inputs)) as Traced;
}

function ofValues(operation: string, rule: differentiate.Forward): (...inputs: unknown[]) => Traced {
  return (...inputs) => rule(...inputs.map((x) => asValue(operation, x)));
}

/** Arrays as tensors; whatever else does not fit is refused by name further down. */
function convertible(operation: string, x: unknown): unknown {
  return Array.isArray(x) || ArrayBuffer.isView(x) ? asValue(operation, x) : x;
}
