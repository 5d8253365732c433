import { reverse, type Adjoints } from "../differentiate/reverse.ts";
import { contributions } from "../differentiate/contributions.ts";
import type { SourceRange } from "../language/instrument/sourceReport.ts";
import { mul } from "../primitives/arithmetic.ts";
import { customRuleOf } from "../primitives/custom.ts";
import { codeOf, operationName } from "../primitives/names.ts";
import { sum } from "../primitives/reduction.ts";
import { apply, dataOf, isTraced, noAttributes, type Primal } from "../primitives/rule.ts";
import { rules } from "../primitives/table.ts";
import { recordOn } from "../tape/recording.ts";
import { firstPrimitive, hasAttributes } from "../tape/tape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { largestAdjoint, parameterElements } from "./elements.ts";
import { MovedTape, type Evaluate, type Evaluation, type Move } from "./evaluation.ts";
import type { Culprit } from "./report.ts";
import { byBadness, isBad, Survey, type Budget } from "./survey.ts";
import { Ballot } from "./votes.ts";

/** Executions of one operation of one expression that are looked at. */
const executionsEach = 3;
/** Operations that are looked at, and what is looked at of each. */
const mostNodes = 400;
const budgetEach: Budget = { elements: 32, milliseconds: 1000 };
const mostMs = 10_000;
const mostCulprits = 10;

const custom = codeOf("custom");
/** Their derivative differs from that of their value on purpose. */
const exempt: ReadonlySet<string> = new Set(["stopGradient", "fround", "f16round"]);

export interface Places {
  /** Where a site stands; what has no site stands at its function. */
  readonly placeOf: (site: number) => SourceRange;
}

/**
 * The operations of a run whose own derivative is wrong: each is a function of its inputs, is given the cotangent that it
 * had in the run, and is checked by itself. Worst first. `among`: whether only rules that people wrote are looked at.
 */
export async function findCulprits(
  run: Evaluation,
  adjoints: Adjoints,
  { placeOf }: Places,
  among: "all" | "custom" = "all",
): Promise<Culprit[]> {
  const begin = performance.now();
  const found: Culprit[] = [];
  for (const node of suspects(run, adjoints, among)) {
    if (found.length >= mostCulprits || performance.now() - begin > mostMs) break;
    const culprit = await checkNode(run, adjoints, node, placeOf);
    if (culprit !== undefined && !found.some((other) => sameOperation(other, culprit))) found.push(culprit);
  }
  return found.sort((a, b) => (b.error || 0) - (a.error || 0));
}

function sameOperation(a: Culprit, b: Culprit): boolean {
  return a.op === b.op && a.source.line === b.source.line && a.source.column === b.source.column;
}

/** Rules that people wrote before those that come with the engine; a few executions of each expression. */
function suspects({ tape, output }: Evaluation, adjoints: Adjoints, among: "all" | "custom"): number[] {
  const seen = new Map<string, number>();
  const own: number[] = [];
  const built: number[] = [];
  for (let node = output; node >= 0; node--) {
    // The library's own are known at the point where they ran, and cannot be moved alone.
    if (operation === custom && customRuleOf(tape.attributes(node)).name !== undefined) continue;
    const operation = tape.operation[node]!;
    if (among === "custom" && operation !== custom) continue;
    if (operation < firstPrimitive || !adjoints.reached(node) || exempt.has(operationName(operation))) continue;
    const key = `${operation} ${tape.site[node]!}`;
    const times = seen.get(key) ?? 0;
    if (times >= executionsEach || cotangentOf(tape, adjoints, node) === undefined) continue;
    seen.set(key, times + 1);
    (operation === custom ? own : built).push(node);
  }
  return [...own, ...built].slice(0, mostNodes);
}

/** Undefined where nothing of it can be wrong: it is zero, or not finite already. */
function cotangentOf(tape: Evaluation["tape"], adjoints: Adjoints, node: number): Primal | undefined {
  const cotangent = adjointOf(tape, adjoints, node);
  return dataOf(cotangent).some((x) => x !== 0) && isFinite(cotangent) ? cotangent : undefined;
}

function adjointOf(tape: Evaluation["tape"], adjoints: Adjoints, node: number): Primal {
  return tape.isTensor(node) ? (adjoints.tensor(node) ?? 0) : adjoints.scalar(node);
}

function isFinite(primal: Primal): boolean {
  return dataOf(primal).every(Number.isFinite);
}

async function checkNode(
  { tape }: Evaluation,
  adjoints: Adjoints,
  node: number,
  placeOf: Places["placeOf"],
): Promise<Culprit | undefined> {
  const evaluate = alone(tape, node, cotangentOf(tape, adjoints, node)!);
  const base = (await evaluate())!;
  if (base.output < 0) return undefined;
  const local = reverse(base.tape, base.output);
  const ballot = new Ballot(evaluate, base, largestAdjoint(base, local), placeOf);
  const survey = new Survey(parameterElements(base), local, ballot, budgetEach, () => undefined);
  const [worst] = (await survey.finish(0)).elements.sort(byBadness);
  if (worst === undefined || !isBad(worst)) return undefined;
  const operation = tape.operation[node]!;
  const { reverse: back, forward, numeric, error, index } = worst;
  const source = placeOf(tape.site[node]!);
  const definition = operation === custom ? placeOf(customRuleOf(tape.attributes(node)).definition) : undefined;
  const culprit = { op: operationName(operation), input: Number(worst.name), index, source };
  return {
    ...culprit,
    reverse: back,
    forward,
    numeric,
    error,
    ...(definition === undefined ? {} : { definition }),
    message: sentence(culprit.op, culprit.input, worst),
  };
}

function ruleOf(op: string): string {
  return op === "custom" ? "the rule of this custom function" : `the rule of ${op}`;
}

function sentence(
  op: string,
  input: number,
  worst: { reverse: number; numeric: number; index: readonly number[] },
): string {
  const element = worst.index.length === 0 ? "" : `, element [${worst.index.join(", ")}],`;
  const factor = worst.reverse / worst.numeric;
  const ratio =
    Number.isFinite(factor) && Math.abs(factor) > 1e-3 && Math.abs(factor) < 1e3
      ? `, ${Number(factor.toPrecision(4))} times as much as it is`
      : "";
  const figures = `${Number(worst.reverse.toPrecision(6))} where differences of its own value give ${Number(worst.numeric.toPrecision(6))}`;
  return `The adjoint that ${ruleOf(op)} gives to input ${input + 1}${element} is ${figures}${ratio}.`;
}

/** One operation as a function of its inputs: ⟨cotangent, operation(inputs)⟩. Constants stay what they are. */
function alone(run: Evaluation["tape"], node: number, cotangent: Primal): Evaluate {
  const operation = run.operation[node]!;
  const attributes = (run.flags[node]! & hasAttributes) === 0 ? noAttributes : run.attributes(node);
  const primals = run.inputPrimals(node);
  const words: number[] = [];
  run.forEachWord(node, (word) => words.push(word));
  const still = (primal: Primal): Primal =>
    typeof primal === "number" ? primal : new Tensor(primal.shape, primal.data);
  return (move?: Move): Evaluation | undefined => {
    const tape = new MovedTape(move);
    const parameters: Evaluation["parameters"][number][] = [];
    try {
      return recordOn(tape, () => {
        const inputs = primals.map((primal, k): Value => {
          if (!varies(run, words[k]!)) return still(primal);
          const input = tape.addInput(still(primal), String(k), 0);
          const kind = input instanceof Tensor ? ("tensor" as const) : ("number" as const);
          parameters.push({ name: String(k), structure: { kind, node: input.node } });
          return input;
        });
        const result =
          operation === custom
            ? customRuleOf(attributes).apply(inputs)
            : apply(operation, rules[operation]!, inputs, attributes);
        const total = sum(mul(result, still(cotangent)));
        if (!isTraced(total)) return { tape, value: total as number, output: -1, parameters };
        const output = (total as Exclude<Value, number>).node;
        return { tape, value: tape.primal[output]!, output, parameters };
      });
    } catch {
      return undefined;
    }
  };
}

function varies(tape: Evaluation["tape"], word: number): boolean {
  return word >= 0 && operationName(tape.operation[word]!) !== "constant";
}

/** The operation of the backward pass that turned a finite adjoint into NaN or infinity, the first in its order. */
export function firstNonFinite(
  { tape, output }: Evaluation,
  adjoints: Adjoints,
  { placeOf }: Places,
): Culprit | undefined {
  for (let node = output; node >= 0; node--) {
    if (tape.operation[node]! < firstPrimitive || !adjoints.reached(node)) continue;
    if (!isFinite(adjointOf(tape, adjoints, node))) continue;
    for (const { position, contribution } of contributions(tape, adjoints, node)) {
      const data = dataOf(contribution);
      const at = data.findIndex((x) => !Number.isFinite(x));
      if (at < 0) continue;
      const op = operationName(tape.operation[node]!);
      return {
        op,
        input: position,
        index: [],
        reverse: data[at]!,
        forward: NaN,
        numeric: NaN,
        error: NaN,
        source: placeOf(tape.site[node]!),
        message: `The adjoint that ${ruleOf(op)} gives to input ${position + 1} is not finite here: ${data[at]!}.`,
      };
    }
  }
  return undefined;
}
