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
  const told = new Map<string, { readonly reason: Reason; readonly parameters: Parameter[] }>();
  for (const [name, nodes] of groups) {
    const isReached = nodes.some((node) => subject.adjoints.reached(node));
    const reason = isReached ? clamped(subject, nodes) : severed(subject, nodes);
    if (reason === undefined) continue;
    // What takes several parameters at one place is one fault.
    const sites = placesOf(reason);
    const key = sites.length === 0 ? name : `${reason.severity} ${reason.reason(one)} ${sites.join(" ")}`;
    const known = told.get(key);
    if (known === undefined) told.set(key, { reason, parameters: [{ name, nodes }] });
    else known.parameters.push({ name, nodes });
  }
  return [...told.values()].map(({ reason, parameters }) => finding(subject, reason, parameters));
}

interface Parameter {
  readonly name: string;
  readonly nodes: readonly number[];
}

/** How a sentence refers to what it is about. */
interface Pronouns {
  readonly it: string;
  readonly them: string;
  /** The ending of the verb. */
  readonly s: string;
}
const one: Pronouns = { it: "it", them: "it", s: "s" };
const several: Pronouns = { it: "they", them: "them", s: "" };

interface Reason {
  readonly severity: Finding["severity"];
  /** True of this value, not of any. */
  readonly here?: boolean;
  readonly reason: (pronouns: Pronouns) => string;
  /** The sites to blame, the nearest to the result first. */
  readonly places: readonly number[];
}

const placesOf = ({ places }: Reason): number[] => [...new Set(places)].filter((site) => site > 0);

function clamped(subject: Subject, nodes: readonly number[]): Reason | undefined {
  const clamps = clampsOf(subject, nodes);
  const nearest = clamps?.at(-1);
  if (clamps === undefined || nearest === undefined) return undefined;
  const all = clamps.length > 1 || subject.tape.isTensor(nearest);
  return {
    severity: "warning",
    here: true,
    reason: ({ them }) =>
      `${expressionOf(subject, nearest)} holds ${all ? `all that is computed from ${them}` : them} at a bound. Begin within the bounds, or use a smooth limit such as tanh`,
    places: clamps.toReversed().map((node) => subject.tape.site[node]!),
  };
}

function severed(subject: Subject, nodes: readonly number[]): Reason | undefined {
  const { tape, output } = subject;
  const downstream = downstreamOf(subject, nodes);
  const whole = nodes.every((node) => dataOf(tape.primalOf(node)).every(Number.isInteger));
  if (downstream.breaks.length > 0) return brokenAt(subject, downstream.breaks, whole);

  const names = namesOf(subject, nodes, downstream.influenced);
  const taken = [...names.within(subject.ended ?? [])];
  if (taken.length > 0)
    return {
      severity: "warning",
      reason: ({ them }) =>
        `on ${lineOf(subject, taken[0]!)} \`${textOf(subject, taken[0]!)}\` takes ${them} as a whole number or constant, and the gradient ends there`,
      places: taken,
    };
  const last = lastUse(subject, downstream);
  const deciding = last === undefined ? names : namesOf(subject, [last], new Uint8Array(tape.length));
  const named = [...deciding.within(branchSites(subject))];
  const decisions = named.length > 0 || last === undefined ? named : branchesAfter(subject, last);
  if (decisions.length > 0) {
    const lines = `${decisions.length === 1 ? "" : "first "}\`${textOf(subject, decisions[0]!)}\` on ${lineOf(subject, decisions[0]!)}`;
    // Where nothing at all is left of the gradient, the comparison is what to change.
    const constant = output < 0;
    const advice = constant ? "; a smooth stand-in such as sigmoid((a − b) / width) would pass it on" : "";
    return {
      severity: constant ? "warning" : "information",
      reason: ({ it, s }) =>
        `${it} only decide${s} which way the program goes (${lines}), and a comparison has no derivative${advice}`,
      places: decisions,
    };
  }
  if (last !== undefined)
    return {
      severity: "warning",
      reason: ({ them }) =>
        isIndex(subject, last)
          ? `${expressionOf(subject, last)} is used as an index, and an index has no derivative; interpolate between neighbouring entries, or weigh all of them`
          : `the last value made from ${them}, ${expressionOf(subject, last)}, is not used in the result, or only as a constant`,
      places: [tape.site[last]!],
    };
  // What became of it is held by no traced variable: a text, say, that a number is read from.
  const [elsewhere, ...others] = subject.ended ?? [];
  if (names.mentioned && !whole && elsewhere !== undefined && others.length === 0)
    return {
      severity: "warning",
      reason: ({ them }) =>
        `on ${lineOf(subject, elsewhere)} \`${textOf(subject, elsewhere)}\` takes what is made of ${them} as a constant, and the gradient ends there`,
      places: [elsewhere],
    };
  if (output < 0) return undefined;
  if (names.mentioned)
    return {
      severity: whole ? "information" : "warning",
      reason: ({ it }) =>
        `${it} ${it === "it" ? "is" : "are"} used only where no gradient passes: as a size, an index, a count or an order`,
      places: whole ? [] : [names.firstMention],
    };
  return { severity: "warning", reason: () => "nothing reads it; use it or leave it out", places: [] };
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

function brokenAt(subject: Subject, breaks: readonly number[], whole: boolean): Reason | undefined {
  const operations = breaks.map((node) => operationOf(subject, node));
  if (whole && operations.every((operation) => readsIndices.has(operation))) return undefined;
  const nearest = chooserBefore(subject, breaks.at(-1)!);
  const operation = operationOf(subject, nearest);
  const meant = operations.every((each) => each === "stopGradient");
  return {
    severity: meant ? "information" : "warning",
    reason: ({ them }) => `no adjoint passes through ${expressionOf(subject, nearest)}${because(operation, them)}`,
    places: [nearest, ...breaks.toReversed()].map((node) => subject.tape.site[node]!),
  };
}

/** The argmax or rounding that made the indices which a lookup reads; the lookup itself where there is none. */
function chooserBefore(subject: Subject, lookup: number): number {
  const { tape, adjoints } = subject;
  if (!readsIndices.has(operationOf(subject, lookup))) return lookup;
  const seen = new Set<number>();
  const stack = [lookup];
  let found = lookup;
  for (let node = stack.pop(); node !== undefined; node = stack.pop())
    for (const input of tape.inputsOf(node)) {
      if (adjoints.reached(input) || seen.has(input)) continue;
      seen.add(input);
      if (!isPiecewiseConstant(operationOf(subject, input))) stack.push(input);
      else if (found === lookup || input > found) found = input;
    }
  return found;
}

function because(operation: string, them: string): string {
  if (operation === "stopGradient") return ", which is what it is for";
  if (operation === "where") return ", whose condition has no derivative; blend the two sides with a sigmoid instead";
  if (!isPiecewiseConstant(operation)) return `, which has no derivative with respect to ${them}`;
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

/** More names than these are counted. */
const mostNames = 4;
const mostRelated = 4;

function finding(subject: Subject, reason: Reason, parameters: readonly Parameter[]): Finding {
  const sites = placesOf(reason);
  const own = parameters.map(({ name, nodes }) => ({ name, site: subject.tape.site[nodes[0]!]! }));
  const site = sites[0] ?? own[0]!.site;
  const related = [
    ...own
      .filter((parameter) => parameter.site !== site && parameter.site !== 0)
      .map((parameter) => ({ site: parameter.site, message: `The parameter ${parameter.name}` }))
      .slice(0, mostRelated),
    ...sites.slice(1, mostRelated).map((place) => ({ site: place, message: "The path breaks here too" })),
  ];
  const names = own.map(({ name }) => name);
  const shown = names.length > mostNames ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  const [here, anywhere] = names.length > 1 ? ["at these values", "their values"] : ["at this value", "its value"];
  const where = reason.here === true ? here : `whatever ${anywhere}`;
  return {
    code: "severed-gradient",
    severity: reason.severity,
    message: `The gradient with respect to ${listed(shown)} is 0 ${where}: ${reason.reason(names.length > 1 ? several : one)}.`,
    site,
    related,
    data: {
      parameter: listed(shown),
      lines: listed(sites.map((place) => lineOf(subject, place))),
      elements: parameters.reduce((sum, { nodes }) => sum + nodes.length, 0),
    },
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

/** Whether a value is what stands in brackets after an array, by itself or by the variable that holds it. */
function isIndex(subject: Subject, node: number): boolean {
  const { tape, sites, sources } = subject;
  const inBrackets = (file: string, { start, end }: { readonly start: number; readonly end: number }): boolean => {
    const text = sources.get(file)?.text ?? "";
    return (
      /[\w$\])]\s*\[\s*$/.test(text.slice(Math.max(0, start - 80), start)) && /^\s*\]/.test(text.slice(end, end + 80))
    );
  };
  const site = sites.get(tape.site[node]!);
  if (inBrackets(site.file, site)) return true;
  const bindings = sources.get(site.file)?.bindings ?? [];
  return bindings.some(
    ({ assignments, references }) =>
      assignments.some((assignment) => assignment.site === tape.site[node]) &&
      references.some((reference) => inBrackets(site.file, reference)),
  );
}

/** The last operation on the parameter's way, unless it has not been computed with at all. */
function lastUse(subject: Subject, { influenced }: Downstream): number | undefined {
  for (let node = subject.tape.length - 1; node >= 0; node--)
    if (influenced[node] === 1 && !isInput(subject, node)) return node;
  return undefined;
}
