import type { Shape } from "../../tape/shape.ts";
import type { SiteTable } from "../../tape/site.ts";
import { inputOperation, type Tape } from "../../tape/tape.ts";

/**
 * The variable names of nodes. A parameter's name comes first, then the variable that the expression was assigned to,
 * then the first variable that was seen to hold the value, then an element of an array that held it.
 */
export function nameNodes(tape: Tape, sites: SiteTable): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const { length, site, scope, operation } = tape;
  for (let node = 0; node < length; node++) {
    const name = operation[node] === inputOperation ? tape.inputName(node) : sites.get(site[node]!).name;
    if (name === undefined) continue;
    // One expression can make several nodes, one after the other; its value is the last.
    const last =
      operation[node] === inputOperation ||
      node + 1 === length ||
      site[node + 1] !== site[node] ||
      scope[node + 1] !== scope[node];
    if (last) names.set(node, name);
  }
  nameObserved(tape, sites, names);
  return names;
}

function nameObserved(tape: Tape, sites: SiteTable, names: Map<number, string>): void {
  const { observations } = tape;
  for (let k = 0; k < observations.length; k++) {
    const node = observations.value(k);
    const name = node < 0 ? undefined : sites.get(observations.site(k)).name;
    if (name !== undefined && !names.has(node)) names.set(node, name);
  }
  for (let k = 0; k < observations.length; k++) {
    const value = observations.value(k);
    const name = value >= 0 ? undefined : sites.get(observations.site(k)).name;
    if (name === undefined) continue;
    const { nodes, shape } = observations.snapshots[~value]!;
    nodes.forEach((node, element) => {
      if (node >= 0 && !names.has(node)) names.set(node, name + subscript(element, shape));
    });
  }
}

/** `[1][2]` for element number `element` of an array of `shape`. */
function subscript(element: number, shape: Shape): string {
  let text = "";
  let rest = element;
  for (const extent of shape.toReversed()) {
    text = `[${rest % extent}]${text}`;
    rest = Math.floor(rest / extent);
  }
  return text;
}
