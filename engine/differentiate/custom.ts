import { add, mul } from "../primitives/arithmetic.ts";
import { broadcastTo } from "../primitives/broadcasting.ts";
import { custom, type CustomRule } from "../primitives/custom.ts";
import { sum } from "../primitives/reduction.ts";
import { isTraced, primalOf, shapeOf, type Primal } from "../primitives/rule.ts";
import { reshape, stack } from "../primitives/shaping.ts";
import { recording, recordOn, withoutRecording } from "../tape/recording.ts";
import { describeShape, sameShape, sizeOf, type Shape } from "../tape/shape.ts";
import { inputOperation, Tape, type Attributes } from "../tape/tape.ts";
import { Tensor, TracedNumber, type Value } from "../tape/tensor.ts";
import { linearize } from "./linearize.ts";
import { reverse } from "./reverse.ts";

/** The value of a function with a rule of its own. */
export type Forward = (...inputs: Value[]) => Value;
/** The cotangents of its inputs, in their order; undefined for an input that the value does not vary with. */
export type Backward = (cotangent: Value, inputs: readonly Value[], output: Value) => readonly (Value | undefined)[];

/** A custom rule does not fit its function. The message is one whole sentence; the site is the rule's definition. */
export class CustomRuleError extends Error {
  readonly site: number;
  constructor(message: string, site: number) {
    super(message);
    this.name = "CustomRuleError";
    this.site = site;
  }
}

/**
 * Whether what a custom function does inside is recorded too, beside its node: nodes that the result does not hang on, but
 * which tell a gradient check which way the function's branches went.
 */
export const insideOfCustomFunctions: {
  recorded: boolean;
  /** Told of every use of a custom function, also of those that no tape records. */
  used: ((rule: Omit<CustomRule, "shape">, inputs: readonly Primal[], site: number) => void) | undefined;
} = { recorded: false, used: undefined };

/**
 * The function `forward` as one operation whose adjoint is what `backward` gives. It can be differentiated again as far
 * as `backward` is written with traced operations. `definition` is the site that errors are reported at.
 */
export function customVjp(forward: Forward, backward: Backward, definition: number): Forward {
  const pull = pullbackOf(backward, definition);
  return withRule(forward, definition, {
    pullback: (cotangent, inputs, result, position) => pull(cotangent, inputs, result)[position]!,
    jvp: (tangents, inputs, result) => transposed(pull, tangents, inputs, result),
  });
}

/** The tangent of a function's value; zeros for inputs that do not move. It is linear in the tangents. */
export type Pushforward = (tangents: readonly Value[], inputs: readonly Value[], output: Value) => Value;

/**
 * The function `forward` as one operation whose tangent is what `pushforward` gives. The adjoint is its transpose: the
 * tangents are inputs of a recording of it, whose reverse pass is linear in the cotangent.
 */
export function customJvp(forward: Forward, pushforward: Pushforward, definition: number): Forward {
  const push: Pushforward = (tangents, inputs, output) =>
    checkedTangent(pushforward(tangents, inputs, output), output, definition);
  const zeros = (inputs: readonly Value[]): Value[] => inputs.map((input) => broadcastTo(0, shapeOf(input)));
  const pull = lastCallKept((cotangent, inputs, result) => {
    const transpose = linearize((tangents) => [push(tangents, inputs, result)], zeros(inputs));
    const given = transpose.pull([cotangent]);
    return zeros(inputs).map((zero, k) => given[k] ?? zero);
  });
  return withRule(forward, definition, {
    pullback: (cotangent, inputs, result, position) => pull(cotangent, inputs, result)[position]!,
    jvp: (tangents, inputs, result) => {
      const still = zeros(inputs);
      return push(
        still.map((zero, k) => tangents[k] ?? zero),
        inputs,
        result,
      );
    },
  });
}

function withRule(forward: Forward, definition: number, derivative: Pick<CustomRule, "pullback" | "jvp">): Forward {
  const shared = {
    ...derivative,
    definition,
    evaluate: (inputs: readonly Primal[]) =>
      withoutRecording(recording.tape, () => checkedResult(forward(...inputs), definition)),
    apply: (inputs: readonly Value[]) => call(...inputs),
  };
  const call: Forward = (...inputs) => {
    insideOfCustomFunctions.used?.(shared, inputs.map(primalOf), recording.site);
    if (!recording.on || !inputs.some(isTraced)) return forward(...inputs);
    const { tape, site, scope } = recording;
    const from = tape.length;
    const given = insideOfCustomFunctions.recorded ? runRecorded(forward, inputs) : undefined;
    const result =
      given === undefined
        ? shared.evaluate(inputs.map((input) => constantOf(primalOf(input))))
        : recordOn(tape, () => checkedResult(given, definition));
    recording.site = site;
    const rule: CustomRule = {
      ...shared,
      shape: shapeOf(result),
      ...(given === undefined ? {} : { inside: { from, to: tape.length, result: given } }),
    };
    return tape.add(custom.code, result, inputs, rule as unknown as Attributes, site, scope);
  };
  return call;
}

/** A tensor that no tape knows. */
function constantOf(primal: Primal): Primal {
  return typeof primal === "number" ? primal : new Tensor(primal.shape, primal.data);
}

/** Inside, the inputs are inputs of their own, the first nodes there are. */
function runRecorded(forward: Forward, inputs: readonly Value[]): Value {
  const { tape, site, scope } = recording;
  return recordOn(tape, () => {
    const own = inputs.map((input) => tape.add(inputOperation, primalOf(input), [], undefined, site, scope));
    recording.site = site;
    recording.scope = scope;
    return forward(...own);
  });
}

function checkedResult(result: unknown, definition: number): Primal {
  if (typeof result === "number") return result;
  if (result instanceof TracedNumber) return primalOf(result);
  if (result instanceof Tensor) return constantOf(result);
  const what = result === undefined ? "nothing" : `a value of type ${typeof result}`;
  throw new CustomRuleError(
    `The forward function of this custom rule returned ${what}: return a number or a tensor.`,
    definition,
  );
}

type Pull = (cotangent: Value, inputs: readonly Value[], result: Value) => readonly Value[];

/** The cotangents of all inputs at once. */
function pullbackOf(backward: Backward, definition: number): Pull {
  return lastCallKept((cotangent, inputs, result) =>
    checkedCotangents(backward(cotangent, inputs, result), inputs, definition),
  );
}

/** Who walks a tape asks input by input, with the same list of inputs each time. */
export function lastCallKept<Given>(
  f: (cotangent: Value, inputs: readonly Value[], result: Value) => Given,
): (cotangent: Value, inputs: readonly Value[], result: Value) => Given {
  const latest = new WeakMap<readonly Value[], { readonly cotangent: Value; readonly given: Given }>();
  return (cotangent, inputs, result) => {
    const known = latest.get(inputs);
    if (known !== undefined && Object.is(known.cotangent, cotangent)) return known.given;
    const given = f(cotangent, inputs, result);
    latest.set(inputs, { cotangent, given });
    return given;
  };
}

function checkedTangent(tangent: unknown, output: Value, definition: number): Value {
  const refuse = (what: string): never => {
    throw new CustomRuleError(`The tangent function of this custom rule returned ${what}`, definition);
  };
  const shape = shapeOf(output);
  if (!(typeof tangent === "number" || tangent instanceof TracedNumber || tangent instanceof Tensor))
    return refuse(`no tangent: return ${describe(shape)}, as the function's value is.`);
  if (sameShape(shapeOf(tangent), shape)) return tangent;
  return refuse(
    `${describe(shapeOf(tangent))} as the tangent of a value that is ${describe(shape)}: both must have the same shape.`,
  );
}

function checkedCotangents(given: unknown, inputs: readonly Value[], definition: number): readonly Value[] {
  const refuse = (what: string): never => {
    throw new CustomRuleError(`The backward function of this custom rule returned ${what}`, definition);
  };
  const count = inputs.length === 1 ? "1 input" : `${inputs.length} inputs`;
  if (!Array.isArray(given)) return refuse(`no array: return one cotangent for each of its ${count}, in an array.`);
  const list = given as readonly unknown[];
  if (list.length !== inputs.length) {
    const returned = list.length === 1 ? "1 cotangent" : `${list.length} cotangents`;
    return refuse(`${returned} for ${count}: return one for each input, in their order.`);
  }
  return inputs.map((input, k) => {
    const cotangent = list[k];
    const shape = shapeOf(input);
    if (cotangent === undefined) return broadcastTo(0, shape);
    if (!(typeof cotangent === "number" || cotangent instanceof TracedNumber || cotangent instanceof Tensor))
      return refuse(`a cotangent for input ${k + 1} that is neither a number nor a tensor.`);
    if (sameShape(shapeOf(cotangent), shape)) return cotangent;
    const [found, wanted] = [describe(shapeOf(cotangent)), describe(shape)];
    return refuse(`${found} as the cotangent of input ${k + 1}, which is ${wanted}: both must have the same shape.`);
  });
}

function describe(shape: Shape): string {
  return shape.length === 0 ? "a number" : `a tensor of shape ${describeShape(shape)}`;
}

/**
 * The tangent of the result from the pullback alone. That is linear in the cotangent u, and its transpose is the
 * Jacobian: Jt = ∂/∂u ⟨pullback(u), t⟩, one reverse pass over a recorded pullback. Where the tangent is to be recorded
 * itself, and for a number, element j is ⟨pullback(eⱼ), t⟩.
 */
function transposed(
  pull: Pull,
  tangents: readonly (Value | undefined)[],
  inputs: readonly Value[],
  result: Value,
): Value {
  const shape = shapeOf(result);
  const along = (u: Value): Value =>
    pull(u, inputs, result)
      .flatMap((cotangent, k) => (tangents[k] === undefined ? [] : [sum(mul(cotangent, tangents[k]))]))
      .reduce<Value>((total, term) => (total === 0 ? term : add(total, term)), 0);
  if (shape.length === 0) return along(1);
  const size = sizeOf(shape);
  if (recording.on) {
    const unit = (j: number): Value => {
      const data = new Float64Array(size);
      data[j] = 1;
      return new Tensor(shape, data);
    };
    return reshape(stack(Array.from({ length: size }, (_, j) => along(unit(j)))), shape);
  }
  const tape = continued(recording.tape);
  return recordOn(tape, () => {
    const u = tape.addInput(new Tensor(shape, new Float64Array(size)), "cotangent", 0);
    const total = along(u);
    const adjoint = isTraced(total) ? reverse(tape, (total as Exclude<Value, number>).node).tensor(u.node) : undefined;
    return adjoint ?? new Tensor(shape, new Float64Array(size));
  });
}

/** A tape to record on for a while, on which the values of another one are known as constants. */
function continued(tape: Tape): Tape {
  const next = new Tape();
  next.operation = new Uint8Array(tape.operation.length).fill(inputOperation);
  next.flags = tape.flags.slice();
  next.primal = tape.primal.slice();
  next.input0 = tape.input0.slice();
  next.input1 = tape.input1.slice();
  next.site = tape.site.slice();
  next.scope = tape.scope.slice();
  for (const tensor of tape.tensors) next.tensors.push(tensor);
  next.length = tape.length;
  return next;
}
