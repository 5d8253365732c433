import { Tensor, TracedNumber, type Value } from "../tape/tensor.ts";
import { stack } from "../primitives/shaping.ts";
import type { Shape } from "../tape/shape.ts";
import { Complex } from "./complex/number.ts";
import { isFloatArray, isNumberArray, typedArrayElements } from "./tracedArrays.ts";
import type { TypedArray } from "./types.ts";

/** Numbers, complex numbers, tensors and typed arrays in plain objects and arrays, nested to any depth: the parameters of a model, their gradient. */
export type Tree = number | Complex | TypedArray | readonly Tree[] | { readonly [key: string]: Tree };

/** One part of a tree that counts as one: a number, a tensor, an array of numbers nested evenly, an array of floats. */
export interface TreeLeaf {
  /** `layers[0].w`; empty where the tree itself is the leaf. */
  readonly path: string;
  readonly kind: "number" | "tensor" | "array";
  readonly shape: Shape;
  readonly data: Float64Array;
}

export interface FlatTree {
  readonly leaves: readonly TreeLeaf[];
  /** The tree with another value in the place of each leaf, in the order of `leaves`. */
  readonly rebuild: (values: readonly unknown[]) => unknown;
}

/** A tree does not hold what it should. The message is one whole sentence. */
export class TreeError extends Error {
  override name = "TreeError";
}

/** The leaves of a tree in order. `name` is what errors call it. Throws a TreeError. */
export function flatten(name: string, tree: unknown): FlatTree {
  const leaves: TreeLeaf[] = [];
  const build = visit(name, tree, "", leaves);
  return { leaves, rebuild: (values) => build(values) };
}

type Build = (values: readonly unknown[]) => unknown;

function visit(name: string, tree: unknown, path: string, leaves: TreeLeaf[]): Build {
  const leaf = (kind: TreeLeaf["kind"], shape: Shape, data: Float64Array): Build => {
    const index = leaves.push({ path, kind, shape, data }) - 1;
    return (values) => values[index];
  };
  if (typeof tree === "number") return leaf("number", [], Float64Array.of(tree));
  if (tree instanceof Tensor) return leaf("tensor", tree.shape, tree.data);
  if (isNumberArray(tree) && isFloatArray(tree)) {
    const build = leaf("array", [tree.length], Float64Array.from(tree));
    return (values) => {
      const elements = build(values);
      return Array.isArray(elements) ? typedArrayElements.make(tree, stack(elements as Value[])) : elements;
    };
  }
  if (tree instanceof Complex) {
    const parts = [tree.re, tree.im].map((part, k) => visit(name, part, joined(path, k === 0 ? "re" : "im"), leaves));
    return (values) => new Complex(...(parts.map((build) => build(values)) as [number, number]));
  }
  if (Array.isArray(tree)) {
    const shape = evenShape(tree);
    if (shape !== undefined) return leaf("array", shape, Float64Array.from(tree.flat(shape.length) as number[]));
    const elements = tree.map((element, k) => visit(name, element, `${path}[${k}]`, leaves));
    return (values) => elements.map((build) => build(values));
  }
  if (isPlainObject(tree)) {
    const members = Object.entries(tree).map(
      ([key, member]) => [key, visit(name, member, joined(path, key), leaves)] as const,
    );
    return (values) => Object.fromEntries(members.map(([key, build]) => [key, build(values)]));
  }
  const where = path === "" ? name : `${name}: ${path}`;
  const advice = ArrayBuffer.isView(tree) ? ", or an array of floats such as a Float64Array" : "";
  throw new TreeError(
    `${where} is ${describe(tree)}; take numbers, complex numbers, tensors, and plain objects and arrays of them${advice}.`,
  );
}

const joined = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);

/** The shape of an array of numbers nested evenly; undefined of every other, and of an empty one. */
export function evenShape(array: readonly unknown[]): Shape | undefined {
  const [first] = array;
  if (typeof first === "number")
    return array.every((element) => typeof element === "number") ? [array.length] : undefined;
  if (!Array.isArray(first)) return undefined;
  const inner = evenShape(first);
  if (inner === undefined) return undefined;
  const fits = array.every((element) => {
    const shape = Array.isArray(element) ? evenShape(element) : undefined;
    return shape?.length === inner.length && shape.every((extent, axis) => extent === inner[axis]);
  });
  return fits ? [array.length, ...inner] : undefined;
}

/** Applies a function to the leaves of trees that are built alike. Arrays of numbers are taken number by number. */
export function mapTrees(f: (...values: Value[]) => Value, ...trees: readonly unknown[]): Tree {
  const [first] = trees;
  if (typeof first === "number" || first instanceof Tensor || first instanceof TracedNumber)
    return f(...(trees as Value[])) as unknown as Tree;
  if (Array.isArray(first)) return first.map((_, k) => mapTrees(f, ...trees.map((tree) => (tree as unknown[])[k])));
  const member = (key: string): Tree => mapTrees(f, ...trees.map((tree) => (tree as Record<string, unknown>)[key]));
  if (first instanceof Complex) return new Complex(member("re") as number, member("im") as number);
  return Object.fromEntries(Object.keys(first as object).map((key) => [key, member(key)]));
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return `the text ${JSON.stringify(value)}`;
  if (typeof value === "object") return `an object of type ${value.constructor.name}`;
  return typeof value === "bigint" ? "a bigint" : `a ${typeof value}`;
}

/** The values of a tree of numbers and tensors, traced ones too, in the order of `flatten`. */
export function valuesOf(tree: unknown): Value[] {
  if (typeof tree === "number" || tree instanceof Tensor || tree instanceof TracedNumber) return [tree];
  if (typeof tree !== "object" || tree === null) throw new TreeError(`A tree of values holds ${describe(tree)}.`);
  return (Array.isArray(tree) ? (tree as unknown[]) : Object.values(tree)).flatMap(valuesOf);
}
