import type { Adjoints } from "../../differentiate/reverse.ts";
import { recording } from "../../tape/recording.ts";
import { Tensor } from "../../tape/tensor.ts";
import { isFloatArray, noteElement, type FloatArray } from "./typedArrays.ts";

/** Which nodes a parameter became: nested as the parameter is. */
export type Structure =
  | { readonly kind: "number" | "tensor"; readonly node: number }
  | { readonly kind: "array"; readonly elements: readonly Structure[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [key: string, value: Structure])[] }
  /** Text, truth values, functions, whole-number arrays: what no gradient is taken with respect to. */
  | { readonly kind: "constant" };

export interface Wrapped {
  readonly value: unknown;
  readonly structure: Structure;
}

const constant: Structure = { kind: "constant" };

/**
 * A copy of `value` with every number in it an input on the recording's tape: `x`, `A[0][1]`, `p.w`. A tensor is one
 * input. Typed arrays of floats stay what they are; everything that is no number, array, tensor or plain object is
 * handed on as it is.
 */
export function wrapParameter(value: unknown, name: string, site: number): Wrapped {
  return wrap(value, name, site, new Set());
}

function wrap(value: unknown, name: string, site: number, around: ReadonlySet<object>): Wrapped {
  if (typeof value === "number") {
    const input = recording.tape.addInput(value, name, site);
    return { value: input, structure: { kind: "number", node: input.node } };
  }
  if (Tensor.is(value)) {
    const input = recording.tape.addInput(value, name, site);
    return { value: input, structure: { kind: "tensor", node: input.node } };
  }
  // An object that contains itself would be copied without end.
  if (typeof value !== "object" || value === null || around.has(value)) return { value, structure: constant };
  const within = new Set(around).add(value);
  if (isFloatArray(value)) return wrapFloats(value.slice(), name, site);
  if (Array.isArray(value)) return wrapArray(value, name, site, within);
  if (isPlainObject(value)) return wrapObject(value, name, site, within);
  return { value, structure: constant };
}

function wrapFloats(copy: FloatArray, name: string, site: number): Wrapped {
  const elements: Structure[] = [];
  for (let k = 0; k < copy.length; k++) {
    const { tape } = recording;
    const { node } = tape.addInput(copy[k]!, `${name}[${k}]`, site);
    // A tape may put another value in its place, which the array rounds as it does any.
    copy[k] = tape.primal[node]!;
    tape.primal[node] = copy[k]!;
    noteElement(copy, k, node);
    elements.push({ kind: "number", node });
  }
  return { value: copy, structure: { kind: "array", elements } };
}

function wrapArray(array: readonly unknown[], name: string, site: number, around: ReadonlySet<object>): Wrapped {
  const copy = array.slice();
  const elements = Array.from(array, (element, k) => {
    const wrapped = wrap(element, `${name}[${k}]`, site, around);
    if (k in array) copy[k] = wrapped.value;
    return wrapped.structure;
  });
  return { value: frozenAs(array, copy), structure: { kind: "array", elements } };
}

function wrapObject(object: object, name: string, site: number, around: ReadonlySet<object>): Wrapped {
  const copy = Object.create(
    Object.getPrototypeOf(object) as object | null,
    Object.getOwnPropertyDescriptors(object),
  ) as Record<string, unknown>;
  const entries = Object.entries(Object.getOwnPropertyDescriptors(object)).flatMap(([key, descriptor]) => {
    if (!("value" in descriptor) || descriptor.enumerable !== true) return [];
    const path = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
    const wrapped = wrap(descriptor.value, `${name}${path}`, site, around);
    Object.defineProperty(copy, key, { ...descriptor, value: wrapped.value, configurable: true });
    return [[key, wrapped.structure] as const];
  });
  return { value: frozenAs(object, copy), structure: { kind: "object", entries } };
}

function frozenAs<T>(original: object, copy: T): T {
  return Object.isFrozen(original) ? Object.freeze(copy) : copy;
}

export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A gradient, nested as its parameter. */
export type Nested = number | readonly Nested[] | { readonly [key: string]: Nested };

/**
 * The adjoints of a parameter, nested as it is; typed arrays and tensors as arrays. Undefined where it holds nothing
 * that a gradient is taken with respect to; such members of objects are left out, such elements of arrays are 0.
 */
export function gradientOf(structure: Structure, adjoints: Adjoints, shapeOf: ShapeOf): Nested | undefined {
  switch (structure.kind) {
    case "number":
      return adjoints.scalar(structure.node);
    case "tensor": {
      const shape = shapeOf(structure.node);
      const adjoint = adjoints.tensor(structure.node);
      return nestedArray(shape, adjoint?.data ?? new Float64Array(shape.reduce((size, extent) => size * extent, 1)));
    }
    case "array": {
      const elements = structure.elements.map((element) => gradientOf(element, adjoints, shapeOf));
      const differentiable = elements.length === 0 || elements.some((element) => element !== undefined);
      return differentiable ? elements.map((element) => element ?? 0) : undefined;
    }
    case "object": {
      const entries = structure.entries.flatMap(([key, value]) => {
        const gradient = gradientOf(value, adjoints, shapeOf);
        return gradient === undefined ? [] : [[key, gradient] as const];
      });
      return entries.length > 0 ? Object.fromEntries(entries) : undefined;
    }
    case "constant":
      return undefined;
  }
}

/** The shape of a node: `tape.shapeOf`. */
type ShapeOf = (node: number) => readonly number[];

/** Row-major data as nested arrays. */
export function nestedArray(shape: readonly number[], data: Float64Array): Nested {
  const [extent, ...inner] = shape;
  if (extent === undefined) return data[0]!;
  const stride = extent === 0 ? 0 : data.length / extent;
  return Array.from({ length: extent }, (_, k) => nestedArray(inner, data.subarray(k * stride, (k + 1) * stride)));
}

/** Every input among the nodes of a parameter, in order. */
export function inputsOf(structure: Structure): number[] {
  switch (structure.kind) {
    case "number":
    case "tensor":
      return [structure.node];
    case "array":
      return structure.elements.flatMap(inputsOf);
    case "object":
      return structure.entries.flatMap(([, value]) => inputsOf(value));
    case "constant":
      return [];
  }
}
