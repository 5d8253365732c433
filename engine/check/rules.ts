/** Custom rules by themselves: what a gradient at one point and with one cotangent does not show of them. */
import { reverse, type Adjoints } from "../differentiate/reverse.ts";
import { customRuleOf, type CustomRule } from "../primitives/custom.ts";
import { codeOf } from "../primitives/names.ts";
import { dataOf, type Primal } from "../primitives/rule.ts";
import { withoutRecording } from "../tape/recording.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { alone, still } from "./alone.ts";
import { culpritOf, placesOf, worstOf, type Places } from "./culprits.ts";
import { largestAdjoint, randomDirection, sizeOfPrimal } from "./elements.ts";
import { from, settled, type Evaluation, type Move } from "./evaluation.ts";
import type { Culprit, RuleCheck } from "./report.ts";
import { generator, isBad, madeLike, unlike } from "./survey.ts";
import { Ballot } from "./votes.ts";

/** Executions of one rule that are looked at: the first and the last of every place that uses it, within the time. */
const executionsEach = 6;
/** Rounding in a sum of two cotangents, relative to the larger. */
const linearTolerance = 1e-9;

const custom = codeOf("custom");

/** Inputs that a rule is tried at besides those of the run. A rule that is wrong `near` them is wrong; on the other side of zero a program may never be. */
const points: readonly { readonly near: boolean; readonly factor: number; readonly spread: number }[] = [
  { near: true, factor: 1, spread: 0.1 },
  { near: true, factor: 1, spread: 0.1 },
  { near: true, factor: 0.5, spread: 0.05 },
  { near: true, factor: 2, spread: 0.1 },
  { near: false, factor: -1, spread: 0.1 },
];

export interface CheckedRules {
  readonly rules: readonly RuleCheck[];
  readonly culprits: readonly Culprit[];
}

/**
 * Every custom rule of a run: whether it is linear in its cotangent, and right at other inputs too. Of a function that is
 * `onKink` the rule may be one for this very point.
 */
export async function checkRules(
  run: Evaluation,
  adjoints: Adjoints,
  places: Places,
  milliseconds: number,
  onKink: boolean,
): Promise<CheckedRules> {
  const end = performance.now() + milliseconds;
  const culprits: Culprit[] = [];
  const rules: RuleCheck[] = [];
  for (const [definition, nodes] of executionsOf(run, adjoints)) {
    const found: Culprit[] = [];
    for (const node of nodes.slice(0, executionsEach)) {
      if (found.length > 0 || performance.now() > end) break;
      const culprit = notLinear(run, node, places) ?? (await wrongElsewhere(run, node, places, onKink));
      if (culprit !== undefined) found.push(culprit);
    }
    culprits.push(...found);
    rules.push({ definition: places.placeOf(definition), executions: nodes.length, passed: found.length === 0 });
  }
  return { rules, culprits };
}

/** By definition, ends of the run first. */
function executionsOf({ tape, output }: Evaluation, adjoints: Adjoints): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (let node = 0; node <= output; node++) {
    if (tape.operation[node] !== custom || !adjoints.reached(node)) continue;
    const { definition, name } = customRuleOf(tape.attributes(node));
    // The library's own are known at the point where they ran, and cannot be moved alone.
    if (name !== undefined) continue;
    const nodes = found.get(definition);
    if (nodes === undefined) found.set(definition, [node]);
    else nodes.push(node);
  }
  return new Map([...found].map(([definition, nodes]) => [definition, endsFirst(nodes)]));
}

function endsFirst(nodes: readonly number[]): number[] {
  return nodes.map((_, k) => (k % 2 === 0 ? nodes[k / 2]! : nodes[nodes.length - (k + 1) / 2]!));
}

/** A pullback is linear: zero gives zero, and a sum of cotangents the sum of what each of them gives. */
function notLinear({ tape }: Evaluation, node: number, { placeOf }: Places): Culprit | undefined {
  const rule = customRuleOf(tape.attributes(node));
  const inputs = tape.inputPrimals(node).map(still);
  const result = tape.primalOf(node);
  const random = generator(11);
  const [u, v] = [madeLike(result, () => unlike(random)), madeLike(result, () => unlike(random))];
  const pulled = (cotangent: Primal): Primal[] | undefined => pullbackOf(tape, rule, cotangent, inputs);
  const [ofU, ofV, ofBoth, ofZero] = [u, v, combined(u, 2, v), madeLike(result, () => 0)].map(pulled);
  if (ofU === undefined || ofV === undefined || ofBoth === undefined || ofZero === undefined) return undefined;
  for (let input = 0; input < inputs.length; input++) {
    const [pu, pv, both, zero] = [ofU, ofV, ofBoth, ofZero].map((all) => dataOf(all[input]!));
    if (!pu!.every(Number.isFinite) || !pv!.every(Number.isFinite)) continue;
    for (let k = 0; k < pu!.length; k++) {
      const expected = pu![k]! + 2 * pv![k]!;
      const size = Math.abs(pu![k]!) + 2 * Math.abs(pv![k]!);
      const about = { tape, node, placeOf, input, k, shape: inputs[input]! };
      if (zero![k] !== 0)
        return unlinear(about, zero![k]!, 0, `a cotangent of 0 gives ${short(zero![k]!)} instead of 0`);
      if (!(Math.abs(both![k]! - expected) <= linearTolerance * size))
        return unlinear(
          about,
          both![k]!,
          expected,
          `a sum of two cotangents gives ${short(both![k]!)} where they give ${short(expected)} in sum`,
        );
    }
  }
  return undefined;
}

function pullbackOf(
  tape: Evaluation["tape"],
  rule: CustomRule,
  cotangent: Primal,
  inputs: readonly Primal[],
): Primal[] | undefined {
  try {
    return withoutRecording(tape, () => {
      // What the function leaves behind for its rule is of these inputs.
      const result = rule.evaluate(inputs);
      // All cotangents at once, as the rule gives them for one list of inputs.
      const list: readonly Value[] = inputs.slice();
      return inputs.map((_, k) => rule.pullback(cotangent, list, result, k) as Primal);
    });
  } catch {
    return undefined;
  }
}

/** u + factor·v */
function combined(u: Primal, factor: number, v: Primal): Primal {
  if (typeof u === "number") return u + factor * (v as number);
  return new Tensor(
    u.shape,
    u.data.map((x, k) => x + factor * (v as Tensor).data[k]!),
  );
}

function unlinear(
  {
    tape,
    node,
    placeOf,
    input,
    k,
    shape,
  }: {
    tape: Evaluation["tape"];
    node: number;
    placeOf: Places["placeOf"];
    input: number;
    k: number;
    shape: Primal;
  },
  given: number,
  expected: number,
  how: string,
): Culprit {
  const index = typeof shape === "number" ? [] : indexOf(k, shape.shape);
  const element = index.length === 0 ? "" : `, element [${index.join(", ")}]`;
  const error = Math.abs(given - expected) / (Math.abs(given) + Math.abs(expected));
  return {
    op: "custom",
    input,
    index,
    reverse: given,
    forward: NaN,
    numeric: expected,
    error,
    kind: "not-linear",
    ...placesOf(tape, node, placeOf),
    message: `The rule of this custom function is not linear in its cotangent: for input ${input + 1}${element}, ${how}.`,
  };
}

function indexOf(k: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (let axis = shape.length - 1, rest = k; axis >= 0; axis--) {
    index.unshift(rest % shape[axis]!);
    rest = Math.floor(rest / shape[axis]!);
  }
  return index;
}

function short(x: number): number {
  return Number(x.toPrecision(6));
}

/** The rule at other inputs than those of the run, with a cotangent drawn by chance. */
async function wrongElsewhere(
  { tape }: Evaluation,
  node: number,
  { placeOf, alive }: Places,
  onKink: boolean,
): Promise<Culprit | undefined> {
  const random = generator(3);
  const cotangent = madeLike(tape.primalOf(node), () => unlike(random));
  let farther: Culprit | undefined;
  for (const { near: close, factor, spread } of points) {
    const near = close && !onKink;
    if (farther !== undefined && !near) break;
    const shift: Move = shifted(factor, spread, generator(Math.round(100 * factor) + Math.round(1000 * random())));
    const evaluate = from(alone(tape, node, cotangent, alive), shift);
    if (!(await isWrongAlong(evaluate, placeOf))) continue;
    const worst = await worstOf(evaluate, placeOf);
    if (worst?.verdict !== "wrong") continue;
    const moved = (await evaluate())!;
    const inputs = moved.tape.inputs.map((input) => moved.tape.primalOf(input));
    const at = listed(inputs);
    const culprit = culpritOf(tape, node, worst, placeOf);
    const { reverse: back, numeric, complex } = culprit;
    const right = worst.dissent === "rules" && complex !== undefined ? complex : numeric;
    const told = `The rule of this custom function is wrong for other inputs${at}: its adjoint is ${short(back)} where differences of its own value give ${short(right)}.`;
    const found: Culprit = {
      ...culprit,
      kind: near ? "elsewhere" : "far",
      message: told,
      inputs: inputs.map((primal) => (typeof primal === "number" ? primal : primal.shape)),
    };
    if (near) return found;
    farther ??= found;
  }
  return farther;
}

function listed(inputs: readonly Primal[]): string {
  if (inputs.some((input) => typeof input !== "number")) return "";
  return `, as at ${inputs.map((x) => short(x as number)).join(", ")}`;
}

function shifted(factor: number, spread: number, random: () => number): Move {
  return settled((_, primal) => {
    const size = sizeOfPrimal(primal);
    const move = (x: number): number => factor * x + spread * size * unlike(random);
    return typeof primal === "number" ? move(primal) : new Tensor(primal.shape, primal.data.map(move));
  });
}

/** One look along a random direction. What throws, or has no finite value or derivative there, tells nothing. */
async function isWrongAlong(evaluate: ReturnType<typeof from>, placeOf: Places["placeOf"]): Promise<boolean> {
  try {
    const base = await evaluate();
    if (base === undefined || base.output < 0 || !Number.isFinite(base.value)) return false;
    const local = reverse(base.tape, base.output);
    const random = generator(5);
    const along = randomDirection(base, local, () => unlike(random));
    if (along === undefined || !Number.isFinite(along.reverse)) return false;
    const ballot = new Ballot(evaluate, base, largestAdjoint(base, local), placeOf);
    const votes = await ballot.votes(along.direction, along.reverse);
    return isBad(votes) && votes.verdict === "wrong";
  } catch {
    return false;
  }
}
