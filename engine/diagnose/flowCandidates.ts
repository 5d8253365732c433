import { constantOperation, inputOperation, type Tape } from "../tape/tape.ts";
import { operationName } from "../primitives/names.ts";
import { chainOf, logNorm } from "./chain.ts";
import type { LevelFinder } from "./levels.ts";
import type { Subject } from "./subject.ts";
import { isSigmoid } from "./traits.ts";

/** What the stations of a chain are made of: the executions of one line, or operations of one kind on many lines. */
export type Candidate = { readonly site: number } | { readonly family: "activations" | "products" };

/** Fewer levels are no depth to speak of. */
const fewestLevels = 6;
/** Nodes looked at in all: a tape of 10⁶ nodes has its levels counted for so many lines, the coarsest first. */
const mostVisits = 5e6;

interface Measured {
  readonly candidate: Candidate;
  readonly levels: number;
  readonly first: number;
  readonly last: number;
  /** Where the stations stand among those of other lines of the body. */
  readonly order: number;
  /** ln of the last station's adjoint norm against the first's. */
  readonly total: number;
}

/**
 * The lines that make levels, in groups that run along each other (the lines of one loop's body); of each group those
 * worth a closer look: the last line of the body, which carries the state on, and the last of those along which the
 * adjoint shrinks and grows. Where no line is executed again and again, layers written out one by one are found by their
 * activation functions or matrix products.
 */
export function candidates(subject: Subject, finder: LevelFinder): Candidate[][] {
  return measuredGroups(subject, finder, fewestLevels).map(worthwhile);
}

/** The last line of the body of what has most levels, two at least, among what spans most of the run. */
export function longest(subject: Subject, finder: LevelFinder): Candidate | undefined {
  const groups = measuredGroups(subject, finder, 2);
  const span = ({ first, last }: Measured): number => last - first;
  const widest = Math.max(...groups.flat().map(span));
  const wide = groups.flat().filter((each) => span(each) * 2 >= widest);
  const deepest = wide.reduce<Measured | undefined>((a, b) => (a && a.levels >= b.levels ? a : b), undefined);
  const group = groups.find((members) => members.includes(deepest!));
  return group?.filter(({ levels }) => near(levels, deepest!.levels)).reduce((a, b) => (b.order > a.order ? b : a))
    .candidate;
}

function measuredGroups(subject: Subject, finder: LevelFinder, fewest: number): Measured[][] {
  const { output } = subject;
  const { site } = subject.tape;
  const counts = new Int32Array(subject.sites.length);
  for (let node = 0; node <= output; node++) if (isOperation(subject, node)) counts[site[node]!]!++;
  const repeated = [...counts.entries()].filter(([at, count]) => at > 0 && count >= fewest).sort((a, b) => a[1] - b[1]);
  const affordable = repeated.slice(0, Math.max(1, Math.floor(mostVisits / (output + 1))));
  const measured = affordable.flatMap(([at]) => measure(subject, finder, { site: at }, fewest));
  const groups = grouped(measured);
  for (const family of ["activations", "products"] as const) {
    const [other] = measure(subject, finder, { family }, fewest);
    if (other !== undefined && !groups.some((group) => group.some((each) => covers(each, other)))) groups.push([other]);
  }
  return groups;
}

function isOperation({ tape, adjoints }: Subject, node: number): boolean {
  const operation = tape.operation[node]!;
  return operation !== inputOperation && operation !== constantOperation && adjoints.reached(node);
}

export function membersOf(subject: Subject, candidate: Candidate): Uint8Array {
  const { tape, output } = subject;
  const members = new Uint8Array(output + 1);
  if ("site" in candidate) {
    for (let node = tape.site.indexOf(candidate.site); node >= 0 && node <= output; node++)
      if (tape.site[node] === candidate.site && isOperation(subject, node)) members[node] = 1;
    keepLastOfEachTurn(tape, members);
    return members;
  }
  const isProducts = candidate.family === "products";
  for (let node = 0; node <= output; node++) {
    if (!isOperation(subject, node)) continue;
    if (isProducts ? operationName(tape.operation[node]!) === "matmul" : isActivation(subject, node)) members[node] = 1;
  }
  return members;
}

/** A function of the library may make several nodes of one call, as silu does: those it goes on with are no members. */
function keepLastOfEachTurn(tape: Tape, members: Uint8Array): void {
  const { scope } = tape;
  for (let node = members.length - 1; node >= 0; node--)
    if (members[node] === 1)
      tape.forEachWord(node, (word) => {
        if (word >= 0 && members[word] === 1 && scope[word] === scope[node]) members[word] = 0;
      });
}

const activations: ReadonlySet<string> = new Set([
  ...["tanh", "relu", "leakyRelu", "elu", "selu", "gelu", "geluTanh", "softplus", "erf", "max", "sin"],
]);

function isActivation({ tape }: Subject, node: number): boolean {
  return activations.has(operationName(tape.operation[node]!)) || isSigmoid(tape, node);
}

function measure(subject: Subject, finder: LevelFinder, candidate: Candidate, fewest: number): Measured[] {
  const { tape, adjoints } = subject;
  const levels = finder.find(membersOf(subject, candidate));
  if (levels.count < fewest) return [];
  const chain = chainOf(finder.inputs, adjoints.output, levels);
  const finite = chain.stations.filter((station) => Number.isFinite(logNorm(tape, adjoints, station)));
  if (finite.length === 0) return [];
  const [low, high] = [finite[0]!, finite.at(-1)!];
  const middle = chain.stations[levels.count >> 1]!;
  return [
    {
      candidate,
      levels: levels.count,
      first: chain.first,
      last: chain.last,
      order: middle.at(-1) ?? 0,
      total: logNorm(tape, adjoints, low) - logNorm(tape, adjoints, high),
    },
  ];
}

function grouped(measured: readonly Measured[]): Measured[][] {
  const groups: Measured[][] = [];
  for (const each of measured) {
    const group = groups.find(([first]) => covers(first!, each) && near(first!.levels, each.levels));
    if (group === undefined) groups.push([each]);
    else group.push(each);
  }
  return groups;
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(2, 0.1 * Math.max(a, b));
}

/** Whether `a` runs along at least half of `b`. */
function covers(a: Measured, b: Measured): boolean {
  return (Math.min(a.last, b.last) - Math.max(a.first, b.first)) * 2 >= b.last - b.first;
}

function worthwhile(group: readonly Measured[]): Candidate[] {
  const chosen = new Set<Measured>();
  for (const sign of [-1, 1]) {
    const largest = Math.max(...group.map(({ total }) => sign * total));
    if (largest <= 0) continue;
    const strong = group.filter(({ total }) => sign * total * 2 >= largest);
    chosen.add(strong.reduce((a, b) => (b.order > a.order ? b : a)));
  }
  chosen.add(group.reduce((a, b) => (b.order > a.order ? b : a)));
  return [...chosen].map(({ candidate }) => candidate);
}
