import { isArgumentError, KindError } from "../primitives/argumentErrors.ts";
import { UnsolvableError } from "../primitives/unsolvable.ts";
import { primalOf, shapeOf, type Primal } from "../primitives/rule.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import { reshape, stack } from "../primitives/shaping.ts";
import { recording } from "../tape/recording.ts";
import { isNumberArray, typedArrayElements, wholeOf } from "./tracedArrays.ts";
import { describeShape, sameShape, sizeOf, type Shape } from "../tape/shape.ts";
import { Tensor, TracedNumber, type Value } from "../tape/tensor.ts";

/** An argument of a library function as a value: nested arrays become tensors, traced elements stay traced. */
export function asValue(operation: string, x: unknown): Value {
  if (typeof x === "number" || x instanceof TracedNumber || x instanceof Tensor) return x;
  if (typeof x === "boolean") return Number(x);
  if (Array.isArray(x) || isNumberArray(x)) return fromElements(operation, x);
  const whole = wholeOf(x);
  if (whole !== undefined) return whole;
  throw refusal(operation, x);
}

function refusal(operation: string, x: unknown): TypeError {
  return new KindError(`${operation} takes numbers, tensors and nested arrays of numbers, not ${describe(x)}`);
}

/** Something that was given in a place where it does not fit, in words. */
export function describe(x: unknown): string {
  if (x === null || x === undefined) return String(x);
  if (x instanceof Tensor) return `a tensor of shape ${describeShape(x.shape)}`;
  if (Array.isArray(x)) return "an array";
  if (typeof x === "object") {
    const { constructor } = x as { readonly constructor?: { readonly name: string } };
    const kind = constructor?.name ?? "Object";
    return kind === "Object" || kind === "" ? "an object" : `an object of type ${kind}`;
  }
  if (typeof x === "string") return `the text ${JSON.stringify(x)}`;
  return typeof x === "number" ? String(x) : `a ${typeof x}`;
}

type Elements = readonly unknown[] | ArrayLike<number>;

function fromElements(operation: string, x: Elements): Value {
  const leaves: (number | TracedNumber)[] = [];
  const shape = collect(operation, x, leaves);
  if (shape === undefined) return stack((x as unknown[]).map((element) => asValue(operation, element)));
  if (leaves.every((leaf) => typeof leaf === "number")) return new Tensor(shape, Float64Array.from(leaves));
  return reshape(stack(leaves), shape);
}

/** Appends the scalars of nested arrays to `leaves` and gives their shape; undefined where there are tensors among them. */
function collect(operation: string, x: Elements, leaves: (number | TracedNumber)[]): Shape | undefined {
  if (!Array.isArray(x)) {
    const elements = typedArrayElements.read(x as ArrayLike<number>);
    for (const element of elements) leaves.push(element);
    return [(x as ArrayLike<number>).length];
  }
  let inner: Shape | undefined;
  for (const element of x as unknown[]) {
    let shape: Shape | undefined = [];
    if (element instanceof Tensor || wholeOf(element) !== undefined) return undefined;
    if (typeof element === "number" || element instanceof TracedNumber) leaves.push(element);
    else if (Array.isArray(element) || isNumberArray(element)) shape = collect(operation, element as Elements, leaves);
    else if (typeof element === "boolean") leaves.push(Number(element));
    else throw refusal(operation, element);
    if (shape === undefined) return undefined;
    if (inner !== undefined && !sameShape(inner, shape))
      throw new ShapeError(
        `${operation} of nested arrays: elements of shapes ${describeShape(inner)} and ${describeShape(shape)} stand beside each other; all must be equal`,
      );
    inner = shape;
  }
  return [x.length, ...(inner ?? [])];
}

/**
 * What `body` gives. An error about its arguments names the function that was called, in the place of one that it is made
 * of: `mean`, not `sum`.
 */
export function calledAs<T>(operation: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    const named = error instanceof ShapeError || isArgumentError(error) || error instanceof UnsolvableError;
    if (named && !error.message.startsWith(`${operation} `) && !error.message.startsWith(`${operation}:`)) {
      const inner = /^[a-z]\w*(?=:| of | takes )/.exec(error.message)?.[0];
      error.message = `${operation}${inner === undefined ? ": " : ""}${error.message.slice(inner?.length ?? 0)}`;
    }
    throw error;
  }
}

/** The same function under another name, which errors tell. */
export function named<F>(operation: string, f: F): F {
  const call = f as (...args: unknown[]) => unknown;
  return ((...args: unknown[]) => calledAs(operation, () => call(...args))) as F;
}

/** Zeros, ones and their like: a constant of `shape`, a number where that is empty. */
export function constant(operation: string, shape: unknown, fill: (data: Float64Array) => void): Primal {
  const extents = asShape(operation, shape);
  const data = new Float64Array(sizeOf(extents));
  fill(data);
  return extents.length === 0 ? data[0]! : new Tensor(extents, data);
}

/**
 * Extents, axes, ranges and counts as plain numbers. They may hang on a traced parameter (`zeros([n])`), but what is
 * computed does not vary smoothly with them: no adjoint flows there.
 */
export function fixed<T>(x: T): T {
  if (x instanceof TracedNumber) {
    recording.watcher?.read(x);
    return primalOf(x) as T;
  }
  return Array.isArray(x) ? (x.map(fixed) as T) : x;
}

/** A shape as people give it: a list of extents, or one number for a single axis. */
export function asShape(operation: string, shape: unknown): Shape {
  const given = fixed(shape);
  const extents: unknown = typeof given === "number" ? [given] : given;
  if (Array.isArray(extents) && extents.every((extent) => Number.isInteger(extent) && extent >= 0))
    return extents as Shape;
  throw new ShapeError(
    `${operation}: a shape is a list of whole numbers from 0 on, not ${Array.isArray(given) ? `[${given.map(describe).join(", ")}]` : describe(given)}`,
  );
}

/** `x` if it is a whole number; `what` says what for. */
export function asWhole(operation: string, what: string, x: unknown): number {
  const given = fixed(x);
  if (Number.isInteger(given)) return given as number;
  throw new KindError(`${operation}: ${what} is ${describe(given)}; give a whole number`);
}

/** `x` if it is one whole number or a list of them. */
export function asWholes(operation: string, what: string, x: unknown): number | readonly number[] {
  const given = fixed(x);
  if (Array.isArray(given)) return given.map((each) => asWhole(operation, what, each));
  return asWhole(operation, what, given);
}

/** `x` if it is a finite number. */
export function asFinite(operation: string, what: string, x: unknown): number {
  const given = fixed(x);
  if (Number.isFinite(given)) return given as number;
  throw new KindError(`${operation}: ${what} is ${describe(given)}; give a finite number`);
}

/** `x` if it is an array. */
export function asList(operation: string, what: string, x: unknown): readonly unknown[] {
  if (Array.isArray(x)) return x as unknown[];
  throw new KindError(`${operation}: give ${what} in an array, not ${describe(x)}`);
}

export { shapeOf };
