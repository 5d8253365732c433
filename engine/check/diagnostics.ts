/** What a gradient check says besides the elements that are wrong. */
import type { Diagnostic, SourceRange } from "../language/instrument/sourceReport.ts";
import type { Evaluation } from "./evaluation.ts";
import { short } from "./figures.ts";
import { firstNonFinite } from "./nonFinite.ts";
import type { Culprit, DirectionCheck, ElementCheck, NearbyCheck, SecondOrderCheck } from "./report.ts";

/** The function that is spoken of. */
export interface About {
  readonly name: string;
  /** Where a site stands; number 0 is the function's name. */
  readonly placeOf: (site: number) => SourceRange;
  /** Why the function gave no value when it was run beside the point the last time. */
  readonly failureBeside?: () => Diagnostic | undefined;
}

export function diagnosticsOf({
  options: { name, placeOf, failureBeside },
  noValue,
  reason,
  votes,
  nearby,
  culprits,
  failed,
  onKink,
}: {
  options: About;
  noValue: Diagnostic | undefined;
  /** Why the gradient is wrong although every rule is right by itself. */
  reason: Diagnostic | undefined;
  votes: readonly (ElementCheck | DirectionCheck)[];
  nearby: readonly NearbyCheck[];
  culprits: readonly Culprit[];
  failed: boolean;
  onKink: boolean;
}): Diagnostic[] {
  const found: Diagnostic[] = [];
  if (noValue !== undefined) found.push(noValue);
  const wrong = votes.find(({ verdict }) => verdict === "wrong");
  const certain = culprits.filter(({ kind }) => kind !== "far");
  if (wrong !== undefined && certain.length === 0) found.push(reason ?? unexplained(name, wrong, placeOf));
  const lonely =
    noValue === undefined &&
    votes.some(
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

export function secondOrderDiagnostics({ name, placeOf }: About, checked: SecondOrderCheck | undefined): Diagnostic[] {
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

/** Errors may cancel each other, or drown in the rest: a rule that is wrong is wrong all the same. */
function hiddenByOthers(name: string, { message, source, definition }: Culprit): Diagnostic {
  return {
    code: "wrong-rule",
    severity: "error",
    message: `${name} uses ${definition === undefined ? "an operation whose rule" : "a custom rule that"} is wrong, although no error of its gradient shows here. ${message}`,
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

interface Use {
  readonly site: number;
  readonly definition: number;
}

/** What is wrong about how a custom function is written, where its rule is right by itself. */
export function reasonOf(
  { name, placeOf }: About,
  captured: Use | undefined,
  stateful: Use | undefined,
): Diagnostic | undefined {
  const use = captured ?? stateful;
  if (use === undefined) return undefined;
  const why =
    captured === undefined
      ? "the rule of a custom function uses what the last call of the function left behind, and that was another call than the one it is for: use the inputs and the output that the rule is given"
      : "a custom function uses a value here that hangs on parameters and is none of its inputs, so that its rule gives it no cotangent: pass it as an input";
  return {
    code: "wrong-gradient",
    severity: "error",
    message: `The gradient of ${name} is wrong: ${why}.`,
    source: placeOf(use.site === 0 ? use.definition : use.site),
    related: [{ message: "The rule is defined here.", source: placeOf(use.definition) }],
  };
}

/** Where the function has no finite value at its own point: the first operation that gives none. */
export function withoutValue(run: Evaluation, { name, placeOf }: About): Diagnostic | undefined {
  if (Number.isFinite(run.value)) return undefined;
  const first = firstNonFinite(run);
  const given = first === undefined || first.op === "input" || first.op === "constant";
  const what = given ? "" : `: here ${first.op} gives what is not finite`;
  return {
    code: "no-value",
    severity: "error",
    message: `${name} gives ${run.value} at its own point, so there is no gradient to check${what}.`,
    source: placeOf(first?.site ?? 0),
  };
}

/** Where every operation's rule is right and the gradient still is not, something left the trace or a branch hid it. */
function unexplained(
  name: string,
  wrong: ElementCheck | DirectionCheck,
  placeOf: (site: number) => SourceRange,
): Diagnostic {
  const { kink, untraced, cancelled } = wrong;
  if ("tie" in wrong)
    return {
      code: "wrong-gradient",
      severity: "error",
      message: `The gradient of ${name} is wrong at a tie here: moved in step, ${wrong.elements} elements of ${wrong.name} that are tied change ${name} by ${short(wrong.numeric)}, but their adjoints add up to ${short(wrong.reverse)}. Give the cotangent to one of them, or a share of it to each.`,
      source: wrong.tie.source,
    };
  const element = "index" in wrong ? wrong.name + wrong.index.map((k) => `[${k}]`).join("") : wrong.name;
  if (cancelled !== undefined)
    return {
      code: "cancellation",
      severity: "error",
      message: `The gradient of ${name} with respect to ${element} is made of rounding: large terms cancel, and what they were rounded by here is most of what is left. Write it so that they do not cancel, as with Math.expm1, Math.log1p, Math.hypot or 2·sin²(x/2) for 1 − cos x.`,
      source: cancelled,
    };
  const here = untraced === undefined ? "" : `; the operation here takes such a value`;
  const message =
    kink === undefined
      ? `The gradient of ${name} with respect to ${element} is wrong although the rule of every operation is right: part of what ${name} computes from ${element} is not traced, or a custom rule uses it without having it as an input${here}.`
      : `The gradient of ${name} with respect to ${element} is that of a piece of ${name} that holds at this very point only: just beside it the program goes another way here, and its derivative is another.`;
  return { code: "wrong-gradient", severity: "error", message, source: kink?.source ?? untraced ?? placeOf(0) };
}
