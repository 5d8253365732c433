import type { Region } from "../../primitives/indexing.ts";
import { stridesOf, type Shape } from "../../tape/shape.ts";
import type { Graph, OperationNode } from "./graph.ts";
import { Index, numberText, plus, times, type KernelSource } from "./source.ts";

/** Operations that are written into the kernel that takes their result: they read single elements of their inputs. */
type Element = (reader: Reader, operation: OperationNode, index: Index) => string;

/** Operations with a kernel of their own. */
export type Root = (reader: Reader, operation: OperationNode, index: Index) => string;

/** Whether an operation computes nothing: it only says where an element stands. */
export function isView(name: string): boolean {
  return views.has(name);
}

const views = new Set(["reshape", "transpose", "broadcastTo", "slice"]);

/** Writes the elements of values into the text of a kernel. */
export class Reader {
  readonly graph: Graph;
  readonly source: KernelSource;
  /** Whether a value is a texture by the time this kernel runs. */
  readonly #isTexture: (node: number) => boolean;
  /** What was written, by value and index: on many ways to the same value it is written once. */
  readonly #written = new Map<string, string>();

  /** By texture, the lowest place that was read and known beforehand. */
  readonly begins = new Map<number, number>();
  /** By texture, where known places are counted from. */
  readonly #countedFrom: ReadonlyMap<number, number> | undefined;

  constructor(
    graph: Graph,
    source: KernelSource,
    isTexture: (node: number) => boolean,
    countedFrom?: ReadonlyMap<number, number>,
  ) {
    this.#countedFrom = countedFrom;
    this.graph = graph;
    this.source = source;
    this.#isTexture = isTexture;
  }

  shapeOf(node: number): Shape {
    return this.graph.shapeOf(node);
  }

  /** The element of a value at an index of its own shape. */
  at(node: number, index: Index): string {
    const value = this.graph.nodes[node]!;
    if (value.kind === "number") return numberText(value.value);
    if (value.kind === "host") return this.source.number(value.slot);
    if (value.kind === "resident" || this.#isTexture(node)) return this.load(node, index.flat);
    const key = `${node} ${index.key}`;
    let name = this.#written.get(key);
    if (name === undefined) this.#written.set(key, (name = this.compute(value, index)));
    return name;
  }

  load(node: number, flat: string): string {
    const texture = this.source.texture(node);
    if (!/^\d+$/.test(flat)) return this.source.float(`${texture}[${flat}]`);
    const place = Number(flat);
    this.begins.set(node, Math.min(place, this.begins.get(node) ?? place));
    const begin = this.#countedFrom?.get(node);
    if (begin === undefined) return this.source.float(`${texture}[${flat}]`);
    const first = this.source.whole(`whole_(${this.source.offset(node, begin)})`);
    return this.source.float(`${texture}[${this.plus(first, `${place - begin}`)}]`);
  }

  /** The element as the operation computes it. */
  compute(operation: OperationNode, index: Index): string {
    const element = elements[operation.name];
    if (element !== undefined) return element(this, operation, index);
    const operands = operation.inputs.map((input) => this.broadcast(input, index));
    return this.source.call(operation.name, ...operands);
  }

  /** The element of an input that broadcasts to the shape of an index. */
  broadcast(node: number, index: Index): string {
    const shape = this.shapeOf(node);
    const lead = index.shape.length - shape.length;
    if (lead === 0 && shape.every((extent, axis) => extent === index.shape[axis])) return this.at(node, index);
    if (shape.length === 0) return this.at(node, this.index([], []));
    const axes = shape.map((extent, axis) => (extent === 1 ? "0" : index.axes[axis + lead]!));
    return this.at(node, this.index(shape, axes));
  }

  index(shape: Shape, axes: readonly string[]): Index {
    return new Index(this.source, shape, { axes });
  }

  flatIndex(shape: Shape, flat: string): Index {
    return new Index(this.source, shape, { flat });
  }

  plus(...terms: readonly string[]): string {
    return plus(this.source, terms);
  }

  times(term: string, factor: number): string {
    return times(this.source, term, factor);
  }

  /** The place that an index names which is itself an element of a tensor. */
  place(indices: number, index: Index, extent: number): string {
    return this.source.whole(`place_(${this.at(indices, index)}, ${extent})`);
  }

  /** By axis, where a region of these sizes begins, as a tensor says it. */
  beginnings(starts: number, whole: Shape, sizes: Shape): string[] {
    return whole.map((extent, axis) => {
      const start = this.at(starts, this.flatIndex(this.shapeOf(starts), `${axis}`));
      return this.source.whole(`begin_(${start}, ${extent}, ${sizes[axis]!})`);
    });
  }

  /** An element, or NaN where one of the places that it was found by is none. */
  where(places: readonly string[], element: string): string {
    return places.reduce((found, place) => this.source.float(`atPlace_(${place}, ${found})`), element);
  }
}

const elements: Readonly<Record<string, Element>> = {
  reshape(reader, { inputs }, index) {
    const shape = reader.shapeOf(inputs[0]!);
    const own = index.shape.flatMap((extent, axis) => (extent === 1 ? [] : [axis]));
    const from = shape.flatMap((extent, axis) => (extent === 1 ? [] : [axis]));
    // Only axes of extent 1 come and go.
    if (own.length === from.length && own.every((axis, k) => index.shape[axis] === shape[from[k]!])) {
      const axes = shape.map((extent, axis) => (extent === 1 ? "0" : index.axes[own[from.indexOf(axis)]!]!));
      if (own.length === index.shape.length && own.length === shape.length) return reader.at(inputs[0]!, index);
      return reader.at(inputs[0]!, own.length <= 1 ? index.withFlat(shape) : reader.index(shape, axes));
    }
    return reader.at(inputs[0]!, index.withFlat(shape));
  },

  broadcastTo: (reader, { inputs }, index) => reader.broadcast(inputs[0]!, index),

  transpose(reader, { inputs, attributes }, index) {
    const order = attributes["axes"] as readonly number[];
    const shape = reader.shapeOf(inputs[0]!);
    return reader.at(
      inputs[0]!,
      reader.index(
        shape,
        shape.map((_, axis) => index.axes[order.indexOf(axis)]!),
      ),
    );
  },

  slice(reader, { inputs, attributes }, index) {
    const { starts, steps, dropped } = attributes as unknown as Region;
    let own = 0;
    const axes = starts.map((start, axis) =>
      dropped.includes(axis) ? `${start}` : reader.plus(reader.times(index.axes[own++]!, steps[axis]!), `${start}`),
    );
    return reader.at(inputs[0]!, reader.index(reader.shapeOf(inputs[0]!), axes));
  },

  pad(reader, { inputs, attributes }, index) {
    const { starts, steps, extents, dropped } = attributes as unknown as Region;
    const { source } = reader;
    const kept: string[] = [];
    let inside: string | undefined;
    starts.forEach((start, axis) => {
      const offset = reader.plus(index.axes[axis]!, start === 0 ? "0" : `(-${start})`);
      const step = steps[axis] === 1 ? "1" : steps[axis]! < 0 ? `(-${-steps[axis]!})` : `${steps[axis]!}`;
      const whole = start === 0 && step === "1" && extents[axis] === index.shape[axis];
      if (!whole) {
        const here = source.float(`inside_(${offset}, ${step}, ${extents[axis]!})`);
        inside = inside === undefined ? here : source.call("mul", inside, here);
      }
      if (!dropped.includes(axis)) kept.push(step === "1" ? offset : source.whole(`quotient_(${offset}, ${step})`));
    });
    const element = reader.at(inputs[0]!, reader.index(reader.shapeOf(inputs[0]!), kept));
    return inside === undefined ? element : source.call("where", inside, element, "0");
  },

  concat(reader, { inputs, attributes }, index) {
    const axis = attributes["axis"] as number;
    const { source } = reader;
    const starts: number[] = [];
    let start = 0;
    for (const input of inputs) {
      starts.push(start);
      start += reader.shapeOf(input)[axis]!;
    }
    // From the last to the first, each where it begins.
    return inputs.reduceRight<string | undefined>((later, input, k) => {
      const shape = reader.shapeOf(input);
      if (shape[axis] === 0) return later;
      const axes = index.axes.with(axis, reader.plus(index.axes[axis]!, starts[k] === 0 ? "0" : `(-${starts[k]!})`));
      const own = reader.at(
        input,
        reader.index(
          shape,
          shape.map((extent, j) => (extent === 1 ? "0" : axes[j]!)),
        ),
      );
      if (later === undefined) return own;
      const before = source.float(`below_(${index.axes[axis]!}, ${starts[k]! + shape[axis]!})`);
      return source.call("where", before, own, later);
    }, undefined)!;
  },

  take(reader, { inputs, attributes }, index) {
    const [x, indices] = inputs as [number, number];
    const axis = attributes["axis"] as number;
    const shape = reader.shapeOf(x);
    const chosen = reader.shapeOf(indices);
    const place = reader.place(
      indices,
      reader.index(chosen, index.axes.slice(axis, axis + chosen.length)),
      shape[axis]!,
    );
    const axes = [...index.axes.slice(0, axis), place, ...index.axes.slice(axis + chosen.length)];
    return reader.source.float(`atPlace_(${place}, ${reader.at(x, reader.index(shape, axes))})`);
  },

  takeAlongAxis(reader, { inputs, attributes }, index) {
    const [x, indices] = inputs as [number, number];
    const axis = attributes["axis"] as number;
    const shape = reader.shapeOf(x);
    const place = reader.place(indices, index, shape[axis]!);
    const axes = index.axes.map((own, k) => (k === axis ? place : own));
    return reader.source.float(`atPlace_(${place}, ${reader.at(x, reader.index(shape, axes))})`);
  },

  dynamicSlice(reader, { inputs, attributes }, index) {
    const [x, starts] = inputs as [number, number];
    const shape = reader.shapeOf(x);
    const begins = reader.beginnings(starts, shape, attributes["sizes"] as Shape);
    const axes = begins.map((begin, axis) => reader.plus(begin, index.axes[axis]!));
    return reader.where(begins, reader.at(x, reader.index(shape, axes)));
  },

  dynamicUpdateSlice(reader, { inputs }, index) {
    const [x, update, starts] = inputs as [number, number, number];
    const { source } = reader;
    const sizes = reader.shapeOf(update);
    const begins = reader.beginnings(starts, index.shape, sizes);
    const axes = begins.map((begin, axis) => reader.plus(index.axes[axis]!, reader.times(begin, -1)));
    const inside = axes
      .map((offset, axis) => source.float(`inside_(${offset}, 1, ${sizes[axis]!})`))
      .reduce((all, one) => source.call("mul", all, one));
    const element = reader.at(update, reader.index(sizes, axes));
    return reader.where(begins, source.call("where", inside, element, reader.at(x, index)));
  },

  oneHot(reader, { inputs, attributes }, index) {
    const place = reader.place(
      inputs[0]!,
      reader.index(reader.shapeOf(inputs[0]!), index.axes.slice(0, -1)),
      attributes["depth"] as number,
    );
    return reader.source.float(`isPlace_(${place}, ${index.axes.at(-1)!})`);
  },

  // Rows of the data, by the numbers of the rows of this run: those of this step begin at a number that is given.
  rows(reader, { inputs, attributes }, index) {
    const [data, rows] = inputs as [number, number];
    const { source } = reader;
    const whole = reader.shapeOf(data);
    const size = stridesOf(whole)[0]!;
    const within = size === 1 ? "0" : source.whole(`indexRemainder_(${index.flat}, ${size})`);
    const own = size === 1 ? index.flat : source.whole(`quotient_(${index.flat}, ${size})`);
    const first = source.whole(`whole_(${source.number(attributes["firstRow"] as number)})`);
    const row = source.whole(`whole_(${reader.load(rows, reader.plus(first, own))})`);
    return reader.load(data, reader.plus(reader.times(row, size), within));
  },

  // What the steps before told, with what this one tells in its place.
  insert(reader, { inputs, attributes }, index) {
    const [before, report] = inputs as [number, number];
    const { source } = reader;
    const width = reader.shapeOf(report)[0]!;
    const place = source.whole(`whole_(${source.number(attributes["place"] as number)})`);
    const step = source.whole(`quotient_(${index.flat}, ${width})`);
    const own = reader.at(report, reader.flatIndex([width], source.whole(`indexRemainder_(${index.flat}, ${width})`)));
    return source.call("where", source.float(`same_(${step}, ${place})`), own, reader.at(before, index));
  },
};
