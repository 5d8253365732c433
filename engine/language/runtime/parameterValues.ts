import { Tensor } from "../../tape/tensor.ts";
import { isPlainObject } from "./parameters.ts";
import { floatArrayConstructors, isFloatArray } from "./typedArrays.ts";

/** A value that was asked for does not fit its parameter. The message is one whole sentence. */
export class ParameterError extends Error {
  override name = "ParameterError";
}

const nonFinite = new Map([
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
]);

/** Refuses names that are no parameters of `functionName`. */
export function checkNames(
  functionName: string,
  names: readonly string[],
  at: Readonly<Record<string, unknown>>,
): void {
  const unknown = Object.keys(at).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const known = names.length === 0 ? "it has none" : `it has ${names.join(", ")}`;
  throw new ParameterError(`${functionName} has no parameter ${unknown}: ${known}.`);
}

/**
 * A value as JSON gives it, in the form that the parameter's default has: `[1, 2]` becomes a Float64Array where the
 * default is one, a tensor where it is a tensor of the same rank. Throws a ParameterError where it does not fit.
 */
export function fitParameter(name: string, given: unknown, standard: unknown): unknown {
  if (typeof standard === "number") return fitNumber(name, given);
  if (Tensor.is(standard)) return fitTensor(name, given, standard);
  if (isFloatArray(standard)) {
    const constructor = floatArrayConstructors.find((candidate) => standard instanceof candidate)!;
    return constructor.from(list(name, given, standard).map((element, k) => fitNumber(`${name}[${k}]`, element)));
  }
  if (Array.isArray(standard)) {
    const elements: readonly unknown[] = standard;
    // Elements beyond the default's are of its last element's kind; those of an empty default are numbers.
    return list(name, given, standard).map((element, k) =>
      fitParameter(`${name}[${k}]`, element, k in elements ? elements[k] : (elements.at(-1) ?? 0)),
    );
  }
  if (typeof standard === "object" && standard !== null && isPlainObject(standard))
    return fitObject(name, given, standard);
  if (given === standard || (typeof given === typeof standard && typeof given !== "object")) return given;
  throw mismatch(name, given, standard);
}

function fitNumber(name: string, given: unknown): number {
  const number = typeof given === "string" ? nonFinite.get(given) : given;
  if (typeof number !== "number") throw mismatch(name, given, 0);
  return number;
}

function fitTensor(name: string, given: unknown, standard: Tensor): Tensor {
  const shape: number[] = [];
  let first: unknown = list(name, given, standard);
  for (; Array.isArray(first); first = (first as unknown[])[0]) shape.push(first.length);
  if (shape.length !== standard.shape.length)
    throw new ParameterError(
      `The value given for ${name} is nested ${shape.length} deep, but its default is a tensor of ${standard.shape.length} axes.`,
    );
  const data: number[] = [];
  const collect = (value: unknown, path: string, axis: number): void => {
    if (axis === shape.length) {
      data.push(fitNumber(path, value));
      return;
    }
    if (!Array.isArray(value) || value.length !== shape[axis])
      throw new ParameterError(`The value given for ${name} is ragged: ${path} should be an array of ${shape[axis]!}.`);
    value.forEach((element, k) => collect(element, `${path}[${k}]`, axis + 1));
  };
  collect(given, name, 0);
  return new Tensor(shape, Float64Array.from(data));
}

function fitObject(name: string, given: unknown, standard: object): object {
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw mismatch(name, given, standard);
  const unknown = Object.keys(given).find((key) => !(key in standard));
  if (unknown !== undefined)
    throw new ParameterError(
      `The value given for ${name} has a member ${unknown} that its default has not: it has ${Object.keys(standard).join(", ")}.`,
    );
  const fitted = { ...standard } as Record<string, unknown>;
  for (const [key, value] of Object.entries(given)) fitted[key] = fitParameter(`${name}.${key}`, value, fitted[key]);
  return fitted;
}

function list(name: string, given: unknown, standard: unknown): readonly unknown[] {
  if (Array.isArray(given)) return given;
  throw mismatch(name, given, standard);
}

function mismatch(name: string, given: unknown, standard: unknown): ParameterError {
  return new ParameterError(`The value given for ${name} is ${kind(given)}, but its default is ${kind(standard)}.`);
}

function kind(value: unknown): string {
  if (value === null) return "null";
  if (Tensor.is(value)) return `a tensor of shape [${value.shape.join(", ")}]`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  if (Array.isArray(value)) return "an array";
  switch (typeof value) {
    case "object":
      return "an object";
    case "string":
      return `the text ${JSON.stringify(value)}`;
    case "undefined":
      return "undefined";
    default:
      return `a ${typeof value}`;
  }
}
