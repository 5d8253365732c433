import { insideOfCustomFunctions } from "../differentiate/custom.ts";
import { Adjoints, reverse } from "../differentiate/reverse.ts";
import type { Diagnostic, SourceRange } from "../language/instrument/sourceReport.ts";
import { heldValues } from "../primitives/held.ts";
import { notAnalyticBecause } from "./complex/step.ts";
import { findCulprits, firstNonFinite } from "./culprits.ts";
import { largestAdjoint, parameterElements } from "./elements.ts";
import type { Evaluate, Evaluation } from "./evaluation.ts";
import { checkNearby } from "./nearby.ts";
import type {
  Checked,
  Culprit,
  DirectionCheck,
  ElementCheck,
  NearbyCheck,
  RuleCheck,
  SecondOrderCheck,
} from "./report.ts";
import { checkDrift } from "./drift.ts";
import { checkSecondOrder } from "./secondOrder.ts";
import { checkRules } from "./rules.ts";
import { byBadness, isBad, Survey, type Budget } from "./survey.ts";
import { Ballot } from "./votes.ts";

/** Elements of a function that are checked one by one, and for how long. */
export const defaultBudget: Budget = { elements: 2000, milliseconds: 20_000 };
/** What is looked for besides, each for so long at most. */
const culpritMs = 8000;
const ruleMs = 3000;
const nearbyMs = 4000;
const secondOrderMs = 4000;

export interface CheckOptions {
  readonly name: string;
  /** Where a site stands; number 0 is the function's name. */
  readonly placeOf: (site: number) => SourceRange;
  /** Called before each run of a single operation, and waited for. */
  readonly alive?: () => unknown;
  readonly budget?: Partial<Budget>;
  readonly onProgress?: (checked: number, of: number) => void;
  /** Why the function gave no value when it was run beside the point the last time. */
  readonly failureBeside?: () => Diagnostic | undefined;
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
  const base = await atPoint(evaluate);
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
  const ballot = new Ballot(moved, base, largestAdjoint(base, adjoints), placeOf);
  const budget = { ...defaultBudget, ...options.budget };
  const survey = new Survey(parameters, adjoints, ballot, budget, onProgress);
  const { elements: checked, directions, coverage } = await survey.finish(runMs);
  const last = await atPoint(evaluate);
  const drifted = last && difference(base, last, options);
  if (drifted !== undefined) return { passed: false, value, ...nothing, diagnostics: [drifted] };

  heldValues.release();
  const all = [...checked, ...directions];
  const wrong = all.some(({ verdict }) => verdict === "wrong");
  const onKink = all.some(({ kink }) => kink?.distance === 0);
  const here = await findCulprits(base, adjoints, options, wrong ? "all" : "custom", wrong ? culpritMs : ruleMs);
  const { rules, culprits: byThemselves } = await checkRules(base, adjoints, options, ruleMs, onKink);
  const culprits = [...here, ...byThemselves.filter((other) => !here.some((found) => sameRule(found, other)))];
  if (all.some(({ verdict }) => verdict === "non-finite")) {
    const culprit = output < 0 ? undefined : firstNonFinite(base, adjoints, options);
    if (culprit !== undefined) culprits.push(culprit);
  }
  const failed = all.some(isBad);
  const nearby = failed
    ? { points: [], culprits: [] }
    : await checkNearby(evaluate, base, adjoints, options, performance.now() + Math.min(nearbyMs, budget.milliseconds));
  if (!onKink) culprits.push(...nearby.culprits.filter((other) => !culprits.some((found) => sameRule(found, other))));
  heldValues.release();
  const secondOrder = failed
    ? undefined
    : await checkSecondOrder(held(evaluate), base, adjoints, options, runMs, performance.now() + secondOrderMs);
  heldValues.release();
  const drift = failed ? [] : [await checkDrift(evaluate)];
  const diagnostics = diagnosticsOf({ options, votes: all, nearby: nearby.points, culprits, failed, onKink });
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

/** What is to be said besides the elements that are wrong. */
function diagnosticsOf({
  options: { name, placeOf, failureBeside },
  votes,
  nearby,
  culprits,
  failed,
  onKink,
}: {
  options: CheckOptions;
  votes: readonly (ElementCheck | DirectionCheck)[];
  nearby: readonly NearbyCheck[];
  culprits: readonly Culprit[];
  failed: boolean;
  onKink: boolean;
}): Diagnostic[] {
  const found: Diagnostic[] = [];
  const wrong = votes.find(({ verdict }) => verdict === "wrong");
  const certain = culprits.filter(({ kind }) => kind !== "far");
  if (wrong !== undefined && certain.length === 0) found.push(unexplained(name, wrong, placeOf));
  const lonely = votes.some(
    ({ verdict, numeric, reverse }) => verdict === "non-finite" && Number.isNaN(numeric) && Number.isFinite(reverse),
  );
  if (lonely) {
    const why = failureBeside?.();
    found.push({
      code: "no-value-beside",
      severity: "error",
      message: `${name} has no value just beside the point, so its gradient cannot be held against differences: ${why?.message ?? "the result is not finite there."}`,
      source: why?.source ?? placeOf(0),
    });
  }
  const [hidden] = certain;
  if (!failed && hidden !== undefined) found.push(hiddenByOthers(name, hidden));
  const elsewhere = nearby.find(({ verdict }) => verdict === "wrong");
  if (elsewhere !== undefined && culprits.length === 0) {
    const { distance, reverse: back, numeric, meaning = "" } = elsewhere;
    found.push({
      code: "wrong-nearby",
      severity: onKink ? "warning" : "error",
      message:
        `The gradient of ${name} is right at its own point, but wrong at another one near it (each parameter moved by up to ${100 * distance} %): along a random direction reverse mode gives ${short(back)} where differences give ${short(numeric)}. ${meaning}`.trimEnd(),
      source: placeOf(0),
    });
  }
  for (const culprit of culprits) if (culprit.kind === "far") found.push(perhaps(culprit));
  if (votes.some(({ inconclusive }) => inconclusive === true))
    found.push({
      code: "inconclusive",
      severity: "warning",
      message: `Reverse and forward mode agree on the gradient of ${name}, but rounding hides what differences could tell, so they confirm nothing: check it where its terms are of like size.`,
      source: placeOf(0),
    });
  return found;
}

function secondOrderDiagnostics({ name, placeOf }: CheckOptions, checked: SecondOrderCheck | undefined): Diagnostic[] {
  if (checked?.verdict !== "wrong") return [];
  const [worst] = checked.directions;
  const [culprit] = checked.culprits ?? [];
  const why =
    culprit?.message ?? "A rule is not differentiated again rightly, or part of the backward pass is not traced.";
  return [
    {
      code: "second-order",
      severity: "warning",
      message: `The gradient of ${name} is right, but its derivative is not: along random directions reverse mode over reverse mode gives ${short(worst!.reverse)} where differences of the gradient give ${short(worst!.numeric)}. ${why} Only second derivatives are off.`,
      source: culprit?.definition ?? culprit?.source ?? placeOf(0),
    },
  ];
}

function short(x: number): number {
  return Number(x.toPrecision(6));
}

/** Errors may cancel each other, or drown in the rest: a rule that is wrong is wrong all the same. */
function hiddenByOthers(name: string, { message, source, definition }: Culprit): Diagnostic {
  return {
    code: "wrong-rule",
    severity: "error",
    message: `${name} uses a custom rule that is wrong, although no error of its gradient shows here. ${message}`,
    source,
    ...(definition === undefined ? {} : { related: [{ message: "The rule is defined here.", source: definition }] }),
  };
}

function perhaps({ message, source, definition }: Culprit): Diagnostic {
  return {
    code: "wrong-rule-elsewhere",
    severity: "warning",
    message: `${message} If the program never gets there, nothing is wrong.`,
    source: definition ?? source,
    ...(definition === undefined ? {} : { related: [{ message: "It is used here.", source }] }),
  };
}

async function atPoint(evaluate: Evaluate): Promise<Evaluation | undefined> {
  heldValues.keep();
  return evaluate();
}

/** Why two runs at one point are not the same, where they are not. */
function difference(a: Evaluation, b: Evaluation, { name, placeOf }: CheckOptions): Diagnostic | undefined {
  const same = Object.is(a.value, b.value);
  if (same && a.tape.length === b.tape.length) return undefined;
  const shared = Math.min(a.tape.length, b.tape.length);
  let node = 0;
  while (node < shared && sameNode(a, b, node)) node++;
  const tape = a.tape.length > b.tape.length ? a.tape : b.tape;
  const source = placeOf(node < tape.length ? tape.site[node]! : 0);
  const what = same ? "takes another way" : `gives ${a.value} and then ${b.value}`;
  return {
    code: "not-deterministic",
    severity: "error",
    message: `${name} is not deterministic: it ${what} at the same point, so its gradient cannot be checked. Seed its random numbers, and leave the clock and what earlier runs left behind out of it; the runs part here.`,
    source,
    data: { values: [a.value, b.value] },
  };
}

function sameNode(a: Evaluation, b: Evaluation, node: number): boolean {
  if (a.tape.operation[node] !== b.tape.operation[node] || a.tape.site[node] !== b.tape.site[node]) return false;
  const [left, right] = [a.tape.primalOf(node), b.tape.primalOf(node)];
  if (typeof left === "number" || typeof right === "number") return Object.is(left, right);
  const constants = a.tape.inputPrimals(node).every((input, k) => {
    const other = b.tape.inputPrimals(node)[k];
    return typeof input !== "number" || Object.is(input, other);
  });
  return constants && left.data.length === right.data.length && left.data.every((x, k) => Object.is(x, right.data[k]));
}

/** Where every operation's rule is right and the gradient still is not, something left the trace or a branch hid it. */
function unexplained(
  name: string,
  wrong: ElementCheck | DirectionCheck,
  placeOf: (site: number) => SourceRange,
): Diagnostic {
  const { kink, untraced } = wrong;
  const element = "index" in wrong ? wrong.name + wrong.index.map((k) => `[${k}]`).join("") : wrong.name;
  const here = untraced === undefined ? "" : `; the operation here takes such a value`;
  const message =
    kink === undefined
      ? `The gradient of ${name} with respect to ${element} is wrong although the rule of every operation is right: part of what ${name} computes from ${element} is not traced, or a custom rule uses it without having it as an input${here}.`
      : `The gradient of ${name} with respect to ${element} is that of a piece of ${name} that holds at this very point only: just beside it the program goes another way here, and its derivative is another.`;
  return { code: "wrong-gradient", severity: "error", message, source: kink?.source ?? untraced ?? placeOf(0) };
}
