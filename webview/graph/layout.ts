/** Places the visible part of a graph in layers along the data's way. */
import type { ElkExtendedEdge, ElkNode } from "elkjs/lib/elk-api.js";
import type { Edge, Graph } from "../../engine/process/protocol.ts";
import { curveThrough, type Box, type Curve, type Direction, type Point } from "./geometry.ts";
import { placeLabels } from "./labels.ts";
import { currentFonts, frameHeader, sizeOfCard, sizeOfGroup, type Fonts } from "./measure.ts";

export interface Layout {
  readonly graph: Graph;
  readonly direction: Direction;
  readonly boxes: ReadonlyMap<string, Box>;
  readonly edges: readonly PlacedEdge[];
  readonly fonts: Fonts;
  readonly size: { readonly width: number; readonly height: number };
}

export interface PlacedEdge {
  readonly edge: Edge;
  readonly curve: Curve;
  /** The middle of its label; undefined where there is no room for one. */
  readonly label: Point | undefined;
}

/** Labels on more edges than this cannot be read at once. */
const labelledEdges = 120;
/** How much more it matters that the backbone is straight than that other edges are. */
const straight = 20;

/** The question put to the layout engine; `careful`: without what has made it fail on some graphs. */
export function describe(graph: Graph, direction: Direction, digits: number, careful: boolean): ElkNode {
  const fonts = currentFonts();
  const nodes = new Map<string, ElkNode>();
  for (const card of graph.cards) nodes.set(card.id, { id: card.id, ...sizeOfCard(card, fonts, digits) });
  for (const group of graph.groups) {
    nodes.set(
      group.id,
      group.open ? openGroup(group.id, direction, careful) : { id: group.id, ...sizeOfGroup(group, fonts, digits) },
    );
  }
  const latest = latestInputs(graph);
  const root: ElkNode = {
    id: "root",
    children: [],
    layoutOptions: options(direction, careful),
    edges: graph.edges.map((edge, index): ElkExtendedEdge => ({
      layoutOptions: { "elk.layered.priority.straightness": String(latest.get(edge.to) === edge ? straight : 1) },
      id: `e${String(index)}`,
      sources: [edge.from],
      targets: [edge.to],
    })),
  };
  for (const { id, parent } of [...graph.groups, ...graph.cards]) {
    const above = parent === undefined ? root : (nodes.get(parent) ?? root);
    (above.children ??= []).push(nodes.get(id)!);
  }
  return root;
}

/** By card or group: the edge from what was computed last of its inputs. Drawn straight, these are the model's backbone. */
function latestInputs(graph: Graph): Map<string, Edge> {
  const order = new Map<string, number>();
  // What the adjoint never reaches is no part of it.
  for (const { id, node, step } of graph.cards) order.set(id, step > 0 ? node : -1);
  for (const { id, last, lastStep } of graph.groups) order.set(id, lastStep > 0 ? last : -1);
  const latest = new Map<string, Edge>();
  for (const edge of graph.edges) {
    const known = latest.get(edge.to);
    if (!known || order.get(edge.from)! > order.get(known.from)!) latest.set(edge.to, edge);
  }
  return latest;
}

/** The layout engine's answer, in coordinates of the whole graph. */
export function understand(graph: Graph, direction: Direction, digits: number, placed: ElkNode): Layout {
  const boxes = new Map<string, Box>();
  const visit = (node: ElkNode): void => {
    for (const child of node.children ?? []) {
      boxes.set(child.id, { x: child.x ?? 0, y: child.y ?? 0, width: child.width ?? 0, height: child.height ?? 0 });
      visit(child);
    }
  };
  visit(placed);
  const routes = graph.edges.map((_, index) => routeOf(placed.edges?.[index]));
  const fonts = currentFonts();
  const labels =
    graph.edges.length <= labelledEdges ? placeLabels(graph, routes, boxes, direction, fonts, digits) : undefined;
  const edges = graph.edges.map((edge, i) => ({
    edge,
    curve: curveThrough(routes[i]!, direction),
    label: labels?.[i],
  }));
  const { width = 0, height = 0 } = placed;
  return { graph, direction, boxes, edges, fonts, size: { width, height } };
}

function routeOf(edge: ElkExtendedEdge | undefined): Point[] {
  return (edge?.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [
    startPoint,
    ...bendPoints,
    endPoint,
  ]);
}

function openGroup(id: string, direction: Direction, careful: boolean): ElkNode {
  const sides = `[top=${String(frameHeader)},left=14,bottom=14,right=14]`;
  return { id, children: [], layoutOptions: { ...inside(direction, careful), "elk.padding": sides } };
}

function options(direction: Direction, careful: boolean): Record<string, string> {
  return {
    ...inside(direction, careful),
    "elk.algorithm": "layered",
    "elk.direction": direction === "right" ? "RIGHT" : "DOWN",
    "elk.hierarchyHandling": "INCLUDE_CHILDREN",
    "elk.json.shapeCoords": "ROOT",
    "elk.json.edgeCoords": "ROOT",
    "elk.padding": "[top=24,left=24,bottom=24,right=24]",
  };
}

/** What holds for open groups as for the whole graph. */
function inside(direction: Direction, careful: boolean): Record<string, string> {
  return {
    "elk.edgeRouting": "ORTHOGONAL",
    "elk.spacing.nodeNode": "22",
    "elk.spacing.edgeNode": "24",
    "elk.spacing.edgeEdge": "10",
    "elk.layered.spacing.nodeNodeBetweenLayers": direction === "right" ? "52" : "40",
    "elk.layered.spacing.edgeNodeBetweenLayers": "18",
    "elk.layered.spacing.edgeEdgeBetweenLayers": "8",
    // All edges of a card leave and enter at one point: chains are then straight, and what is used often makes one trunk.
    ...(careful ? {} : { "elk.layered.mergeEdges": "true" }),
    "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
  };
}
