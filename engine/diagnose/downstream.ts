import type { Binding, InstrumentedFile, TextRange } from "../language/instrument/instrumentedFile.ts";
import { someInput, type Subject } from "./subject.ts";

/** Where the values of a parameter go. */
export interface Downstream {
  /** 1 for every node computed from it, itself included, as far as the result does not depend on the node. */
  readonly influenced: Uint8Array;
  /** Nodes that the result depends on, computed from such a node: here the adjoint does not pass. In order of execution. */
  readonly breaks: readonly number[];
}

export function downstreamOf({ tape, adjoints }: Subject, nodes: readonly number[]): Downstream {
  const influenced = new Uint8Array(tape.length);
  for (const node of nodes) influenced[node] = 1;
  const breaks: number[] = [];
  for (let node = (nodes[0] ?? 0) + 1; node < tape.length; node++) {
    if (influenced[node] === 1 || !someInput(tape, node, (input) => influenced[input] === 1)) continue;
    if (adjoints.reached(node)) breaks.push(node);
    else influenced[node] = 1;
  }
  return { influenced, breaks };
}

/** The variables that hold what is computed from a parameter. */
export interface HoldingNames {
  /** Whether the program mentions any of them besides where it is declared. */
  readonly mentioned: boolean;
  /** The smallest expression around the first such mention; 0 where there is none. */
  readonly firstMention: number;
  /** Those of `sites` whose text contains one of the names, or an operation on the way. */
  within(sites: Iterable<number>): Iterable<number>;
}

/** Of `nodes` and those flagged in `influenced`. */
export function namesOf(subject: Subject, nodes: readonly number[], influenced: Uint8Array): HoldingNames {
  const { tape, sites, sources } = subject;
  const own = new Set(nodes);
  const holds = (node: number): boolean => influenced[node] === 1 || own.has(node);
  const held = new Set<number>();
  for (let node = 0; node < tape.length; node++) if (holds(node)) held.add(tape.site[node]!);
  const { observations } = tape;
  for (let k = 0; k < observations.length; k++) {
    const value = observations.value(k);
    const seen =
      value >= 0 ? holds(value) : observations.snapshots[~value]!.nodes.some((node) => node >= 0 && holds(node));
    if (seen) held.add(observations.site(k));
  }
  held.delete(0);
  const places: { readonly file: string; readonly range: TextRange }[] = [];
  let first: number | undefined;
  for (const site of held)
    if (sites.get(site).kind === "expression") places.push({ file: sites.get(site).file, range: sites.get(site) });
  for (const source of sources.values())
    for (const binding of bindingsOf(source, held)) {
      const [, ...mentions] = binding.references;
      if (mentions[0] !== undefined) first ??= source.innermostSites(mentions[0].start)[0] ?? 0;
      for (const range of mentions) places.push({ file: source.file, range });
    }
  return {
    mentioned: first !== undefined,
    firstMention: first ?? 0,
    *within(wanted) {
      for (const number of wanted) {
        if (number === 0) continue;
        const { file, start, end } = sites.get(number);
        if (places.some(({ file: at, range }) => at === file && range.start >= start && range.end <= end)) yield number;
      }
    },
  };
}

function bindingsOf({ bindings }: InstrumentedFile, held: ReadonlySet<number>): Binding[] {
  return bindings.filter((binding) => binding.assignments.some(({ site }) => held.has(site)));
}
