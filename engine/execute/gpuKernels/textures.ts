import { sizeOf } from "../../tape/shape.ts";
import { sourceOf } from "./collect.ts";
import type { Graph } from "./graph.ts";
import { isRoot, readsOften } from "./kernels.ts";
import { unsupported } from "./unsupported.ts";
import { isView } from "./values.ts";

/** Array arguments of a kernel. WebGPU gives 8 with the result; with more than WebGL has, gpu.js gives zeros. */
export const mostTextures = 7;
/** Operations written into one kernel: longer ones compile slowly, and need more registers than there are. */
const mostOperations = 60;
/** So many operations are rather done again by each kernel that takes the result than be a kernel of their own. */
const mostRepeated = 3;

/**
 * Decides which operations are kernels, with a texture for the result, so that all others can be written into the kernels
 * that take them: chains of elementwise operations, and whatever only says where an element stands. Results that are
 * `kept` have a texture, and only what they hang on has any.
 */
export function texturesOf(graph: Graph, kept: ReadonlySet<number>): (node: number) => boolean {
  const { nodes } = graph;
  const users: number[][] = nodes.map(() => []);
  const needed = new Uint8Array(nodes.length);
  for (const node of kept) needed[node] = 1;
  for (let id = nodes.length - 1; id >= 0; id--) {
    const node = nodes[id]!;
    if (needed[id] === 0 || node.kind !== "operation") continue;
    for (const input of node.inputs) {
      needed[input] = 1;
      users[input]!.push(id);
    }
  }
  const isTexture = new Uint8Array(nodes.length);
  shareResults(graph, kept, users, needed, isTexture);
  keepKernelsSmall(graph, needed, isTexture);
  return (id) => isTexture[id] === 1;
}

/** What several kernels take, or one takes again and again, is computed once. */
function shareResults(
  graph: Graph,
  kept: ReadonlySet<number>,
  users: readonly (readonly number[])[],
  needed: Uint8Array,
  isTexture: Uint8Array,
): void {
  const { nodes } = graph;
  const tables = readByPlace(graph, needed);
  const operations = operationCounts(graph, tables);
  /** By operation that is written into others, the kernels that it ends up in. */
  const kernels = nodes.map(() => new Set<number>());
  const readOften = new Uint8Array(nodes.length);
  for (let id = nodes.length - 1; id >= 0; id--) {
    const node = nodes[id]!;
    if (needed[id] === 0 || node.kind !== "operation") continue;
    let spread = false;
    for (const user of users[id]!) {
      const other = nodes[user]!;
      if (isTexture[user] === 1) {
        kernels[id]!.add(user);
        if (other.kind === "operation" && readsOften(other.name)) readOften[id] = 1;
      } else {
        // Two are as many as more.
        for (const kernel of kernels[user]!) if (kernels[id]!.size < 2) kernels[id]!.add(kernel);
        if (readOften[user] === 1) readOften[id] = 1;
      }
      if (sizeOf(other.shape) > sizeOf(node.shape)) spread = true;
    }
    const long = operations[id]! > mostRepeated;
    const shared = long && (kernels[id]!.size > 1 || spread);
    const often = readOften[id] === 1 && operations[id]! > 0 && !isView(node.name);
    if (kept.has(id) || isRoot(node.name) || tables.has(id) || node.name === "rows" || shared || often)
      isTexture[id] = 1;
  }
}

/** At most how many operations each takes, if only those that cannot be written into others have a texture. */
function operationCounts({ nodes }: Graph, tables: ReadonlySet<number>): number[] {
  const counts: number[] = [];
  nodes.forEach((node, id) => {
    if (node.kind !== "operation" || isRoot(node.name) || tables.has(id) || node.name === "rows") counts.push(0);
    else {
      const own = isView(node.name) ? 0 : 1;
      // Beyond that, it makes no difference how many.
      counts.push(
        Math.min(
          1000,
          node.inputs.reduce((sum, input) => sum + counts[input]!, own),
        ),
      );
    }
  });
  return counts;
}

/** What bundles read single elements of: once a texture, it serves all of them. */
function readByPlace(graph: Graph, needed: Uint8Array): Set<number> {
  const tables = new Set<number>();
  graph.nodes.forEach((node, id) => {
    if (needed[id] === 1 && node.kind === "operation" && node.name === "bundle")
      for (const input of node.inputs) tables.add(sourceOf(graph, input).source);
  });
  return tables;
}

interface Needs {
  readonly textures: ReadonlySet<number>;
  readonly operations: number;
}

const nothing: Needs = { textures: new Set(), operations: 0 };

/** Gives a texture to what would need too many others, or be too long. */
function keepKernelsSmall({ nodes }: Graph, needed: Uint8Array, isTexture: Uint8Array): void {
  const needs: Needs[] = [];
  const asTexture = (id: number): void => {
    isTexture[id] = 1;
    needs[id] = { textures: new Set([id]), operations: 0 };
  };
  nodes.forEach((node, id) => {
    if (node.kind === "resident") needs[id] = { textures: new Set([id]), operations: 0 };
    else if (node.kind !== "operation" || needed[id] === 0) needs[id] = nothing;
    else {
      let own = combined(node.inputs.map((input) => needs[input]!));
      // A bundle only reads its inputs.
      const most = node.name === "bundle" ? Infinity : mostOperations;
      while (own.textures.size > mostTextures || own.operations > most) {
        const inline = node.inputs.filter((input) => nodes[input]!.kind === "operation" && isTexture[input] === 0);
        if (inline.length === 0) throw unsupported(`${node.name} of so many tensors`);
        const weight = (input: number): number =>
          needs[input]!.textures.size * mostOperations + needs[input]!.operations;
        asTexture(inline.reduce((heaviest, input) => (weight(input) > weight(heaviest) ? input : heaviest)));
        own = combined(node.inputs.map((input) => needs[input]!));
      }
      needs[id] = own;
      if (isTexture[id] === 1) asTexture(id);
    }
  });
}

function combined(needs: readonly Needs[]): Needs {
  const textures = new Set<number>();
  let operations = 1;
  for (const own of needs) {
    for (const texture of own.textures) textures.add(texture);
    operations += own.operations;
  }
  return { textures, operations };
}
