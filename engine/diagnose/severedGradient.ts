import { isPiecewiseConstant } from "../primitives/names.ts";
import { dataOf } from "../primitives/rule.ts";
import { clampsOf } from "./clamped.ts";
import type { Finding } from "./finding.ts";
import { downstreamOf, namesOf, type Downstream } from "./downstream.ts";
import { expressionOf, isInput, lineOf, listed, operationOf, parameterName, textOf, type Subject } from "./subject.ts";

/**
 * Parameters that the result does not depend on, as far as derivatives go, and where the path broke: the operation
 * nearest the result through which no adjoint passes, else the comparison or whole-number operation that took the value,
 * else the last place the value got to. A parameter that only decides which way the program goes (a bound of a loop, a
 * tolerance) or counts something is mentioned as information. So is told what only constant bounds keep from a gradient.
 */
export function severedGradient(subject: Subject): Finding[] {
  const groups = new Map<string, number[]>();
  const { tape } = subject;
  for (let node = 0; node < tape.length; node++) {
    if (!isInput(subject, node)) continue;
    const name = parameterName(tape.inputName(node) ?? "");
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [node]);
    else group.push(node);
  }
  const findings: Finding[] = [];
  for (const [name, nodes] of groups) {
    const isReached = nodes.some((node) => subject.adjoints.reached(node));
    const finding = isReached ? clamped(subject, name, nodes) : severed(subject, name, nodes);
    if (finding !== undefined) findings.push(finding);
  }
  return findings;
}

function clamped(subject: Subject, name: string, nodes: readonly number[]): Finding | undefined {
  const clamps = clampsOf(subject, nodes);
  const nearest = clamps?.at(-1);
  if (clamps === undefined || nearest === undefined) return undefined;
  return finding(subject, name, nodes, {
    severity: "warning",
    where: "at this value",
    reason: `${expressionOf(subject, nearest)} holds ${clamps.length > 1 || subject.tape.isTensor(nearest) ? "all that is computed from it" : "it"} at a bound. Begin within the bounds, or use a smooth limit such as tanh`,
    places: clamps.toReversed().map((node) => subject.tape.site[node]!),
  });
}

function severed(subject: Subject, name: string, nodes: readonly number[]): Finding | undefined {
  const { tape, output } = subject;
  const downstream = downstreamOf(subject, nodes);
  const whole = nodes.every((node) => dataOf(tape.primalOf(node)).every(Number.isInteger));
  if (downstream.breaks.length > 0) return brokenAt(subject, name, nodes, downstream.breaks, whole);

  const names = namesOf(subject, nodes, downstream.influenced);
  const taken = [...names.within(subject.ended ?? [])];
  if (taken.length > 0)
    return finding(subject, name, nodes, {
      severity: "warning",
      reason: `on ${lineOf(subject, taken[0]!)} \`${textOf(subject, taken[0]!)}\` takes it as a whole number or constant, and the gradient ends there`,
      places: taken,
    });
  const last = lastUse(subject, downstream);
  const deciding = last === undefined ? names : namesOf(subject, [last], new Uint8Array(tape.length));
  const named = [...deciding.within(branchSites(subject))];
  const decisions = named.length > 0 || last === undefined ? named : branchesAfter(subject, last);
  if (decisions.length > 0) {
    const lines = `${decisions.length === 1 ? "" : "first "}\`${textOf(subject, decisions[0]!)}\` on ${lineOf(subject, decisions[0]!)}`;
    // Where nothing at all is left of the gradient, the comparison is what to change.
    const constant = output < 0;
    const advice = constant ? "; a smooth stand-in such as sigmoid((a − b) / width) would pass it on" : "";
    return finding(subject, name, nodes, {
      severity: constant ? "warning" : "information",
      reason: `it only decides which way the program goes (${lines}), and a comparison has no derivative${advice}`,
      places: decisions,
    });
  }
  if (last !== undefined)
    return finding(subject, name, nodes, {
      severity: "warning",
      reason: `the last value made from it, ${expressionOf(subject, last)}, is not used in the result`,
      places: [tape.site[last]!],
    });
  if (output < 0) return undefined;
  // What became of it is held by no traced variable: a text, say, that a number is read from.
  const [elsewhere, ...others] = subject.ended ?? [];
  if (names.mentioned && !whole && elsewhere !== undefined && others.length === 0)
    return finding(subject, name, nodes, {
      severity: "warning",
      reason: `on ${lineOf(subject, elsewhere)} \`${textOf(subject, elsewhere)}\` takes what is made of it as a constant, and the gradient ends there`,
      places: [elsewhere],
    });
  if (names.mentioned)
    return finding(subject, name, nodes, {
      severity: whole ? "information" : "warning",
      reason: "it is used only where no gradient passes: as a size, an index or a count",
      places: [],
    });
  return finding(subject, name, nodes, {
    severity: "warning",
    reason: "nothing reads it; use it or leave it out",
    places: [],
  });
}

/** Operations that read an input as whole numbers: to be without a gradient there is what it is for. */
const readsIndices: ReadonlySet<string> = new Set([
  "take",
  "takeAlongAxis",
  "oneHot",
  "crossEntropy",
  "scatterAdd",
  "scatterAddAlongAxis",
  "scatterSet",
  "scatterSetAlongAxis",
  "dynamicSlice",
  "dynamicUpdateSlice",
]);

function brokenAt(
  subject: Subject,
  name: string,
  nodes: readonly number[],
  breaks: readonly number[],
  whole: boolean,
): Finding | undefined {
  const operations = breaks.map((node) => operationOf(subject, node));
  if (whole && operations.every((operation) => readsIndices.has(operation))) return undefined;
  const nearest = breaks.at(-1)!;
  const operation = operations.at(-1)!;
  const meant = operations.every((each) => each === "stopGradient");
  return finding(subject, name, nodes, {
    severity: meant ? "information" : "warning",
    reason: `no adjoint passes through ${expressionOf(subject, nearest)}${because(operation)}`,
    places: breaks.toReversed().map((node) => subject.tape.site[node]!),
  });
}

function because(operation: string): string {
  if (operation === "stopGradient") return ", which is what it is for";
  if (operation === "where") return ", whose condition has no derivative; blend the two sides with a sigmoid instead";
  if (!isPiecewiseConstant(operation)) return ", which has no derivative with respect to it";
  const smooth = stands[operation] ?? "sigmoid((a − b) / width)";
  return `: it is constant between its jumps. A smooth stand-in such as ${smooth} would pass it on`;
}

const straightThrough = (operation: string): string => `x + stopGradient(${operation}(x) − x)`;
const stands: Readonly<Record<string, string>> = {
  floor: straightThrough("floor"),
  ceil: straightThrough("ceil"),
  round: straightThrough("round"),
  rint: straightThrough("rint"),
  trunc: straightThrough("trunc"),
  asInt32: straightThrough("asInt32"),
  sign: "tanh(x / width)",
  argmax: "softmax",
  argmin: "softmax of −x",
  maxMask: "softmax",
  minMask: "softmax of −x",
  argsort: "a softmax of differences",
};

interface Reason {
  readonly severity: Finding["severity"];
  /** "whatever its value" when left out. */
  readonly where?: string;
  readonly reason: string;
  readonly places: readonly number[];
}

function finding(
  subject: Subject,
  name: string,
  nodes: readonly number[],
  { severity, where = "whatever its value", reason, places }: Reason,
): Finding {
  const sites = [...new Set(places)].filter((site) => site > 0);
  const own = subject.tape.site[nodes[0]!]!;
  const site = sites[0] ?? own;
  const related = [
    ...(site === own || own === 0 ? [] : [{ site: own, message: `The parameter ${name}` }]),
    ...sites.slice(1, 4).map((place) => ({ site: place, message: "The path breaks here too" })),
  ];
  return {
    code: "severed-gradient",
    severity,
    message: `The gradient with respect to ${name} is 0 ${where}: ${reason}.`,
    site,
    related,
    data: { parameter: name, lines: listed(sites.map((place) => lineOf(subject, place))), elements: nodes.length },
  };
}

function branchSites({ tape }: Subject): Set<number> {
  const sites = new Set<number>();
  for (let k = 0; k < tape.branches.length; k++) sites.add(tape.branches.at(k).site);
  return sites;
}

/** The comparisons made straight after a node: of a value that is handed to a function, no variable tells. */
function branchesAfter({ tape }: Subject, node: number): number[] {
  const sites: number[] = [];
  for (let k = 0; k < tape.branches.length; k++) {
    const branch = tape.branches.at(k);
    if (branch.node === node + 1) sites.push(branch.site);
  }
  return sites;
}

/** The last operation on the parameter's way, unless it has not been computed with at all. */
function lastUse(subject: Subject, { influenced }: Downstream): number | undefined {
  for (let node = subject.tape.length - 1; node >= 0; node--)
    if (influenced[node] === 1 && !isInput(subject, node)) return node;
  return undefined;
}
