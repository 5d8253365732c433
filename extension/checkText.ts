/** What the Test Explorer says of a gradient check. Pure: a test reads it as text. */
import {
  besidesOf,
  coverageText,
  limitText,
  elementName,
  failed,
  kinkPlace,
  problemsOf,
} from "../engine/process/checkSentences.ts";
import { formatDuration, formatNumber } from "../engine/process/format.ts";
import type { Culprit, FunctionCheck, SourceRange } from "../engine/process/protocol.ts";

export interface CheckFailure {
  readonly message: string;
  /** Of the elements that are wrong, line by line: the derivative by differences, and by reverse mode. */
  readonly expected?: string;
  readonly actual?: string;
  readonly source: SourceRange;
}

/** Elements that are listed of a failure. */
const mostListed = 20;

/** Why a check failed, each with its place; the first is the gradient itself, at the operation to blame where there is one. */
export function failuresOf(check: FunctionCheck): readonly CheckFailure[] {
  const wrong = [...check.parameters, ...check.directions].filter(failed);
  return problemsOf(check).map(({ message, related = [], source }, k) => {
    const [culprit] = related;
    const blame = related.map((entry) => `line ${entry.source.line}: ${entry.message}`);
    const failure = { message: [message, ...blame].join("\n"), source: culprit?.source ?? source };
    if (k > 0 || wrong.length === 0) return failure;
    const rows = (number: "numeric" | "reverse"): string => {
      const listed = wrong.slice(0, mostListed).map((votes) => {
        const name = "index" in votes ? elementName(votes) : `${votes.name} along a random direction`;
        // A comparison of texts marks the typographic minus as easily confused.
        return `${name} = ${formatNumber(votes[number], 6).replace("−", "-")}`;
      });
      return [...listed, ...(wrong.length > mostListed ? [`… ${wrong.length} in all`] : [])].join("\n");
    };
    return { ...failure, expected: rows("numeric"), actual: rows("reverse") };
  });
}

/** Why a custom rule is wrong: at its definition, with what the differences give and what the rule gives. */
export function ruleFailure({ message, definition, source, numeric, reverse }: Culprit): CheckFailure {
  const figure = (x: number): string => formatNumber(x, 6).replace("−", "-");
  return {
    message: `line ${source.line}: ${message}`,
    source: definition ?? source,
    expected: figure(numeric),
    actual: figure(reverse),
  };
}

/** One line: "✓ f: checked all 2 elements in 6.2 ms; the largest error is 8.7e-12". */
export function summaryLine(check: FunctionCheck): string {
  const { coverage, milliseconds, passed, parameters } = check;
  if (coverage.checked + coverage.directions === 0) return `✗ ${check.function}: not checked`;
  const done = `checked ${coverageText(coverage)} in ${formatDuration(milliseconds)}${limitText(coverage)}`;
  const errors = parameters.map(({ error }) => error).filter(Number.isFinite);
  const largest = passed ? `; the largest error is ${formatNumber(Math.max(0, ...errors), 2)}` : "";
  return `${passed ? "✓" : "✗"} ${check.function}: ${done}${largest}`;
}

/** What was looked at besides the elements, a line for each: second derivatives, float32, other points, custom rules. */
export function besideLines(check: FunctionCheck): readonly string[] {
  return besidesOf(check).map((part) => `  ${part}`);
}

/** A line for each kink that a parameter lies on or next to. */
export function kinkLines(check: FunctionCheck): readonly string[] {
  return check.parameters.flatMap((element) => {
    if (element.kink === undefined) return [];
    const { op, distance, sides } = element.kink;
    if (op === "domain")
      return [`  ${elementName(element)} has no values beside its own: no derivative is taken by it`];
    const place = kinkPlace(element.kink);
    const where = distance === 0 ? `is on ${place}` : `is within ${formatNumber(distance, 2)} of ${place}`;
    const derivatives =
      sides === undefined ? "" : `, where the derivative jumps from ${sides.map((x) => formatNumber(x)).join(" to ")}`;
    return [`  ${elementName(element)} ${where}${derivatives}; the gradient is ${formatNumber(element.reverse)}`];
  });
}

/** What a person reads who asked for a check. */
export function outcomeSentence(checks: readonly FunctionCheck[]): string {
  const wrong = checks.filter(({ passed }) => !passed);
  const [first] = wrong;
  if (first !== undefined) {
    const message = problemsOf(first)[0]?.message ?? `The gradient of ${first.function} could not be checked.`;
    return wrong.length === 1 ? message : `${message} ${wrong.length - 1} more of the functions checked fail.`;
  }
  const names = checks.map((check) => check.function);
  return names.length === 1
    ? `The gradient of ${names[0]!} is right: ${coverageText(checks[0]!.coverage)} checked${limitText(checks[0]!.coverage)}.`
    : `The gradients of ${names.join(", ")} are right.`;
}
