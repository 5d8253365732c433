import { insideOfCustomFunctions } from "../differentiate/custom.ts";
import { Adjoints, reverse } from "../differentiate/reverse.ts";
import type { Diagnostic, SourceRange } from "../language/instrument/sourceReport.ts";
import { heldValues } from "../primitives/held.ts";
import { findCulprits, firstNonFinite } from "./culprits.ts";
import { largestAdjoint, parameterElements } from "./elements.ts";
import type { Evaluate, Evaluation } from "./evaluation.ts";
import type { Coverage, Culprit, DirectionCheck, ElementCheck } from "./report.ts";
import { byBadness, isBad, Survey, type Budget } from "./survey.ts";
import { Ballot } from "./votes.ts";

/** Elements of a function that are checked one by one, and for how long. */
export const defaultBudget: Budget = { elements: 2000, milliseconds: 20_000 };

export interface CheckOptions {
  readonly name: string;
  /** Where a site stands; number 0 is the function's name. */
  readonly placeOf: (site: number) => SourceRange;
  readonly budget?: Partial<Budget>;
  readonly onProgress?: (checked: number, of: number) => void;
}

export interface Checked {
  readonly passed: boolean;
  readonly value?: number;
  readonly parameters: readonly ElementCheck[];
  readonly directions: readonly DirectionCheck[];
  readonly coverage: Coverage;
  readonly culprits: readonly Culprit[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Checks the gradient of a function at one point. Each derivative gets three votes, in float64: one reverse pass, a
 * forward pass for each element, and extrapolated differences of the program itself. Throws what the function throws at
 * the point, and what its custom rules throw.
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
  const { name, placeOf, onProgress = () => undefined } = options;
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

  const { tape, output, value } = base;
  const adjoints =
    output < 0 ? new Adjoints(-1, new Float64Array(0), new Map(), new Uint8Array(0)) : reverse(tape, output);
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
  const culprits: Culprit[] = [];
  const wrong = all.some(({ verdict }) => verdict === "wrong");
  culprits.push(...(await findCulprits(base, adjoints, options, wrong ? "all" : "custom")));
  const [hidden] = wrong ? [] : culprits;
  if (all.some(({ verdict }) => verdict === "non-finite")) {
    const culprit = output < 0 ? undefined : firstNonFinite(base, adjoints, options);
    if (culprit !== undefined) culprits.push(culprit);
  }
  return {
    passed: !all.some(isBad) && hidden === undefined,
    value,
    parameters: checked.sort(byBadness),
    directions: directions.sort(byBadness),
    coverage,
    culprits,
    diagnostics: hidden === undefined ? unexplained(name, all, culprits, placeOf) : [hiddenByOthers(name, hidden)],
  };
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
  votes: readonly (ElementCheck | DirectionCheck)[],
  culprits: readonly Culprit[],
  placeOf: (site: number) => SourceRange,
): Diagnostic[] {
  const wrong = votes.find(({ verdict }) => verdict === "wrong");
  if (wrong === undefined || culprits.length > 0) return [];
  const kink = wrong.kink;
  const element = "index" in wrong ? wrong.name + wrong.index.map((k) => `[${k}]`).join("") : wrong.name;
  const message =
    kink === undefined
      ? `The gradient of ${name} with respect to ${element} is wrong although the rule of every operation is right: part of what ${name} computes from ${element} is not traced, or a custom rule uses it without having it as an input.`
      : `The gradient of ${name} with respect to ${element} is that of a piece of ${name} that holds at this very point only: just beside it the program goes another way here, and its derivative is another.`;
  return [{ code: "wrong-gradient", severity: "error", message, source: kink?.source ?? placeOf(0) }];
}
