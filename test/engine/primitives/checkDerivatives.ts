import assert from "node:assert/strict";
import { forward } from "../../../engine/differentiate/forward.ts";
import { reverse, reverseRecorded } from "../../../engine/differentiate/reverse.ts";
import { add, mul } from "../../../engine/primitives/arithmetic.ts";
import { sum } from "../../../engine/primitives/reduction.ts";
import { dataOf, isTraced, shapeOf, type Primal } from "../../../engine/primitives/rule.ts";
import { recordOn, recording } from "../../../engine/tape/recording.ts";
import { sizeOf, type Shape } from "../../../engine/tape/shape.ts";
import { Tape } from "../../../engine/tape/tape.ts";
import { Tensor, type Value } from "../../../engine/tape/tensor.ts";

/** A function of values, as a test applies it. */
export type Model = (...inputs: Value[]) => Value;

/** Numbers that look random and are the same in every run. */
export function noise(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  };
}

export function filled(shape: Shape, next: () => number): Primal {
  const data = Float64Array.from({ length: sizeOf(shape) }, next);
  return shape.length === 0 ? data[0]! : new Tensor(shape, data);
}

/** A tensor from its shape and elements. */
export function tensorOf(shape: Shape, ...elements: number[]): Tensor {
  return new Tensor(shape, Float64Array.from(elements));
}

export function inner(a: Primal, b: Primal): number {
  const [x, y] = [dataOf(a), dataOf(b)];
  assert.equal(x.length, y.length);
  return x.reduce((total, value, i) => total + value * y[i]!, 0);
}

function moved(at: Primal, direction: Primal, step: number): Primal {
  const [x, d] = [dataOf(at), dataOf(direction)];
  const data = x.map((value, i) => value + step * d[i]!);
  return typeof at === "number" ? data[0]! : new Tensor(at.shape, data);
}

/** The adjoints of the inputs when the result has adjoint `cotangent`: Jᵀu. Zero where nothing depends on an input. */
export function vjp(model: Model, at: readonly Primal[], cotangent: Primal): Primal[] {
  const tape = new Tape();
  return recordOn(tape, () => {
    const inputs = at.map((x, k) => tape.addInput(x, `x${k}`, 0));
    const total = sum(mul(model(...inputs), cotangent));
    if (!isTraced(total)) return at.map((x) => filled(shapeOf(x), () => 0));
    const adjoints = reverse(tape, (total as Tensor).node);
    return inputs.map((input, k) => {
      if (typeof at[k] === "number") return adjoints.scalar(input.node);
      return adjoints.tensor(input.node) ?? filled(shapeOf(at[k]!), () => 0);
    });
  });
}

/** The tangent of the result when the inputs move along `tangents`: Jv. */
export function jvp(model: Model, at: readonly Primal[], tangents: readonly Primal[]): Primal {
  const tape = new Tape();
  return recordOn(tape, () => {
    const inputs = at.map((x, k) => tape.addInput(x, `x${k}`, 0));
    const result = model(...inputs);
    const still = filled(shapeOf(result), () => 0);
    if (!isTraced(result)) return still;
    const node = (result as Tensor).node;
    return forward(tape, node, new Map(inputs.map((input, k) => [input.node, tangents[k]!]))) ?? still;
  });
}

/** ∂/∂x ⟨Jᵀ(x)u, w⟩: a reverse pass over a recorded reverse pass. */
export function second(model: Model, at: readonly Primal[], u: Primal, w: readonly Primal[]): Primal[] {
  return vjp(
    (...inputs) => {
      const total = sum(mul(model(...inputs), u));
      if (!isTraced(total)) return 0;
      const gradients = reverseRecorded(
        recording.tape,
        (total as Tensor).node,
        inputs.map((input) => (input as Tensor).node),
      );
      return gradients
        .map((gradient, k) => (gradient === undefined ? 0 : sum(mul(gradient, w[k]!))))
        .reduce<Value>((a, b) => add(a, b), 0);
    },
    at,
    1,
  );
}

const step = 1e-5;

/**
 * Holds a model's derivatives at a point against each other and against central differences: the tangent, the pairing
 * ⟨u, Jv⟩ = ⟨Jᵀu, v⟩ to 1e-12, and second derivatives against differences of first ones.
 */
export function checkDerivatives(model: Model, at: readonly Primal[], tolerance = 1e-7): void {
  const next = noise(7);
  const v = at.map((x) => filled(shapeOf(x), next));
  const w = at.map((x) => filled(shapeOf(x), next));
  const result = model(...at) as Primal;
  const u = filled(shapeOf(result), next);

  const tangent = jvp(model, at, v);
  assert.deepEqual(shapeOf(tangent), shapeOf(result), "the tangent has the result's shape");
  const along = (x: number): Primal[] => at.map((value, k) => moved(value, v[k]!, x));
  const [ahead, behind] = [dataOf(model(...along(step)) as Primal), dataOf(model(...along(-step)) as Primal)];
  dataOf(tangent).forEach((value, i) => near(value, (ahead[i]! - behind[i]!) / (2 * step), tolerance, "tangent"));

  const adjoints = vjp(model, at, u);
  adjoints.forEach((adjoint, k) =>
    assert.deepEqual(shapeOf(adjoint), shapeOf(at[k]!), "adjoints have the inputs' shapes"),
  );
  near(sumOf(adjoints.map((adjoint, k) => inner(adjoint, v[k]!))), inner(u, tangent), 1e-12, "pairing");

  const directional = (x: number): number => sumOf(vjp(model, along(x), u).map((adjoint, k) => inner(adjoint, w[k]!)));
  const hessian = second(model, at, u, w);
  near(
    sumOf(hessian.map((row, k) => inner(row, v[k]!))),
    (directional(step) - directional(-step)) / (2 * step),
    tolerance,
    "second derivative",
  );
}

function sumOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function near(actual: number, expected: number, tolerance: number, what = "value"): void {
  if (Object.is(actual, expected)) return;
  const error = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
  assert.ok(error <= tolerance, `${what}: ${actual} instead of ${expected}, off by ${error}`);
}
