import { scalarShape, type Shape } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";
import { broadcastShapes } from "./broadcastShapes.ts";
import { elementwiseLoop } from "./elementwiseLoops.ts";
import { codeOf, type PrimitiveName } from "./names.ts";
import { recordBinary, recordUnary } from "./recordScalar.ts";
import { apply, noAttributes, shapeOf, type Partial, type Primitive, type Pullback, type Rule } from "./rule.ts";

export type Unary = (x: Value) => Value;
export type Binary = (a: Value, b: Value) => Value;

/** An elementwise function of one value. Without a partial it is piecewise constant. */
export function unary(
  name: PrimitiveName,
  evaluate: (x: number) => number,
  partial?: (x: Value, result: Value) => Value,
): Primitive<Unary> {
  const rule = elementwise(name, 1, evaluate, [partial && ((x, _, result) => partial(x, result))]);
  const code = codeOf(name);
  const general = (x: Value): Value => apply(code, rule, [x], noAttributes);
  return Object.assign(recordUnary(code, evaluate, general), { rule, code });
}

/** An elementwise function of two values that broadcast against each other. */
export function binary(
  name: PrimitiveName,
  evaluate: (a: number, b: number) => number,
  partials: readonly [Partial | undefined, Partial | undefined] = [undefined, undefined],
): Primitive<Binary> {
  const rule = elementwise(name, 2, evaluate, partials);
  const code = codeOf(name);
  const general = (a: Value, b: Value): Value => apply(code, rule, [a, b], noAttributes);
  return Object.assign(recordBinary(code, evaluate, general), { rule, code });
}

/** The rule of an elementwise operation follows from its partial derivatives. */
export function elementwise(
  name: PrimitiveName,
  arity: number,
  scalar: (...inputs: number[]) => number,
  partials: readonly (Partial | undefined)[],
): Rule {
  return {
    partials,
    scalar,
    shape: (shapes) => broadcastAll(shapes, name),
    evaluate: elementwiseEvaluation(scalar, arity),
    jvp(tangents, inputs, result) {
      let sum: Value | undefined;
      partials.forEach((partial, k) => {
        const tangent = tangents[k];
        if (tangent === undefined || partial === undefined) return;
        const term = scale(tangent, partial(inputs[0]!, inputs[1] ?? 0, result));
        sum = sum === undefined ? term : arithmetic.add(sum, term);
      });
      return arithmetic.broadcastTo(sum ?? 0, shapeOf(result));
    },
    vjp: partials.map((partial, k): Pullback | undefined =>
      partial === undefined
        ? undefined
        : (cotangent, inputs, result) =>
            arithmetic.sumTo(scale(cotangent, partial(inputs[0]!, inputs[1] ?? 0, result)), shapeOf(inputs[k]!)),
    ),
  };
}

export function elementwiseEvaluation(scalar: (...inputs: number[]) => number, arity: number): Rule["evaluate"] {
  const loop = elementwiseLoop(scalar, arity);
  return (inputs, _, shape) => loop(inputs, shape);
}

/** The shape to which all broadcast. An error begins with the operation. */
export function broadcastAll(shapes: readonly Shape[], operation?: string): Shape {
  return shapes.reduce((all, shape) => broadcastShapes(all, shape, operation), scalarShape);
}

/** cotangent · factor, without an operation where the factor is the constant 1 or −1. */
function scale(cotangent: Value, factor: Value): Value {
  if (factor === 1) return cotangent;
  if (factor === -1) return arithmetic.neg(cotangent);
  return arithmetic.mul(cotangent, factor);
}

/**
 * The few primitives that the factories above are themselves written with. The modules that define them hand them in,
 * because they are made by these very factories.
 */
export const arithmetic = {} as { add: Binary; mul: Binary; neg: Unary; broadcastTo: Reshaper; sumTo: Reshaper };
export type Reshaper = (x: Value, shape: Shape) => Value;
