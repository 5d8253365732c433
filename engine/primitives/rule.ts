import { recording } from "../tape/recording.ts";
import { sizeOf, stridesOf, type Shape } from "../tape/shape.ts";
import type { Attributes } from "../tape/tape.ts";
import { Tensor, TracedNumber, type Value } from "../tape/tensor.ts";
import { broadcastShapes } from "./broadcastShapes.ts";
import { codeOf, type PrimitiveName } from "./names.ts";
import { recordBinary, recordUnary } from "./recordScalar.ts";

/** A primal: what a value holds, without its place on the tape. */
export type Primal = number | Tensor;

/**
 * Everything the engine knows about one primitive.
 *
 * `vjp` and `jvp` are written with primitives applied to values, so they can themselves be recorded: that is how second
 * derivatives come about. Where an input has no effect on the result, `vjp` gives `undefined` for it.
 */
export interface Rule {
  /** The result's shape. Throws a ShapeError that names the shapes when they do not fit. */
  shape(inputs: readonly Shape[], attributes: Attributes): Shape;
  evaluate(inputs: readonly Primal[], attributes: Attributes): Primal;
  /** The tangent of the result. `tangents[k]` is undefined where input k does not vary; at least one varies. */
  jvp(tangents: readonly (Value | undefined)[], inputs: readonly Value[], result: Value, attributes: Attributes): Value;
  /** The cotangent of each input, of that input's shape. */
  vjp(
    cotangent: Value,
    inputs: readonly Value[],
    result: Value,
    attributes: Attributes,
  ): readonly (Value | undefined)[];
  /** ∂result/∂input per input where all are scalars: the allocation-free path of reverse mode. */
  readonly partials?: readonly Partial[];
}

/** A local derivative as a function of the inputs and the result. Given numbers it computes in plain numbers. */
export type Partial = (a: Value, b: Value, result: Value) => Value;

/** A primitive: a function that applies it, with its rule. */
export type Primitive<F> = F & { readonly rule: Rule; readonly code: number };

export type Unary = (x: Value) => Value;
export type Binary = (a: Value, b: Value) => Value;

/** Applies an operation of any arity to values; records it when a recording is on and an input is traced. */
export function apply(code: number, rule: Rule, inputs: readonly Value[], attributes?: Attributes): Value {
  const primals = inputs.map(primalOf);
  const result = rule.evaluate(primals, attributes ?? {});
  if (!recording.on || !inputs.some(isTraced)) return result;
  return recording.tape.add(code, result, inputs, attributes, recording.site, recording.scope);
}

export function isTraced(value: Value): boolean {
  return typeof value !== "number" && value.node >= 0;
}

/** What a value holds. */
export function primalOf(value: Value): Primal {
  return value instanceof TracedNumber ? recording.tape.primal[value.node]! : value;
}

export function shapeOf(value: Value): Shape {
  return value instanceof Tensor ? value.shape : [];
}

/** A primitive with a rule of its own. `call` arranges its arguments into inputs and attributes. */
export function primitive<F extends object>(
  name: PrimitiveName,
  rule: Rule,
  call: (run: (inputs: readonly Value[], attributes?: Attributes) => Value) => F,
): Primitive<F> {
  const code = codeOf(name);
  return Object.assign(
    call((inputs, attributes) => apply(code, rule, inputs, attributes)),
    { rule, code },
  );
}

/** An elementwise function of one value. */
export function unary(
  name: PrimitiveName,
  evaluate: (x: number) => number,
  partial: (x: Value, result: Value) => Value,
) {
  const partials: readonly Partial[] = [(x, _, result) => partial(x, result)];
  const rule = elementwise(1, (inputs) => map1(evaluate, inputs[0]!), partials);
  const code = codeOf(name);
  const general = (x: Value): Value => apply(code, rule, [x]);
  return Object.assign(recordUnary(code, evaluate, general), { rule, code }) satisfies Primitive<Unary>;
}

/** An elementwise function of two values that broadcast against each other. */
export function binary(
  name: PrimitiveName,
  evaluate: (a: number, b: number) => number,
  partials: readonly [Partial, Partial],
) {
  const rule = elementwise(2, (inputs) => map2(evaluate, inputs[0]!, inputs[1]!), partials);
  const code = codeOf(name);
  const general = (a: Value, b: Value): Value => apply(code, rule, [a, b]);
  return Object.assign(recordBinary(code, evaluate, general), { rule, code }) satisfies Primitive<Binary>;
}

/** The rule of an elementwise operation follows from its partial derivatives. */
function elementwise(arity: 1 | 2, evaluate: Rule["evaluate"], partials: readonly Partial[]): Rule {
  return {
    partials,
    evaluate,
    shape: (inputs) => (arity === 1 ? inputs[0]! : broadcastShapes(inputs[0]!, inputs[1]!)),
    jvp(tangents, inputs, result) {
      let sum: Value | undefined;
      tangents.forEach((tangent, k) => {
        if (tangent === undefined) return;
        const term = scale(tangent, partials[k]!(inputs[0]!, inputs[1] ?? 0, result));
        sum = sum === undefined ? term : arithmetic.add(sum, term);
      });
      return arithmetic.broadcastTo(sum!, shapeOf(result));
    },
    vjp: (cotangent, inputs, result) =>
      inputs.map((input, k) => {
        if (!isTraced(input) && recording.on) return undefined;
        const factor = partials[k]!(inputs[0]!, inputs[1] ?? 0, result);
        return factor === 0 ? undefined : arithmetic.sumTo(scale(cotangent, factor), shapeOf(input));
      }),
  };
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

function map1(evaluate: (x: number) => number, x: Primal): Primal {
  if (typeof x === "number") return evaluate(x);
  const data = new Float64Array(x.data.length);
  for (let i = 0; i < data.length; i++) data[i] = evaluate(x.data[i]!);
  return new Tensor(x.shape, data);
}

function map2(evaluate: (a: number, b: number) => number, a: Primal, b: Primal): Primal {
  if (typeof a === "number") {
    if (typeof b === "number") return evaluate(a, b);
    return map1((y) => evaluate(a, y), b);
  }
  if (typeof b === "number") return map1((x) => evaluate(x, b), a);
  const shape = broadcastShapes(a.shape, b.shape);
  const data = new Float64Array(sizeOf(shape));
  const x = a.data;
  const y = b.data;
  if (x.length === data.length && y.length === data.length) {
    for (let i = 0; i < data.length; i++) data[i] = evaluate(x[i]!, y[i]!);
    return new Tensor(shape, data);
  }
  const xIndex = broadcastIndex(a.shape, shape);
  const yIndex = broadcastIndex(b.shape, shape);
  for (let i = 0; i < data.length; i++) data[i] = evaluate(x[xIndex(i)]!, y[yIndex(i)]!);
  return new Tensor(shape, data);
}

/** Maps an element's index in `to` to its index in `from`, which broadcasts to it. */
export function broadcastIndex(from: Shape, to: Shape): (index: number) => number {
  const strides = stridesOf(from);
  const offset = to.length - from.length;
  const axes: { extent: number; stride: number }[] = to.map((extent, axis) => ({
    extent,
    stride: axis < offset || from[axis - offset] === 1 ? 0 : strides[axis - offset]!,
  }));
  return (index) => {
    let rest = index;
    let position = 0;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const { extent, stride } = axes[axis]!;
      position += (rest % extent) * stride;
      rest = Math.floor(rest / extent);
    }
    return position;
  };
}
