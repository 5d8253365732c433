/** Places the visible part of a graph in layers along the data's way. */
import type { ElkExtendedEdge, ElkNode } from "elkjs/lib/elk-api.js";
import type { Edge, Graph } from "../../engine/process/protocol.ts";
import { formatNumber } from "../format.ts";
import { curveThrough, middle, type Box, type Curve, type Direction, type Point } from "./geometry.ts";
import { currentFonts, frameHeader, sizeOfCard, sizeOfGroup, textWidth, type Fonts } from "./measure.ts";

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
  /** The middle of its label; undefined where there are too many edges to label each. */
  readonly label?: Point;
}

/** More labels than this cannot be read at once; beyond it the selected card's edges are labelled. */
const labelledEdges = 80;
const labelHeight = 16;

/** The question put to the layout engine. */
export function describe(graph: Graph, direction: Direction, digits: number): ElkNode {
  const fonts = currentFonts();
  const labelled = graph.edges.length <= labelledEdges;
  const nodes = new Map<string, ElkNode>();
  for (const card of graph.cards) nodes.set(card.id, { id: card.id, ...sizeOfCard(card, fonts, digits) });
  for (const group of graph.groups) {
    nodes.set(group.id, group.open ? openGroup(group.id) : { id: group.id, ...sizeOfGroup(group, fonts, digits) });
  }
  const root: ElkNode = {
    id: "root",
    children: [],
    layoutOptions: options(direction),
    edges: graph.edges.map((edge, index): ElkExtendedEdge => ({
      id: `e${String(index)}`,
      sources: [edge.from],
      targets: [edge.to],
      labels: labelled
        ? [
            {
              text: "c",
              width: textWidth(formatNumber(edge.contribution, digits), fonts.small) + 10,
              height: labelHeight,
            },
          ]
        : [],
    })),
  };
  for (const { id, parent } of [...graph.groups, ...graph.cards]) {
    const above = parent === undefined ? root : (nodes.get(parent) ?? root);
    (above.children ??= []).push(nodes.get(id)!);
  }
  return root;
}

/** The layout engine's answer, in coordinates of the whole graph. */
export function understand(graph: Graph, direction: Direction, placed: ElkNode): Layout {
  const boxes = new Map<string, Box>();
  const visit = (node: ElkNode): void => {
    for (const child of node.children ?? []) {
      boxes.set(child.id, { x: child.x ?? 0, y: child.y ?? 0, width: child.width ?? 0, height: child.height ?? 0 });
      visit(child);
    }
  };
  visit(placed);
  const edges = graph.edges.map((edge, index) => place(edge, placed.edges?.[index], direction));
  const { width = 0, height = 0 } = placed;
  return { graph, direction, boxes, edges, fonts: currentFonts(), size: { width, height } };
}

function place(edge: Edge, placed: ElkExtendedEdge | undefined, direction: Direction): PlacedEdge {
  const route = (placed?.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [
    startPoint,
    ...bendPoints,
    endPoint,
  ]);
  const curve = curveThrough(route, direction);
  const label = placed?.labels?.[0];
  if (!label) return { edge, curve };
  const { x, y, width = 0, height = 0 } = label;
  return {
    edge,
    curve,
    label: x === undefined || y === undefined ? middle(route) : { x: x + width / 2, y: y + height / 2 },
  };
}

function openGroup(id: string): ElkNode {
  const sides = `[top=${String(frameHeader)},left=16,bottom=16,right=16]`;
  return { id, children: [], layoutOptions: { "elk.padding": sides } };
}

function options(direction: Direction): Record<string, string> {
  return {
    "elk.algorithm": "layered",
    "elk.direction": direction === "right" ? "RIGHT" : "DOWN",
    "elk.hierarchyHandling": "INCLUDE_CHILDREN",
    "elk.edgeRouting": "POLYLINE",
    "elk.json.shapeCoords": "ROOT",
    "elk.json.edgeCoords": "ROOT",
    "elk.padding": "[top=24,left=24,bottom=24,right=24]",
    "elk.spacing.nodeNode": "22",
    "elk.spacing.edgeNode": "14",
    "elk.spacing.edgeEdge": "12",
    "elk.layered.spacing.nodeNodeBetweenLayers": "36",
    "elk.layered.spacing.edgeNodeBetweenLayers": "14",
    "elk.layered.edgeLabels.sideSelection": "ALWAYS_UP",
    "elk.edgeLabels.inline": "true",
    // The order of execution decides between layouts that are otherwise as good: the same model looks the same again.
    "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
    "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
    "elk.layered.nodePlacement.favorStraightEdges": "true",
  };
}
