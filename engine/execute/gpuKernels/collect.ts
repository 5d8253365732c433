/** Single elements of many tensors as one tensor. */
import type { Region } from "../../primitives/indexing.ts";
import { sizeOf, stridesOf } from "../../tape/shape.ts";
import type { Graph } from "./graph.ts";

/** So many tensors one kernel takes elements from, beside the table that says which. */
const mostSources = 6;

interface Place {
  /** What holds the element, and where in its row-major order. */
  readonly source: number;
  readonly offset: number;
}

/** One element of a tensor of one axis, as a number. */
export function elementAt(graph: Graph, tensor: number, place: number): number {
  const whole = graph.shapeOf(tensor);
  const { kind } = graph.nodes[tensor]!;
  if (kind === "number") return graph.number((graph.nodes[tensor] as { readonly value: number }).value);
  const region: Region = { starts: [place], steps: [1], extents: [1], dropped: [0], whole };
  return graph.operation("slice", [tensor], [], { ...region });
}

/** Where a single number stands, through slices and reshapes. */
export function sourceOf(graph: Graph, element: number): Place {
  let [source, offset] = [element, 0];
  for (;;) {
    const node = graph.nodes[source]!;
    if (node.kind !== "operation") break;
    const [input] = node.inputs;
    if (node.name === "slice" && sizeOf(node.shape) === 1) {
      const { starts, whole } = node.attributes as unknown as Region;
      const strides = stridesOf(whole);
      offset = starts.reduce((at, start, axis) => at + start * strides[axis]!, 0);
    } else if (node.name !== "reshape") break;
    source = input!;
  }
  return { source, offset };
}

/** Single numbers one after the other: [elements]. */
export function collected(graph: Graph, elements: readonly number[]): number {
  const places = elements.map((element) => sourceOf(graph, element));
  const [{ source: first, offset: begin }] = places as [Place];
  const whole = graph.shapeOf(first);
  const stand = places.every(({ source, offset }, k) => source === first && offset === begin + k);
  if (stand && graph.nodes[first]!.kind !== "number" && sizeOf(whole) > 1) {
    const row = graph.reshape(first, [sizeOf(whole)]);
    if (sizeOf(whole) === elements.length) return row;
    const region: Region = {
      starts: [begin],
      steps: [1],
      extents: [elements.length],
      dropped: [],
      whole: [sizeOf(whole)],
    };
    return graph.operation("slice", [row], [elements.length], { ...region });
  }
  const sources = [...new Set(places.map(({ source }) => source))];
  if (sources.length <= mostSources) {
    const table = Float32Array.from(places.flatMap(({ source, offset }) => [sources.indexOf(source), offset]));
    const indices = graph.resident("constant", graph.constants.push(table) - 1, [table.length]);
    return graph.operation("collect", [indices, ...sources], [elements.length]);
  }
  // In rounds: first those of a few sources each.
  const moved = [...elements];
  for (let at = 0; at < sources.length; at += mostSources) {
    const some = new Set(sources.slice(at, at + mostSources));
    const own = [...places.keys()].filter((k) => some.has(places[k]!.source));
    const part = collected(
      graph,
      own.map((k) => elements[k]!),
    );
    const partSize = graph.shapeOf(part)[0]!;
    own.forEach((k, place) => (moved[k] = partSize === 1 ? graph.reshape(part, []) : elementAt(graph, part, place)));
  }
  return collected(graph, moved);
}
