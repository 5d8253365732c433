import { shapeOf } from "../../primitives/rule.ts";
import { recording } from "../../tape/recording.ts";
import { describeShape, sameShape } from "../../tape/shape.ts";
import { Tensor, TracedNumber, type Value } from "../../tape/tensor.ts";
import { Complex } from "../complex/number.ts";
import {
  isFloatArray,
  isNumberArray,
  plainArray,
  typedArrayElements,
  wholeOf,
  type NumberArray,
} from "../tracedArrays.ts";
import { describe } from "../tree.ts";
import { asValue } from "../values.ts";
import { TransformError } from "./errors.ts";

/** A tree taken apart: its numbers and tensors in order, and how to build one like it. */
export interface Flat {
  readonly leaves: readonly Value[];
  /** `layers[0].w` for each leaf; empty where the tree itself is the leaf. */
  readonly paths: readonly string[];
  /**
   * The tree with something else in the place of each leaf. Arrays of whole numbers have no leaf: they stay, or become what
   * `ofWhole` makes of them.
   */
  readonly rebuild: (values: readonly unknown[], ofWhole?: OfWhole) => unknown;
}

type OfWhole = (array: NumberArray) => unknown;
type Build = (values: readonly unknown[], ofWhole: OfWhole) => unknown;

/** What has no leaf in a tree of derivatives: those of whole numbers are 0. */
export const noDerivative: OfWhole = (array) =>
  typedArrayElements.make(array, new Tensor([array.length], new Float64Array(array.length)));

/**
 * The numbers and tensors in plain objects and arrays, nested to any depth; `null` and `undefined` hold none. A complex number
 * has its parts as two leaves; an array of floats is one, a vector. `what` is what errors call the tree, as the beginning of
 * a sentence.
 */
export function flatten(what: string, tree: unknown): Flat {
  const leaves: Value[] = [];
  const paths: string[] = [];
  const visit = (part: unknown, path: string): Build => {
    if (isLeaf(part)) {
      const index = leaves.push(part) - 1;
      paths.push(path);
      return (values) => values[index];
    }
    if (isArrayOfNumbers(part)) {
      if (!isFloatArray(part)) return (_, ofWhole) => ofWhole(part);
      const index = leaves.push(asValue("", part)) - 1;
      paths.push(path);
      return (values) => likeArray(part, values[index]);
    }
    if (part instanceof Complex) {
      const [re, im] = [visit(part.re, joined(path, "re")), visit(part.im, joined(path, "im"))];
      return (values, ofWhole) => complexLike(re(values, ofWhole), im(values, ofWhole));
    }
    if (part === undefined || part === null) return () => part;
    if (Array.isArray(part)) {
      const elements = part.map((element, k) => visit(element, `${path}[${k}]`));
      return (values, ofWhole) => elements.map((build) => build(values, ofWhole));
    }
    if (isPlainObject(part)) {
      const members = Object.entries(part).map(([key, member]) => [key, visit(member, joined(path, key))] as const);
      return (values, ofWhole) => Object.fromEntries(members.map(([key, build]) => [key, build(values, ofWhole)]));
    }
    throw new TransformError(
      `${what} ${path === "" ? "is" : `holds, at ${path},`} ${describe(part)}: it must be made of numbers, complex numbers, tensors, typed arrays, and plain objects and arrays of them.`,
    );
  };
  const build = visit(tree, "");
  return { leaves, paths, rebuild: (values, ofWhole = (array) => array) => build(values, ofWhole) };
}

const joined = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);

/** An array of numbers, also one with traced elements. */
export function isArrayOfNumbers(x: unknown): x is NumberArray {
  return isNumberArray(x) || wholeOf(x) !== undefined;
}

/** A vector as a typed array; whatever else stands in the place of one is left as it is. */
function likeArray(like: NumberArray, value: unknown): unknown {
  const fits = value instanceof Tensor && value.shape.length === 1 && value.shape[0] === like.length;
  return fits ? typedArrayElements.make(like, value) : value;
}

/** Two values as the parts of a complex number; whatever else stands in their place, side by side. */
function complexLike(re: unknown, im: unknown): unknown {
  return isLeaf(re) && isLeaf(im) ? new Complex(re as number, im as number) : { re, im };
}

export function isLeaf(x: unknown): x is Value {
  return typeof x === "number" || x instanceof TracedNumber || x instanceof Tensor;
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What differs between two trees that should be built alike, as the rest of a sentence: "is …, not …". */
export function misfit(given: Flat, wanted: Flat): string | undefined {
  const paths = given.paths.length === wanted.paths.length && given.paths.every((path, k) => path === wanted.paths[k]);
  if (!paths) return `is built as ${layout(given)}, not as ${layout(wanted)}`;
  const k = given.leaves.findIndex((leaf, index) => !sameShape(shapeOf(leaf), shapeOf(wanted.leaves[index]!)));
  if (k < 0) return undefined;
  const at = given.paths[k] === "" ? "" : ` at ${given.paths[k]!}`;
  return `is ${kind(given.leaves[k]!)}${at}, not ${kind(wanted.leaves[k]!)}`;
}

export function kind(value: Value): string {
  return value instanceof Tensor ? `a tensor of shape ${describeShape(value.shape)}` : "a number";
}

/** `{ w: number, b: [3] }`, long ones shortened. */
function layout({ leaves, rebuild }: Flat): string {
  const text = JSON.stringify(rebuild(leaves.map((leaf) => (leaf instanceof Tensor ? "tensor" : "number")))) as
    string | undefined;
  const bare = (text ?? "nothing").replaceAll('"', "");
  return bare.length <= 60 ? bare : `${bare.slice(0, 59)}…`;
}

/**
 * What a transformation gives back: while a recording is on, as it is; else without the tape it was computed on, as plain
 * numbers and tensors. Plain objects and arrays are looked through, everything else is left alone.
 */
export function released(x: unknown): unknown {
  if (recording.on) return x;
  if (x instanceof TracedNumber) return x.primal;
  if (x instanceof Tensor) return x.node < 0 ? x : new Tensor(x.shape, x.data);
  if (x instanceof Complex) return new Complex(released(x.re) as number, released(x.im) as number);
  if (Array.isArray(x)) return x.map(released);
  if (isPlainObject(x)) return Object.fromEntries(Object.entries(x).map(([key, member]) => [key, released(member)]));
  return typeof x === "object" && x !== null ? plainArray(x) : x;
}
