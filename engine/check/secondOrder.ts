import { pullBack } from "../differentiate/recordedPasses.ts";
import { reverse, type Adjoints } from "../differentiate/reverse.ts";
import { add, mul } from "../primitives/arithmetic.ts";
import { dataOf, isTraced, type Primal } from "../primitives/rule.ts";
import { sum } from "../primitives/reduction.ts";
import { recordOn } from "../tape/recording.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import type { Places } from "./culprits.ts";
import { randomDirection } from "./elements.ts";
import type { Evaluate, Evaluation } from "./evaluation.ts";
import { short } from "./figures.ts";
import type { Culprit, SecondOrderCheck, Votes } from "./report.ts";
import { checkRules } from "./rules.ts";
import { cotangentFor, useAlone, usePlaces, usesOf, type RuleUse } from "./ruleUses.ts";
import { byBadness, generator, unlike } from "./survey.ts";
import { Ballot } from "./votes.ts";

/** Random pairs of directions; of a function that takes long, one. */
const pairs = 2;
const longMs = 50;
/** Recorded backward passes are several times as long as the run: of longer ones there are no second derivatives. */
const mostNodes = 200_000;

/** However little time is left, rules get so much. */
const leastMs = 300;

/** The product of two parameters that are larger is no number any more. */
const largestSize = 1e150;

/**
 * The second derivative wᵀHv along random v and w: reverse mode over a recorded reverse pass, against differences of the
 * gradient. A rule that is right may be written so that it cannot be differentiated again.
 */
export async function checkSecondOrder(
  evaluate: Evaluate,
  base: Evaluation,
  adjoints: Adjoints,
  uses: ReadonlyMap<number, readonly RuleUse[]>,
  {
    placeOf,
    alive,
    runMs,
    end,
    onKink,
  }: Places & {
    readonly runMs: number;
    readonly end: number;
    /** Where the gradient jumps, differences of it tell nothing. */
    readonly onKink: boolean;
  },
): Promise<SecondOrderCheck> {
  if (onKink) return refused("the gradient jumps at a kink here");
  if (overflows(base, adjoints)) return refused("products of parameters of this size over- or underflow");
  if (base.tape.length > mostNodes) return refused("the run has too many operations to record its backward pass");
  const directions: Votes[] = [];
  try {
    for (let pair = 0; pair < (runMs > longMs ? 1 : pairs) && performance.now() < end; pair++) {
      const votes = await votesOn(
        gradientAlong(evaluate, weights(base, adjoints, pair)),
        base,
        adjoints,
        placeOf,
        pair,
      );
      if (votes !== undefined) directions.push(votes);
    }
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
  const [worst] = directions.sort(byBadness);
  if (worst === undefined) return refused("the gradient could not be computed again");
  if (worst.verdict !== "wrong") return { verdict: worst.verdict, directions };
  const places = { placeOf, ...(alive && { alive }) };
  const inside = await culpritsOnTheWayBack(gradientAlong(evaluate, weights(base, adjoints, 0)), uses, places, end);
  return {
    verdict: "wrong",
    directions,
    culprits: inside.length > 0 ? inside : await secondOrderCulprits(uses, places),
  };
}

/** Rules that are wrong by themselves, of custom functions that only the rules of others use. */
async function culpritsOnTheWayBack(
  gradient: Evaluate,
  uses: ReadonlyMap<number, readonly RuleUse[]>,
  places: Places,
  end: number,
): Promise<readonly Culprit[]> {
  const run = await gradient();
  if (run === undefined || run.output < 0) return [];
  const all = usesOf(run, reverse(run.tape, run.output), new Map());
  const own = new Map([...all].filter(([definition]) => !uses.has(definition)));
  const left = Math.max(leastMs, end - performance.now());
  const { culprits } = await checkRules(own, places, left, { onKink: false, blamed: () => false });
  return culprits.filter(({ kind }) => kind !== "far");
}

function overflows({ tape, output }: Evaluation, adjoints: Adjoints): boolean {
  return tape.inputs.some(
    (node) =>
      node <= output &&
      adjoints.reached(node) &&
      dataOf(tape.primalOf(node)).some((x) => x !== 0 && (Math.abs(x) > largestSize || Math.abs(x) < 1 / largestSize)),
  );
}

function refused(reason: string): SecondOrderCheck {
  return { verdict: "not-compared", directions: [], reason };
}

/** `run`: where the function itself stands, and the adjoints there. Its inputs are moved, whatever the gradient hangs on. */
async function votesOn(
  gradient: Evaluate,
  run: Evaluation,
  adjoints: Adjoints,
  placeOf: Places["placeOf"],
  seed: number,
): Promise<Votes | undefined> {
  const base = await gradient();
  const random = generator(100 + seed);
  const along = randomDirection(run, adjoints, () => unlike(random));
  if (base === undefined || along === undefined) return undefined;
  const local = base.output < 0 ? undefined : reverse(base.tape, base.output);
  const ballot = new Ballot(gradient, base, local, placeOf);
  return ballot.votes(along.direction, local === undefined ? 0 : along.direction.along(base.tape, local));
}

/** Weights of the elements of the gradient, by input; none for inputs that the result does not hang on. */
function weights({ tape, output }: Evaluation, adjoints: Adjoints, seed: number): Map<number, Primal> {
  const random = generator(200 + seed);
  const found = new Map<number, Primal>();
  tape.inputs.forEach((node, input) => {
    if (node > output || !adjoints.reached(node)) return;
    const primal = tape.primalOf(node);
    const size = (x: number): number => unlike(random) * (Math.abs(x) || 1);
    found.set(input, typeof primal === "number" ? size(primal) : new Tensor(primal.shape, primal.data.map(size)));
  });
  return found;
}

/** ⟨∇f, w⟩ as a function: the run, and its reverse pass recorded after it. */
function gradientAlong(evaluate: Evaluate, along: ReadonlyMap<number, Primal>): Evaluate {
  return async (move) => {
    const run = await evaluate(move);
    if (run === undefined || run.output < 0) return undefined;
    const { tape, output, parameters } = run;
    return recordOn(tape, () => {
      const wanted = [...along.keys()].map((input) => tape.inputs[input]!);
      const adjoints = pullBack(tape, new Map([[output, 1]]), wanted);
      let total: Value = 0;
      for (const [input, weight] of along) {
        const adjoint = adjoints.get(tape.inputs[input]!);
        if (adjoint !== undefined) total = add(total, sum(mul(adjoint, weight)));
      }
      if (!isTraced(total)) return { tape, value: dataOf(total as Primal)[0]!, output: -1, parameters };
      const { node } = total as Exclude<Value, number>;
      return { tape, value: tape.primal[node]!, output: node, parameters };
    });
  };
}

/** The custom rules whose own second derivative is wrong. */
export async function secondOrderCulprits(
  uses: ReadonlyMap<number, readonly RuleUse[]>,
  { placeOf, alive }: Places,
): Promise<Culprit[]> {
  const found: Culprit[] = [];
  for (const [use] of uses.values()) {
    const random = generator(9);
    const cotangent = cotangentFor(use!, () => unlike(random));
    if (cotangent === undefined) continue;
    const one = useAlone(use!, cotangent, alive);
    const base = await one();
    if (base === undefined || base.output < 0) continue;
    const local = reverse(base.tape, base.output);
    const gradient = gradientAlong(one, weights(base, local, 0));
    const votes = await votesOn(gradient, base, local, placeOf, 0).catch(() => undefined);
    if (votes?.verdict !== "wrong") continue;
    const { reverse: back, forward, numeric, error } = votes;
    const [given, measured] = [back, numeric].map(short);
    found.push({
      op: "custom",
      input: 0,
      index: [],
      reverse: back,
      forward,
      numeric,
      error,
      kind: "second-order",
      ...usePlaces(use!, placeOf),
      message: `The rule of this custom function cannot be differentiated again: along random directions the derivative of its cotangents is ${given} where differences of them give ${measured}. Write it with its inputs, the output and traced operations only.`,
    });
  }
  return found;
}
