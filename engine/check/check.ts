import { insideOfCustomFunctions } from "../differentiate/custom.ts";
import { Adjoints, reverse } from "../differentiate/reverse.ts";
import type { Executor } from "../execute/executor.ts";
import { PortableExecutor } from "../execute/portable.ts";
import type { SourceRange } from "../language/instrument/sourceReport.ts";
import { heldValues } from "../primitives/held.ts";
import { notAnalyticBecause } from "./complex/step.ts";
import { findCulprits, firstNonFiniteAdjoint } from "./culprits.ts";
import { parameterElements } from "./elements.ts";
import type { Evaluate, Evaluation } from "./evaluation.ts";
import { checkNearby } from "./nearby.ts";
import type { Checked, Culprit, DriftCheck, RuleCheck } from "./report.ts";
import { difference } from "./determinism.ts";
import { diagnosticsOf, reasonOf, secondOrderDiagnostics, withoutValue, type About } from "./diagnostics.ts";
import { checkDrift } from "./drift.ts";
import { checkSecondOrder, secondOrderCulprits } from "./secondOrder.ts";
import { checkRules } from "./rules.ts";
import { capturedIn, keepsState, noteUses, usesOf } from "./ruleUses.ts";
import { checkTie } from "./ties.ts";
import { byBadness, isBad, Survey, type Budget } from "./survey.ts";
import { Ballot } from "./votes.ts";

/** Elements of a function that are checked one by one, and for how long it is checked in all. */
export const defaultBudget: Budget = { elements: 2000, milliseconds: 20_000 };
/** Of the time, what elements and directions may take. */
const surveyShare = 0.6;
/** What is looked for besides, each for so long at most, and for half of what is left of the time. */
const culpritMs = 8000;
const ruleMs = 3000;
const nearbyMs = 4000;
const secondOrderMs = 4000;
/** However little time is left, each gets so much. */
const leastMs = 300;

export interface CheckOptions extends About {
  /** Called before each run of a single operation, and waited for. */
  readonly alive?: () => unknown;
  readonly budget?: Partial<Budget>;
  readonly onProgress?: (checked: number, of: number) => void;
  /** To be compared with float64, besides the processor: the GPU. */
  readonly executor?: Executor;
}

/**
 * Checks the gradient of a function at one point. Each derivative gets its votes in float64: one reverse pass, a forward
 * pass for each element, extrapolated differences of the program itself, and a complex step where all is analytic. Throws
 * what the function throws at the point, and what its custom rules throw.
 */
export async function checkGradient(evaluate: Evaluate, options: CheckOptions): Promise<Checked> {
  insideOfCustomFunctions.recorded = true;
  try {
    return await check(evaluate, options);
  } finally {
    insideOfCustomFunctions.recorded = false;
    heldValues.release();
  }
}

async function check(evaluate: Evaluate, options: CheckOptions): Promise<Checked> {
  const { placeOf, onProgress = () => undefined } = options;
  const first = await atPoint(evaluate);
  const begin = performance.now();
  const { result: base, uses: noted } = await noteUses(() => atPoint(evaluate));
  const runMs = performance.now() - begin;
  const unstable = first && base ? difference(first, base, options) : undefined;
  const parameters = base === undefined ? [] : parameterElements(base);
  const elements = parameters.reduce((sum, { length }) => sum + length, 0);
  const nothing = { parameters: [], directions: [], culprits: [], coverage: { elements, checked: 0, directions: 0 } };
  if (base === undefined) return { passed: false, diagnostics: [], ...nothing };
  if (unstable !== undefined) return { passed: false, value: base.value, ...nothing, diagnostics: [unstable] };

  const { output, value } = base;
  const adjoints = adjointsOf(base);
  const moved: Evaluate = (move) => {
    heldValues.repeat();
    return evaluate(move);
  };
  const ballot = new Ballot(moved, base, adjoints, placeOf, options.failureBeside);
  const budget = { ...defaultBudget, ...options.budget };
  const end = begin + budget.milliseconds;
  const atMost = (most: number): number => Math.min(most, Math.max(leastMs, (end - performance.now()) / 2));
  const forSurvey = { ...budget, milliseconds: budget.milliseconds * surveyShare };
  const survey = new Survey(parameters, adjoints, ballot, forSurvey, onProgress);
  const { elements: checked, directions, coverage } = await survey.finish(runMs);
  const tie = await checkTie(parameters, checked, adjoints, ballot);
  if (tie !== undefined) directions.push(tie);
  const last = await atPoint(evaluate);
  const drifted = last && difference(base, last, options);
  if (drifted !== undefined) return { passed: false, value, ...nothing, diagnostics: [drifted] };

  heldValues.release();
  const all = [...checked, ...directions];
  const wrong = all.some(({ verdict }) => verdict === "wrong");
  const onKink = all.some(({ kink }) => kink?.distance === 0);
  const here = await findCulprits(
    base,
    adjoints,
    options,
    wrong ? "all" : "custom",
    atMost(wrong ? culpritMs : ruleMs),
  );
  const uses = usesOf(base, adjoints, noted);
  const blamed = (definition: SourceRange): boolean =>
    here.some((culprit) => culprit.definition !== undefined && samePlace(culprit.definition, definition));
  const { rules, culprits: byThemselves } = await checkRules(uses, options, atMost(ruleMs), { onKink, blamed });
  const culprits = [...here, ...byThemselves.filter((other) => !here.some((found) => sameRule(found, other)))];
  // A gradient that is computed inside of the function rests on second derivatives of its rules.
  const unexplained = wrong && culprits.every(({ kind }) => kind === "far");
  const captured = unexplained ? capturedIn(base) : undefined;
  const stateful = unexplained ? [...uses.values()].flat().find(keepsState) : undefined;
  if (unexplained && captured === undefined && stateful === undefined)
    culprits.push(...(await secondOrderCulprits(uses, options)));
  const reason = reasonOf(options, captured, stateful && { site: stateful.site, definition: stateful.rule.definition });
  if (all.some(({ verdict }) => verdict === "non-finite")) {
    const culprit = output < 0 ? undefined : firstNonFiniteAdjoint(base, adjoints, options);
    if (culprit !== undefined && !culprits.some((found) => sameRule(found, culprit))) culprits.push(culprit);
  }
  const noValue = withoutValue(base, options);
  const failed = all.some(isBad) || noValue !== undefined;
  const nearby = failed
    ? { points: [], culprits: [] }
    : await checkNearby(evaluate, base, adjoints, options, performance.now() + atMost(nearbyMs));
  if (!onKink) culprits.push(...nearby.culprits.filter((other) => !culprits.some((found) => sameRule(found, other))));
  heldValues.release();
  const secondOrder = failed
    ? undefined
    : await checkSecondOrder(held(evaluate), base, adjoints, uses, {
        ...options,
        runMs,
        end: performance.now() + atMost(secondOrderMs),
        onKink,
      });
  heldValues.release();
  const drift: DriftCheck[] = [];
  if (!failed) {
    drift.push(await checkDrift(evaluate, new PortableExecutor()));
    if (options.executor !== undefined) drift.push(await checkDrift(evaluate, options.executor));
  }
  const diagnostics = diagnosticsOf({
    options,
    noValue,
    reason,
    votes: all,
    nearby: nearby.points,
    culprits,
    failed,
    onKink,
  });
  diagnostics.push(...secondOrderDiagnostics(options, secondOrder));
  const { notAnalytic } = ballot;
  return {
    passed: !failed && !diagnostics.some(({ severity }) => severity === "error"),
    value,
    parameters: checked.sort(byBadness),
    directions: directions.sort(byBadness),
    coverage,
    culprits: culprits.filter(({ kind }) => kind !== "far"),
    diagnostics,
    ...(notAnalytic === undefined
      ? {}
      : {
          notAnalytic: {
            op: notAnalytic.op,
            source: placeOf(notAnalytic.site),
            message: `No complex step: ${notAnalyticBecause(notAnalytic)}.`,
          },
        }),
    ...(rules.length === 0 ? {} : { rules: rules.map((rule) => withCulprits(rule, culprits)) }),
    ...(secondOrder === undefined ? {} : { secondOrder }),
    ...(drift.length === 0 ? {} : { drift }),
    ...(nearby.points.length === 0 ? {} : { nearby: nearby.points }),
  };
}

/** The function with what it holds still kept from run to run: the first run, which is not moved, gives it. */
function held(evaluate: Evaluate): Evaluate {
  return (move) => {
    if (move === undefined) heldValues.keep();
    else heldValues.repeat();
    return evaluate(move);
  };
}

function adjointsOf({ tape, output }: Evaluation): Adjoints {
  return output < 0 ? new Adjoints(-1, new Float64Array(0), new Map(), new Uint8Array(0)) : reverse(tape, output);
}

function sameRule(a: Culprit, b: Culprit): boolean {
  return a.op === b.op && samePlace(a.definition ?? a.source, b.definition ?? b.source);
}

function samePlace(a: SourceRange, b: SourceRange): boolean {
  return a.file === b.file && a.line === b.line && a.column === b.column;
}

function withCulprits(rule: RuleCheck, culprits: readonly Culprit[]): RuleCheck {
  const wrong = culprits.some(
    ({ definition, kind }) => definition !== undefined && kind !== "far" && samePlace(definition, rule.definition),
  );
  return { ...rule, passed: !wrong };
}

async function atPoint(evaluate: Evaluate): Promise<Evaluation | undefined> {
  heldValues.keep();
  return evaluate();
}
