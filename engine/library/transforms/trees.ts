import { shapeOf } from "../../primitives/rule.ts";
import { recording } from "../../tape/recording.ts";
import { describeShape, sameShape } from "../../tape/shape.ts";
import { Tensor, TracedNumber, type Value } from "../../tape/tensor.ts";
import { describe } from "../tree.ts";
import { TransformError } from "./errors.ts";

/** A tree taken apart: its numbers and tensors in order, and how to build one like it. */
export interface Flat {
  readonly leaves: readonly Value[];
  /** `layers[0].w` for each leaf; empty where the tree itself is the leaf. */
  readonly paths: readonly string[];
  /** The tree with something else in the place of each leaf. */
  readonly rebuild: (values: readonly unknown[]) => unknown;
}

type Build = (values: readonly unknown[]) => unknown;

/**
 * The numbers and tensors in plain objects and arrays, nested to any depth; `null` and `undefined` hold none. `what` is
 * what errors call the tree, as the beginning of a sentence.
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
    if (part === undefined || part === null) return () => part;
    if (Array.isArray(part)) {
      const elements = part.map((element, k) => visit(element, `${path}[${k}]`));
      return (values) => elements.map((build) => build(values));
    }
    if (isPlainObject(part)) {
      const members = Object.entries(part).map(
        ([key, member]) => [key, visit(member, path === "" ? key : `${path}.${key}`)] as const,
      );
      return (values) => Object.fromEntries(members.map(([key, build]) => [key, build(values)]));
    }
    const advice = ArrayBuffer.isView(part) ? "; tensor(…) makes a tensor of a typed array" : "";
    throw new TransformError(
      `${what} ${path === "" ? "is" : `holds, at ${path},`} ${describe(part)}: it must be made of numbers, tensors, and plain objects and arrays of them${advice}.`,
    );
  };
  const build = visit(tree, "");
  return { leaves, paths, rebuild: build };
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
  if (Array.isArray(x)) return x.map(released);
  if (isPlainObject(x)) return Object.fromEntries(Object.entries(x).map(([key, member]) => [key, released(member)]));
  return x;
}
