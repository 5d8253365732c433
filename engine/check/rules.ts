/** Custom rules by themselves: what a gradient at one point and with one cotangent does not show of them. */
import { reverse } from "../differentiate/reverse.ts";
import type { SourceRange } from "../language/instrument/sourceReport.ts";
import type { Primal } from "../primitives/rule.ts";
import { describeShape } from "../tape/shape.ts";
import { Tensor } from "../tape/tensor.ts";
import { culpritOf, worstOf, type Places } from "./culprits.ts";
import { randomDirection, sizeOfPrimal } from "./elements.ts";
import { from, settled, type Evaluate, type Move } from "./evaluation.ts";
import { short } from "./figures.ts";
import { linearityOf } from "./linearity.ts";
import type { Culprit, RuleCheck, Votes } from "./report.ts";
import { cotangentFor, useAlone, usePlaces, type RuleUse } from "./ruleUses.ts";
import { larger } from "./shapes.ts";
import { generator, unlike } from "./survey.ts";
import { Ballot } from "./votes.ts";

/** Executions of one rule that are looked at: the first and the last of every place that uses it, within the time. */
const executionsEach = 6;

/**
 * Inputs that a rule is tried at, first those of the run with another cotangent. A rule that is wrong `near` them is wrong;
 * on the other side of zero, and for other shapes, a program may never be.
 */
const points: readonly { readonly near: boolean; readonly factor: number; readonly spread: number }[] = [
  { near: true, factor: 1, spread: 0 },
  { near: true, factor: 1, spread: 0.1 },
  { near: true, factor: 1, spread: 0.1 },
  { near: true, factor: 0.5, spread: 0.05 },
  { near: true, factor: 2, spread: 0.1 },
  // Inputs far from each other, where the rule may hang on which of them is large.
  { near: true, factor: 1, spread: 0.5 },
  { near: true, factor: 1, spread: 0.5 },
  { near: true, factor: 0.5, spread: 0.15 },
  { near: false, factor: -1, spread: 0.1 },
];

export interface CheckedRules {
  readonly rules: readonly RuleCheck[];
  readonly culprits: readonly Culprit[];
}

/**
 * Every custom rule of a run, by definition: whether it is linear in its cotangent, and right at other inputs too, unless
 * it is `blamed` already. Of a function that is `onKink` the rule may be one for this very point.
 */
export async function checkRules(
  uses: ReadonlyMap<number, readonly RuleUse[]>,
  places: Places,
  milliseconds: number,
  { onKink, blamed }: { readonly onKink: boolean; readonly blamed: (definition: SourceRange) => boolean },
): Promise<CheckedRules> {
  const end = performance.now() + milliseconds;
  const culprits: Culprit[] = [];
  const rules: RuleCheck[] = [];
  for (const [definition, executions] of uses) {
    const found: Culprit[] = [];
    const looked = blamed(places.placeOf(definition)) ? [] : executions.slice(0, executionsEach);
    for (const use of looked) {
      if (found.length > 0 || performance.now() > end) break;
      const culprit = linearityOf(use, places.placeOf) ?? (await wrongElsewhere(use, places, onKink));
      if (culprit !== undefined) found.push(culprit);
    }
    culprits.push(...found);
    rules.push({ definition: places.placeOf(definition), executions: executions.length, passed: found.length === 0 });
  }
  return { rules, culprits };
}

/** The rule at other inputs than those of the run, or of other shapes, with a cotangent drawn by chance. */
async function wrongElsewhere(use: RuleUse, places: Places, onKink: boolean): Promise<Culprit | undefined> {
  const { placeOf, alive } = places;
  const random = generator(3);
  const cotangent = cotangentFor(use, () => unlike(random));
  if (cotangent === undefined) return undefined;
  let farther: Culprit | undefined;
  for (const { near: close, factor, spread } of points) {
    const near = close && !onKink;
    if (farther !== undefined && !near) break;
    const seed = Math.round(100 * factor) + Math.round(1000 * random());
    const at = from(useAlone(use, cotangent, alive), shifted(factor, spread, generator(seed)));
    const where = (inputs: readonly Primal[]): string =>
      spread === 0 ? ", though the cotangent of this run does not show it" : ` for other inputs${listed(inputs)}`;
    // Of a use that is not on the tape the cotangent is not known.
    const plain = spread === 0 && !use.onTape;
    const found = await culpritAt(at, use, placeOf, near ? "elsewhere" : "far", plain ? undefined : where);
    if (found !== undefined && near) return found;
    farther ??= found;
  }
  return farther ?? wrongForOtherShapes(use, places);
}

async function wrongForOtherShapes(use: RuleUse, { placeOf, alive }: Places): Promise<Culprit | undefined> {
  for (const inputs of larger(use.inputs)) {
    const random = generator(13);
    const grown = { ...use, inputs };
    const cotangent = cotangentFor(grown, () => unlike(random));
    if (cotangent === undefined) continue;
    const found = await culpritAt(useAlone(grown, cotangent, alive), grown, placeOf, "far", (inputs) => {
      return ` for inputs of other shapes, as of ${shapesOf(inputs)}`;
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

async function culpritAt(
  evaluate: Evaluate,
  use: RuleUse,
  placeOf: Places["placeOf"],
  kind: "elsewhere" | "far",
  where: ((inputs: readonly Primal[]) => string) | undefined,
): Promise<Culprit | undefined> {
  if (!(await isWrongAlong(evaluate, placeOf))) return undefined;
  const worst = await worstOf(evaluate, placeOf);
  if (worst === undefined || !isRefuted(worst)) return undefined;
  const moved = (await evaluate())!;
  const inputs = moved.tape.inputs.map((input) => moved.tape.primalOf(input));
  const culprit = culpritOf({ op: "custom", inputs, places: usePlaces(use, placeOf) }, worst);
  if (where === undefined) return culprit;
  const { reverse: back, numeric, complex } = culprit;
  const right = worst.dissent === "rules" && complex !== undefined ? complex : numeric;
  const told = `The rule of this custom function is wrong${where(inputs)}: its adjoint is ${short(back)} where differences of its own value give ${short(right)}.`;
  return { ...culprit, kind, message: told };
}

/** Wrong, or not finite where differences are. */
function isRefuted(votes: Votes): boolean {
  return votes.verdict === "wrong" || (votes.verdict === "non-finite" && Number.isFinite(votes.numeric));
}

function listed(inputs: readonly Primal[]): string {
  if (inputs.some((input) => typeof input !== "number")) return "";
  return `, as at ${inputs.map((x) => short(x as number)).join(", ")}`;
}

function shapesOf(inputs: readonly Primal[]): string {
  return inputs.map((input) => (typeof input === "number" ? "a number" : describeShape(input.shape))).join(" and ");
}

function shifted(factor: number, spread: number, random: () => number): Move {
  return settled((_, primal) => {
    const size = sizeOfPrimal(primal);
    const move = (x: number): number => factor * x + spread * size * unlike(random);
    return typeof primal === "number" ? move(primal) : new Tensor(primal.shape, primal.data.map(move));
  });
}

/** One look along a random direction. What throws, or has no finite value there, tells nothing. */
async function isWrongAlong(evaluate: Evaluate, placeOf: Places["placeOf"]): Promise<boolean> {
  try {
    const base = await evaluate();
    if (base === undefined || base.output < 0 || !Number.isFinite(base.value)) return false;
    const local = reverse(base.tape, base.output);
    const random = generator(5);
    const along = randomDirection(base, local, () => unlike(random));
    if (along === undefined) return false;
    const ballot = new Ballot(evaluate, base, local, placeOf);
    return isRefuted(await ballot.votes(along.direction, along.reverse));
  } catch {
    return false;
  }
}
