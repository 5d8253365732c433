import { sameShape, sizeOf, type Shape } from "../../tape/shape.ts";

/** What a kernel may compute with, known by its place in a graph. Inputs of an operation stand before it. */
export type GpuNode =
  /** The same number everywhere. */
  | { readonly kind: "number"; readonly shape: Shape; readonly value: number }
  /** A number that is computed in float64 before the kernels run, and given to them as an argument. */
  | { readonly kind: "host"; readonly shape: Shape; readonly slot: number }
  /** A texture that is there before the kernels run. */
  | { readonly kind: "resident"; readonly shape: Shape; readonly of: Resident; readonly leaf: number }
  | {
      readonly kind: "operation";
      readonly name: string;
      readonly inputs: readonly number[];
      readonly shape: Shape;
      readonly attributes: Attributes;
    };

/** rows: those of the data that the steps take. reports: what the steps before told. */
export type Resident = "parameter" | "state" | "data" | "constant" | "rows" | "reports";

export type Attributes = Readonly<Record<string, unknown>>;
export type OperationNode = Extract<GpuNode, { readonly kind: "operation" }>;

/** Slots of numbers that are no values of the program: where a step's rows begin, and its place among the reports. */
export const firstRowSlot = -1;
export const placeSlot = -2;

const none: Attributes = {};

/** A computation in which equal operations on equal inputs are one. */
export class Graph {
  readonly nodes: GpuNode[] = [];
  /** By leaf of the resident `constant`. */
  readonly constants: Float32Array[] = [];
  readonly #known = new Map<string, number>();
  /** Constants by their size and a sum over their elements. */
  readonly #alike = new Map<string, number[]>();

  shapeOf(id: number): Shape {
    return this.nodes[id]!.shape;
  }

  number(value: number, shape: Shape = []): number {
    return this.#keep(`${Object.is(value, -0) ? "-0" : value} ${shape.join()}`, () => ({
      kind: "number",
      shape,
      value,
    }));
  }

  host(slot: number): number {
    return this.#keep(`host ${slot}`, () => ({ kind: "host", shape: [], slot }));
  }

  resident(of: Resident, leaf: number, shape: Shape): number {
    if (sizeOf(shape) === 0) return this.number(0, shape);
    return this.#keep(`${of} ${leaf} ${shape.join()}`, () => ({ kind: "resident", shape, of, leaf }));
  }

  constant(shape: Shape, data: Float32Array | number): number {
    if (typeof data === "number") return this.number(data, shape);
    const [first] = data;
    if (first === undefined || data.every((element) => Object.is(element, first)))
      return this.number(first ?? 0, shape);
    return this.resident("constant", this.#leafOf(data), shape);
  }

  /** Equal constants are one, so that what is computed with them is. */
  #leafOf(data: Float32Array): number {
    const key = `${data.length} ${data.reduce((hash, x, k) => (hash + x * ((k % 97) + 1)) % 1e9, 0)}`;
    const alike = this.#alike.get(key) ?? [];
    this.#alike.set(key, alike);
    const known = alike.find((leaf) => this.constants[leaf]!.every((x, k) => Object.is(x, data[k])));
    if (known !== undefined) return known;
    const leaf = this.constants.push(data) - 1;
    alike.push(leaf);
    return leaf;
  }

  operation(name: string, inputs: readonly number[], shape: Shape, attributes: Attributes = none): number {
    // There is no texture without a texel, and no one reads its elements.
    if (sizeOf(shape) === 0) return this.number(0, shape);
    const key = `${name} ${inputs.join()} ${shape.join()} ${attributes === none ? "" : JSON.stringify(attributes)}`;
    return this.#keep(key, () => ({ kind: "operation", name, inputs, shape, attributes }));
  }

  // What lowering is written with.

  elementwise(name: string, ...inputs: number[]): number {
    const shapes = inputs.map((input) => this.shapeOf(input));
    const rank = Math.max(...shapes.map(({ length }) => length));
    const shape = Array.from({ length: rank }, (_, axis) => {
      const extents = shapes.map((own) => own[axis - rank + own.length] ?? 1);
      return extents.find((extent) => extent !== 1) ?? 1;
    });
    return this.operation(name, inputs, shape);
  }

  reshape(input: number, shape: Shape): number {
    return sameShape(this.shapeOf(input), shape) ? input : this.operation("reshape", [input], shape);
  }

  /** Reduced over axes, which stay with extent 1. */
  reduction(name: string, input: number, axes: readonly number[], attributes: Attributes = none): number {
    const shape = this.shapeOf(input).map((extent, axis) => (axes.includes(axis) ? 1 : extent));
    return this.operation(name, [input], shape, { ...attributes, axes });
  }

  #keep(key: string, make: () => GpuNode): number {
    let id = this.#known.get(key);
    if (id === undefined) {
      id = this.nodes.push(make()) - 1;
      this.#known.set(key, id);
    }
    return id;
  }
}
