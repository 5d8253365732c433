/** A finding as the panel keeps it in mind, and what it speaks of in the graph. */
import type { Diagnostic, Graph } from "../../engine/process/protocol.ts";
import { flowOf } from "../../engine/process/findings.ts";
import type { FindingMark } from "../view.ts";

export function markOf({ code, source, message }: Diagnostic): FindingMark {
  return { code, line: source.line, message };
}

/** Its place in a list, which may be a newer trace's: the one of its kind that is nearest; −1 where there is none. */
export function findAgain(list: readonly Diagnostic[], { code, line, message }: FindingMark): number {
  const itself = list.findIndex((each) => each.code === code && each.source.line === line && each.message === message);
  if (itself >= 0) return itself;
  let best = -1;
  for (const [index, each] of list.entries()) {
    const distance = Math.abs(each.source.line - line);
    if (each.code === code && (best < 0 || distance < Math.abs(list[best]!.source.line - line))) best = index;
  }
  return best;
}

/** The nodes to point at. Of a flow there are none: it is all of the graph. */
export function nodesOf(finding: Diagnostic, graph: Graph): readonly number[] {
  if (flowOf(finding)) return [];
  const { node, perLayer } = finding.data ?? {};
  if (typeof node === "number") return [node];
  if (Array.isArray(perLayer)) return (perLayer as { readonly node: number }[]).map((layer) => layer.node);
  return graph.cards.filter(({ line }) => line === finding.source.line).map((card) => card.node);
}
