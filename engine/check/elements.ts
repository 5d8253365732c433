import type { Adjoints } from "../differentiate/reverse.ts";
import type { Structure } from "../language/runtime/parameters.ts";
import { dataOf, type Primal } from "../primitives/rule.ts";
import { sizeOf, indexAt } from "../tape/shape.ts";
import { native } from "../primitives/native.ts";
import { Tensor } from "../tape/tensor.ts";
import { Direction, type Evaluation, type MovedTape, type Part } from "./evaluation.ts";

const { abs, max, min } = native;

/** One input of the tape: a number, or a tensor with all its elements. */
interface Leaf {
  readonly name: string;
  /** Before the tensor's own. */
  readonly index: readonly number[];
  readonly input: number;
  readonly node: number;
  readonly shape: readonly number[];
  readonly size: number;
  /** The number of its first element within the parameter. */
  readonly start: number;
}

export interface Element {
  readonly name: string;
  readonly index: readonly number[];
}

/** Some elements that move at once. */
export interface Stretch {
  readonly direction: Direction;
  /** The derivative along it that the adjoints give. */
  readonly reverse: number;
  /** The size of the terms that it is the sum of. */
  readonly terms: number;
}

/** The elements of one parameter, numbered from 0: everything in it that a gradient is taken with respect to. */
export class ParameterElements {
  readonly name: string;
  readonly length: number;
  readonly #leaves: readonly Leaf[];

  constructor(name: string, structure: Structure, tape: MovedTape) {
    this.name = name;
    const inputs = new Map(tape.inputs.map((node, input) => [node, input]));
    const leaves: Leaf[] = [];
    let start = 0;
    for (const { name: path, index, node } of leavesOf(structure, name, [])) {
      const shape = tape.shapeOf(node);
      const size = sizeOf(shape);
      leaves.push({ name: path, index, input: inputs.get(node)!, node, shape, size, start });
      start += size;
    }
    this.#leaves = leaves;
    this.length = start;
  }

  element(k: number): Element {
    const leaf = this.#leafOf(k);
    return { name: leaf.name, index: [...leaf.index, ...indexAt(leaf.shape, k - leaf.start)] };
  }

  /** The direction in which element `k` alone moves. */
  alone(k: number): Direction {
    const { input, shape, start } = this.#leafOf(k);
    return new Direction([{ input, tangent: 1, ...(shape.length === 0 ? {} : { element: k - start }) }]);
  }

  adjoint(k: number, adjoints: Adjoints): number {
    const { node, shape, start } = this.#leafOf(k);
    return shape.length === 0 ? adjoints.scalar(node) : (adjoints.tensor(node)?.data[k - start] ?? 0);
  }

  /** The direction in which elements `from` to `to` (left out) move by `tangent(k)` each. */
  together(from: number, to: number, tangent: (k: number) => number, adjoints: Adjoints): Stretch {
    const parts: Part[] = [];
    let reverse = 0;
    let terms = 0;
    for (const { input, node, shape, size, start } of this.#leaves) {
      if (start >= to || start + size <= from) continue;
      const data = new Float64Array(size);
      const adjoint = new Float64Array(size);
      const given = shape.length === 0 ? undefined : adjoints.tensor(node)?.data;
      const end = min(to, start + size);
      for (let k = max(from, start); k < end; k++) {
        const [by, x] = [tangent(k), shape.length === 0 ? adjoints.scalar(node) : (given?.[k - start] ?? 0)];
        data[k - start] = by;
        adjoint[k - start] = x;
        reverse += by * x;
        terms += abs(by * x);
      }
      parts.push(
        shape.length === 0 ? { input, tangent: data[0]!, adjoint: adjoint[0]! } : { input, tangent: data, adjoint },
      );
    }
    return { direction: new Direction(parts), reverse, terms };
  }

  #leafOf(k: number): Leaf {
    let low = 0;
    let high = this.#leaves.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#leaves[middle]!.start <= k) low = middle;
      else high = middle - 1;
    }
    return this.#leaves[low]!;
  }
}

/** Everything that a result hangs on, moved at once along a random direction, each input by as much as its size. */
export function randomDirection(
  { tape, output }: Evaluation,
  adjoints: Adjoints,
  random: () => number,
): { readonly direction: Direction; readonly reverse: number } | undefined {
  const parts: Part[] = [];
  let reverse = 0;
  tape.inputs.forEach((node, input) => {
    if (node > output || !adjoints.reached(node)) return;
    const primal = tape.primalOf(node);
    const size = sizeOfPrimal(primal);
    if (typeof primal === "number") {
      const tangent = size * random();
      const adjoint = adjoints.scalar(node);
      reverse += tangent * adjoint;
      parts.push({ input, tangent, adjoint });
      return;
    }
    const tangent = primal.data.map(() => size * random());
    const adjoint = adjoints.tensor(node)?.data ?? new Float64Array(tangent.length);
    adjoint.forEach((x, k) => (reverse += x * tangent[k]!));
    parts.push({ input, tangent, adjoint });
  });
  return parts.length === 0 ? undefined : { direction: new Direction(parts, true), reverse };
}

/** The largest element's, or 1 where all are 0 or not finite. */
export function sizeOfPrimal(primal: Primal): number {
  let largest = 0;
  for (const x of dataOf(primal)) if (x - x === 0 && abs(x) > largest) largest = abs(x);
  return largest === 0 ? 1 : largest;
}

/** The parameters of a run that have elements. */
export function parameterElements({ parameters, tape }: Evaluation): ParameterElements[] {
  return parameters
    .map(({ name, structure }) => new ParameterElements(name, structure, tape))
    .filter(({ length }) => length > 0);
}

function* leavesOf(
  structure: Structure,
  name: string,
  index: readonly number[],
): Generator<{ name: string; index: readonly number[]; node: number }> {
  switch (structure.kind) {
    case "number":
    case "tensor":
      yield { name, index, node: structure.node };
      return;
    case "array":
      for (const [k, element] of structure.elements.entries()) yield* leavesOf(element, name, [...index, k]);
      return;
    case "object": {
      // What follows a member's name is counted from there: layers[0].w, index [1, 2].
      const path = name + index.map((k) => `[${k}]`).join("");
      for (const [key, value] of structure.entries) yield* leavesOf(value, `${path}.${key}`, []);
      return;
    }
    case "constant":
      return;
  }
}

/** The size of the largest adjoint among the inputs of a tape. */
export function largestAdjoint({ tape }: Evaluation, adjoints: Adjoints): number {
  let largest = 0;
  for (const node of tape.inputs) {
    const adjoint = tape.isTensor(node) ? adjoints.tensor(node) : adjoints.scalar(node);
    for (const x of adjoint instanceof Tensor ? adjoint.data : [adjoint ?? 0])
      if (x - x === 0 && abs(x) > largest) largest = abs(x);
  }
  return largest;
}
