import { contributions } from "../differentiate/contributions.ts";
import { reverse, type Adjoints } from "../differentiate/reverse.ts";
import { firstBad, isFinitePrimal } from "../diagnose/nonFiniteKind.ts";
import type { SourceRange } from "../language/instrument/sourceReport.ts";
import { customRuleOf } from "../primitives/custom.ts";
import { codeOf, operationName } from "../primitives/names.ts";
import { dataOf, type Primal } from "../primitives/rule.ts";
import { firstPrimitive } from "../tape/tape.ts";
import { Tensor } from "../tape/tensor.ts";
import { alone } from "./alone.ts";
import { parameterElements, randomDirection } from "./elements.ts";
import type { Evaluate, Evaluation } from "./evaluation.ts";
import { short } from "./figures.ts";
import type { Culprit, Votes } from "./report.ts";
import { byBadness, generator, isBad, Survey, unlike, type Budget } from "./survey.ts";
import { Ballot } from "./votes.ts";

/** Executions of one operation of one expression that are looked at closely, where a quick look finds nothing. */
const executionsEach = 3;
/** Operations of the engine's own that are looked at, and what is looked at of each. */
const mostNodes = 400;
const budgetEach: Budget = { elements: 32, milliseconds: 3000 };
const mostCulprits = 10;

const custom = codeOf("custom");
/** Their derivative differs from that of their value on purpose. */
const exempt: ReadonlySet<string> = new Set(["stopGradient", "fround", "f16round", "bf16round"]);

export interface Places {
  /** Where a site stands; what has no site stands at its function. */
  readonly placeOf: (site: number) => SourceRange;
  /** Called before each run of an operation by itself. */
  readonly alive?: () => unknown;
}

/**
 * The operations of a run whose own derivative is wrong: each is a function of its inputs, is given the cotangent that it
 * had in the run, and is checked by itself. Worst first. `among`: whether only rules that people wrote are looked at.
 */
export async function findCulprits(
  run: Evaluation,
  adjoints: Adjoints,
  places: Places,
  among: "all" | "custom",
  milliseconds: number,
): Promise<Culprit[]> {
  const end = performance.now() + milliseconds;
  const found: { readonly key: string; readonly culprit: Culprit }[] = [];
  const closely = new Map<string, number>();
  for (const node of suspects(run, adjoints, among)) {
    if (found.length >= mostCulprits || performance.now() > end) break;
    const key = `${run.tape.operation[node]!} ${run.tape.site[node]!}`;
    if (found.some((other) => other.key === key)) continue;
    const times = closely.get(key) ?? 0;
    closely.set(key, times + 1);
    const culprit = await checkNode(run, adjoints, node, places, times < executionsEach ? "closely" : "quickly");
    if (culprit !== undefined) found.push({ key, culprit });
  }
  return found.sort((a, b) => (b.culprit.error || 0) - (a.culprit.error || 0)).map(({ culprit }) => culprit);
}

/** Rules that people wrote before those that come with the engine: every execution, and of the engine's a few. */
function suspects({ tape, output }: Evaluation, adjoints: Adjoints, among: "all" | "custom"): number[] {
  const seen = new Map<string, number>();
  const own: number[] = [];
  const built: number[] = [];
  for (let node = output; node >= 0; node--) {
    const operation = tape.operation[node]!;
    if (among === "custom" && operation !== custom) continue;
    // The library's own are known at the point where they ran, and cannot be moved alone.
    if (operation === custom && customRuleOf(tape.attributes(node)).name !== undefined) continue;
    if (operation < firstPrimitive || !adjoints.reached(node) || exempt.has(operationName(operation))) continue;
    if (operation === custom) {
      own.push(node);
      continue;
    }
    const key = `${operation} ${tape.site[node]!}`;
    const times = seen.get(key) ?? 0;
    if (times >= executionsEach || cotangentOf(tape, adjoints, node) === undefined) continue;
    seen.set(key, times + 1);
    built.push(node);
  }
  return [...evenly(own), ...built.slice(0, mostNodes)];
}

/** The last, the first, the one in the middle, and so on: whatever time allows for is spread over the run. */
function evenly(nodes: readonly number[]): number[] {
  if (nodes.length <= 2) return [...nodes];
  const order = [0, nodes.length - 1];
  const stretches: [number, number][] = [[0, nodes.length - 1]];
  // What is pushed while it runs is visited too.
  for (const [low, high] of stretches) {
    const middle = (low + high) >> 1;
    if (middle === low) continue;
    order.push(middle);
    stretches.push([low, middle], [middle, high]);
  }
  return order.map((k) => nodes[k]!);
}

/** Undefined where nothing of it can be wrong: it is zero, or not finite already. */
function cotangentOf(tape: Evaluation["tape"], adjoints: Adjoints, node: number): Primal | undefined {
  const cotangent = adjointOf(tape, adjoints, node);
  return dataOf(cotangent).some((x) => x !== 0) && isFinitePrimal(cotangent) ? cotangent : undefined;
}

function adjointOf(tape: Evaluation["tape"], adjoints: Adjoints, node: number): Primal {
  return tape.isTensor(node) ? (adjoints.tensor(node) ?? 0) : adjoints.scalar(node);
}

/** A cotangent of ones, where the run gave a rule none that tells anything. */
function ones(tape: Evaluation["tape"], node: number): Primal {
  const primal = tape.primalOf(node);
  return typeof primal === "number" ? 1 : new Tensor(primal.shape, new Float64Array(primal.data.length).fill(1));
}

async function checkNode(
  { tape }: Evaluation,
  adjoints: Adjoints,
  node: number,
  { placeOf, alive }: Places,
  how: "closely" | "quickly",
): Promise<Culprit | undefined> {
  const evaluate = alone(tape, node, cotangentOf(tape, adjoints, node) ?? ones(tape, node), alive);
  const worst = await worstOf(evaluate, placeOf, how);
  const operation = {
    op: operationName(tape.operation[node]!),
    inputs: tape.inputPrimals(node),
    places: placesOf(tape, node, placeOf),
  };
  return worst && culpritOf(operation, worst);
}

/** The element, or the direction, of an operation alone whose derivative is worst; undefined where all are right. */
export async function worstOf(
  evaluate: Evaluate,
  placeOf: Places["placeOf"],
  how: "closely" | "quickly" = "closely",
): Promise<(Votes & Pick<Culprit, "index"> & { readonly name: string }) | undefined> {
  const base = await evaluate();
  if (base === undefined || base.output < 0) return undefined;
  const local = reverse(base.tape, base.output);
  const ballot = new Ballot(evaluate, base, local, placeOf);
  if (how === "quickly") {
    const random = generator(7);
    const along = randomDirection(base, local, () => unlike(random));
    if (along === undefined || ballot.agreesWithComplexStep(along.direction, along.reverse)) return undefined;
  }
  const survey = new Survey(parameterElements(base), local, ballot, budgetEach, () => undefined);
  const { elements, directions } = await survey.finish(0);
  const [worst] = [...elements.filter(isBad).sort(byBadness), ...directions.filter(isBad).sort(byBadness)];
  return worst && { index: [], ...worst };
}

/** What is told of an operation whose rule is wrong. */
export function culpritOf(
  {
    op,
    inputs,
    places,
  }: {
    readonly op: string;
    readonly inputs: readonly Primal[];
    readonly places: Pick<Culprit, "source" | "definition">;
  },
  worst: Votes & Pick<Culprit, "index"> & { readonly name: string },
): Culprit {
  const input = Number(worst.name);
  const { reverse: back, forward, numeric, complex, error, index } = worst;
  return {
    op,
    input,
    index,
    reverse: back,
    forward,
    numeric,
    ...(complex === undefined ? {} : { complex }),
    error,
    inputs: inputs.map((primal) => (typeof primal === "number" ? primal : primal.shape)),
    ...places,
    message: sentence(op, input, worst, inputs[input]),
  };
}

function placesOf(
  tape: Evaluation["tape"],
  node: number,
  placeOf: Places["placeOf"],
): Pick<Culprit, "source" | "definition"> {
  const source = placeOf(tape.site[node]!);
  if (tape.operation[node] !== custom) return { source };
  return { source, definition: placeOf(customRuleOf(tape.attributes(node)).definition) };
}

/** The value of the element that is told of, where it is one element. */
function valueAt(input: Primal | undefined, index: readonly number[]): number | undefined {
  if (typeof input === "number" || input === undefined) return input;
  if (index.length !== input.shape.length) return undefined;
  return input.data[index.reduce((at, k, axis) => at * input.shape[axis]! + k, 0)];
}

export function ruleOf(op: string): string {
  return op === "custom" ? "the rule of this custom function" : `the rule of ${op}`;
}

function sentence(
  op: string,
  input: number,
  { reverse: back, numeric, complex, index, dissent }: Votes & Pick<Culprit, "index">,
  given: Primal | undefined,
): string {
  const value = valueAt(given, index);
  const whole = given instanceof Tensor && index.length === 0 && given.shape.length > 0;
  const element =
    index.length === 0 ? (whole ? ", along a random direction," : "") : `, element [${index.join(", ")}],`;
  const at = value === undefined ? "" : ` at ${short(value)}`;
  const right = dissent === "rules" && complex !== undefined ? complex : numeric;
  const factor = back / right;
  const ratio =
    Number.isFinite(factor) && Math.abs(factor) > 1e-3 && Math.abs(factor) < 1e3 && Number(factor.toPrecision(4)) !== 1
      ? `, ${Number(factor.toPrecision(4))} times as much as it is`
      : "";
  const digits = Math.abs(factor - 1) < 1e-4 ? 10 : 6;
  const figures = `${Number(back.toPrecision(digits))} where differences of its own value give ${Number(right.toPrecision(digits))}`;
  return `The adjoint that ${ruleOf(op)} gives to input ${input + 1}${element}${at} is ${figures}${ratio}.`;
}

/** The operation of the backward pass that turned a finite adjoint into NaN or infinity, the first in its order. */
export function firstNonFiniteAdjoint(
  { tape, output }: Evaluation,
  adjoints: Adjoints,
  { placeOf }: Places,
): Culprit | undefined {
  for (let node = output; node >= 0; node--) {
    if (tape.operation[node]! < firstPrimitive || !adjoints.reached(node)) continue;
    if (!isFinitePrimal(adjointOf(tape, adjoints, node))) continue;
    for (const { position, contribution } of contributions(tape, adjoints, node)) {
      if (isFinitePrimal(contribution)) continue;
      const bad = dataOf(contribution)[firstBad(contribution)]!;
      const op = operationName(tape.operation[node]!);
      return {
        op,
        input: position,
        index: [],
        reverse: bad,
        forward: NaN,
        numeric: NaN,
        error: NaN,
        ...placesOf(tape, node, placeOf),
        message: `The adjoint that ${ruleOf(op)} gives to input ${position + 1} is not finite here: ${bad}.`,
      };
    }
  }
  return undefined;
}
