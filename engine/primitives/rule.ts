import { recording } from "../tape/recording.ts";
import { scalarShape, type Shape } from "../tape/shape.ts";
import type { Attributes } from "../tape/tape.ts";
import { drawnTensors, Tensor, TracedNumber, type Value } from "../tape/tensor.ts";
import { codeOf, type PrimitiveName } from "./names.ts";

/** A primal: what a value holds, without its place on the tape. */
export type Primal = number | Tensor;

/**
 * Everything the engine knows about one primitive.
 *
 * `vjp` and `jvp` are written with primitives applied to values, so they can themselves be recorded: that is how second
 * derivatives come about.
 */
export interface Rule {
  /** The result's shape. Throws a ShapeError that names the shapes when they do not fit. */
  shape(inputs: readonly Shape[], attributes: Attributes): Shape;
  /** The result, of the shape that `shape` gave; a plain number where that is the scalar shape. */
  evaluate(inputs: readonly Primal[], attributes: Attributes, shape: Shape): Primal;
  /** The tangent of the result. `tangents[k]` is undefined where input k does not vary; at least one varies. */
  jvp(tangents: readonly (Value | undefined)[], inputs: readonly Value[], result: Value, attributes: Attributes): Value;
  /** The cotangent of each input; undefined for an input that the result does not vary with. */
  readonly vjp: Pullbacks;
  /**
   * Of an operation that takes a part of its first input, and has a derivative for no other: adds the cotangent of that
   * input to `sum`, in place. Each part would else hand back a cotangent as large as the whole, zero nearly everywhere.
   */
  readonly accumulate?: (
    sum: Float64Array,
    cotangent: Primal,
    inputs: readonly Primal[],
    attributes: Attributes,
  ) => void;
  /** ∂result/∂input per input where all are scalars: the allocation-free path of reverse mode. */
  readonly partials?: readonly (Partial | undefined)[];
  /** The value for scalar inputs, where there is one. */
  readonly scalar?: (...inputs: number[]) => number;
}

/** From the cotangent of the result to the cotangent of the input at `position`, of that input's shape. */
export type Pullback = (
  cotangent: Value,
  inputs: readonly Value[],
  result: Value,
  attributes: Attributes,
  position: number,
) => Value;

/** A pullback for each input, or one that serves them all. */
export type Pullbacks = Pullback | readonly (Pullback | undefined)[];

/** The pullback to the input at `position`, or undefined where the result does not vary with it. */
export function pullback(rule: Rule, position: number): Pullback | undefined {
  return typeof rule.vjp === "function" ? rule.vjp : rule.vjp[position];
}

/**
 * A local derivative as a function of the inputs and the result. Straight-line: it is traced once and compiled, so it
 * selects with `where`, never with `if`.
 */
export type Partial = (a: Value, b: Value, result: Value) => Value;

/** A primitive: a function that applies it, with its rule. */
export type Primitive<F> = F & { readonly rule: Rule; readonly code: number };

/** Applies an operation of any arity to values; records it when a recording is on and an input is traced. */
export function apply(code: number, rule: Rule, inputs: readonly Value[], attributes: Attributes = {}): Value {
  const shape = rule.shape(inputs.map(shapeOf), attributes);
  const primals = inputs.map(primalOf);
  const keeper = keptResults.now;
  const result = keeper?.next() ?? rule.evaluate(primals, attributes, shape);
  keeper?.computed(code, primals, result);
  if (!recording.on) return result;
  if (!inputs.some(isTraced)) {
    if (result instanceof Tensor && inputs.some(isDrawn)) drawnTensors.add(result);
    return result;
  }
  const kept = attributes === noAttributes ? undefined : attributes;
  return recording.tape.add(code, result, inputs, kept, recording.site, recording.scope);
}

function isDrawn(value: Value): boolean {
  return value instanceof Tensor && drawnTensors.has(value);
}

/** Told of every operation on tensors, in order; gives the result of one that need not be computed again. */
export interface KeepsResults {
  next(): Primal | undefined;
  computed(code: number, inputs: readonly Primal[], result: Primal): void;
}

/** Who is told of operations now. */
export const keptResults = {
  now: undefined as KeepsResults | undefined,
  within<T>(keeper: KeepsResults, body: () => T): T {
    const outer = this.now;
    this.now = keeper;
    try {
      return body();
    } finally {
      this.now = outer;
    }
  },
};

/** For primitives that need nothing besides their inputs. */
export const noAttributes: Attributes = {};

/** Whether a value stands on the tape at hand. */
export function isTraced(value: Value): boolean {
  return typeof value !== "number" && recording.tape.holds(value);
}

/** What a value holds. */
export function primalOf(value: Value): Primal {
  return value instanceof TracedNumber ? value.primal : value;
}

export function shapeOf(value: Value): Shape {
  return value instanceof Tensor ? value.shape : scalarShape;
}

/** A primitive with a rule of its own. `call` arranges its arguments into inputs and attributes. */
export function primitive<F extends object>(
  name: PrimitiveName,
  rule: Rule,
  call: (run: (inputs: readonly Value[], attributes?: Attributes) => Value) => F,
): Primitive<F> {
  const code = codeOf(name);
  return Object.assign(
    call((inputs, attributes = noAttributes) => apply(code, rule, inputs, attributes)),
    { rule, code },
  );
}

/** A result of the empty shape is a plain number. */
export function scalarOrTensor(shape: Shape, data: Float64Array): Primal {
  return shape.length === 0 ? data[0]! : new Tensor(shape, data);
}

/** The elements of a primal, row-major. */
export function dataOf(primal: Primal): Float64Array {
  return typeof primal === "number" ? Float64Array.of(primal) : primal.data;
}
