/** A program as kernels, in the order in which they run. Data and text only: whoever has a GPU runs it. */
import { sizeOf } from "../../tape/shape.ts";
import type { Leaf } from "../executor.ts";
import type { Program } from "../program.ts";
import { bundled } from "./bundles.ts";
import { Graph, firstRowSlot, placeSlot } from "./graph.ts";
import { HostNumbers } from "./hostNumbers.ts";
import { kernelOf, type KernelText } from "./kernels.ts";
import { joined, lower, sumOver } from "./lower.ts";
import { texturesOf } from "./textures.ts";
import { tooManyParts } from "./unsupported.ts";

export { sizeOf } from "../../tape/shape.ts";
export { firstRowSlot, placeSlot } from "./graph.ts";
export { UnsupportedOperationError } from "./unsupported.ts";

export interface GpuKernel extends KernelText {
  /** The node that it makes the texture of. */
  readonly node: number;
  readonly size: number;
  /** Textures that none of the kernels after this one takes. */
  readonly releases: readonly number[];
}

/** Where a number is told: among the reports, or it is one that is computed before the kernels run. */
export type Told = { readonly place: number } | { readonly slot: number };

export interface GpuPlan {
  readonly graph: Graph;
  readonly numbers: HostNumbers;
  /** Tensors of the program itself, by leaf of the resident `constant`. */
  readonly constants: readonly Float32Array[];
  readonly kernels: readonly GpuKernel[];
  /** The textures of what each leaf becomes and of the gradients; undefined where a leaf has no elements or is a number. */
  readonly gradients: readonly (number | undefined)[];
  readonly parameters: readonly (number | undefined)[];
  readonly state: readonly (number | undefined)[];
  /** The texture of what this step and those before it in the same round told. */
  readonly reports: number;
  /** Numbers that a step tells. */
  readonly width: number;
  readonly loss: Told;
  readonly metrics: readonly Told[];
  readonly gradientNorms: readonly Told[];
  /** How many guards on the GPU came out otherwise; how many weights would not be finite. */
  readonly broken: number;
  readonly nonFinite: number;
  /** Guards that are checked before the kernels run. */
  readonly guards: readonly { readonly slot: number; readonly expected: number }[];
}

/** The reports of so many steps are read at once; until then the weights before each of them are kept. */
export const stepsInRound = 16;

/** So many kernels take about as long to start as a step may take. */
const mostKernels = 4000;
/** Each different one is compiled. */
const mostSources = 400;
/** Operations on single numbers, which a GPU does one at a time. */
const mostScalarOperations = 100_000;

/**
 * Throws an UnsupportedOperationError that names an operation for which there is no kernel, and one for a program of so
 * many small parts that no GPU would gain by it.
 */
export function planKernels(program: Program, data: readonly Pick<Leaf, "shape">[]): GpuPlan {
  return new Planner(program, data).plan();
}

class Planner {
  readonly #program: Program;
  readonly #data: readonly Pick<Leaf, "shape">[];
  readonly #graph = new Graph();
  readonly #numbers: HostNumbers;
  /** By value, the node. */
  readonly #nodes: number[] = [];
  /** The numbers that a step tells, in order. */
  readonly #told: number[] = [];

  constructor(program: Program, data: readonly Pick<Leaf, "shape">[]) {
    this.#program = program;
    this.#data = data;
    this.#numbers = new HostNumbers(program);
  }

  plan(): GpuPlan {
    const { values, outputs, guards } = this.#program;
    const scalars = values.filter(
      ({ kind, shape }, id) => kind === "operation" && shape.length === 0 && !this.#numbers.has(id),
    );
    if (scalars.length > mostScalarOperations) throw tooManyParts(`${scalars.length} operations on single numbers`);
    values.forEach((_, id) => this.#nodes.push(this.#nodeOf(id)));
    const onGpu = guards.filter(({ value }) => !this.#numbers.has(value));
    const textures = (ids: readonly number[]): (number | undefined)[] => ids.map((id) => this.#textureOf(id));
    const gradients = textures(outputs.gradients);
    const parameters = textures(outputs.parameters);
    const state = outputs.state.map((id, leaf) => (this.#numbers.leaves.has(leaf) ? undefined : this.#textureOf(id)));
    const broken = this.#tell(this.#broken(onGpu));
    const nonFinite = this.#tell(this.#countNonFinite([...parameters, ...state]));
    const told = (id: number): Told => (this.#numbers.has(id) ? { slot: id } : { place: this.#tell(this.#nodes[id]!) });
    const loss = told(outputs.loss);
    const metrics = outputs.metrics.map(told);
    const gradientNorms = outputs.gradientNorms.map(told);
    const reports = this.#reports();
    const kept = [...gradients, ...parameters, ...state, reports].filter((node) => node !== undefined);
    const { graph, nodeOf } = bundled(this.#graph, kept);
    const moved = (nodes: readonly (number | undefined)[]): (number | undefined)[] =>
      nodes.map((node) => (node === undefined ? undefined : nodeOf(node)));
    return {
      graph,
      numbers: this.#numbers,
      constants: graph.constants,
      kernels: kernelsOf(graph, new Set(kept.map(nodeOf))),
      gradients: moved(gradients),
      parameters: moved(parameters),
      state: moved(state),
      reports: nodeOf(reports),
      width: this.#told.length,
      loss,
      metrics,
      gradientNorms,
      broken,
      nonFinite,
      guards: guards.flatMap(({ value, expected }) => (this.#numbers.has(value) ? [{ slot: value, expected }] : [])),
    };
  }

  #nodeOf(id: number): number {
    const value = this.#program.values[id]!;
    const graph = this.#graph;
    if (value.kind === "constant") return graph.constant(value.shape, value.data);
    if (this.#numbers.has(id)) return graph.host(id);
    switch (value.kind) {
      case "parameter":
      case "state":
        return graph.resident(value.kind, value.leaf, value.shape);
      case "batch": {
        const { shape } = this.#data[value.leaf]!;
        const data = graph.resident("data", value.leaf, shape);
        const rows = graph.resident("rows", 0, [stepsInRound * this.#program.batchSize]);
        return graph.operation("rows", [data, rows], value.shape, { firstRow: firstRowSlot });
      }
      case "operation":
        return lower(
          graph,
          value,
          value.inputs.map((input) => this.#nodes[input]!),
        );
    }
  }

  /** The value as something that has a texture of its own. */
  #textureOf(id: number): number | undefined {
    const { nodes } = this.#graph;
    let node = this.#nodes[id]!;
    for (let at = nodes[node]!; at.kind === "operation" && at.name === "reshape"; at = nodes[node]!)
      node = at.inputs[0]!;
    const { kind, shape } = nodes[node]!;
    if (sizeOf(shape) === 0) return undefined;
    return kind === "number" || kind === "host" ? this.#graph.operation("copy", [node], shape) : node;
  }

  #tell(node: number): number {
    return this.#told.push(node) - 1;
  }

  #broken(guards: Program["guards"]): number {
    const graph = this.#graph;
    if (guards.length === 0) return graph.number(0);
    const values = guards.map(({ value }) => graph.reshape(this.#nodes[value]!, [1]));
    const expected = graph.constant(
      [guards.length],
      Float32Array.from(guards, ({ expected }) => expected),
    );
    const differing = graph.elementwise("differs", joined(graph, values, 0), expected);
    return graph.reshape(sumOver(graph, differing, [0]), []);
  }

  #countNonFinite(nodes: readonly (number | undefined)[]): number {
    const graph = this.#graph;
    const made = [...new Set(nodes)].filter((node) => node !== undefined && graph.nodes[node]!.kind === "operation");
    if (made.length === 0) return graph.number(0);
    const counts: number[] = [];
    for (let k = 0; k < made.length; k += mostChecked)
      counts.push(graph.operation("countNonFinite", made.slice(k, k + mostChecked) as number[], [checkingThreads]));
    const total = counts.reduce((sum, count) => graph.elementwise("add", sum, count));
    return graph.reshape(sumOver(graph, total, [0]), []);
  }

  #reports(): number {
    const graph = this.#graph;
    const told = this.#told.map((node) => graph.reshape(node, [1]));
    const shape = [stepsInRound * told.length];
    const before = graph.resident("reports", 0, shape);
    return graph.operation("insert", [before, joined(graph, told, 0)], shape, { place: placeSlot });
  }
}

/** Textures that one kernel looks through, and threads that do. */
const mostChecked = 7;
const checkingThreads = 64;

function kernelsOf(graph: Graph, kept: ReadonlySet<number>): GpuKernel[] {
  const isTexture = texturesOf(graph, kept);
  const made = graph.nodes.flatMap((_, node) => (isTexture(node) ? [node] : []));
  if (made.length > mostKernels) throw tooManyParts(`${made.length} kernels`);
  const texts = made.map((node) => ({
    ...kernelOf(graph, node, isTexture),
    node,
    size: sizeOf(graph.shapeOf(node)),
  }));
  const sources = new Set(texts.map(({ source }) => source)).size;
  if (sources > mostSources) throw tooManyParts(`${sources} different kernels`);
  const last = new Map<number, number>();
  texts.forEach(({ textures }, at) => {
    for (const node of textures) last.set(node, at);
  });
  return texts.map((text, at) => ({
    ...text,
    releases: [...new Set([...text.textures, text.node])].filter(
      (node) => graph.nodes[node]!.kind === "operation" && !kept.has(node) && (last.get(node) ?? at) === at,
    ),
  }));
}
