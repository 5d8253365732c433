/** What a gradient check found, in sentences. Pure: runs in Node and in the editor. */
import { formatNumber, formatPlural } from "./format.ts";
import type { Coverage, Culprit, Diagnostic, ElementCheck, FunctionCheck, Verdict, Votes } from "./protocol.ts";

/** "x", "A[0][1]" */
export function elementName({ name, index }: Pick<ElementCheck, "name" | "index">): string {
  return name + index.map((k) => `[${k}]`).join("");
}

export function failed({ verdict }: { readonly verdict: Verdict }): boolean {
  return verdict === "wrong" || verdict === "non-finite";
}

/** The element, or else the direction, that is worst. */
export function worstOf(check: FunctionCheck): (Votes & { readonly label: string }) | undefined {
  const [element] = check.parameters;
  const [direction] = check.directions;
  if (element !== undefined && (failed(element) || direction === undefined || !failed(direction)))
    return { ...element, label: elementName(element) };
  return direction && { ...direction, label: `${direction.name}, along a random direction` };
}

/** "reverse mode gives 2 where differences give 1"; with a fourth vote "where differences and a complex step give 1". */
export function figures({ verdict, reverse, forward, numeric, complex, dissent }: Votes): string {
  const [back, ahead, measured] = [reverse, forward, numeric].map((x) => formatNumber(x, 6)) as [
    string,
    string,
    string,
  ];
  if (verdict === "non-finite" && !Number.isFinite(reverse)) return `reverse mode gives ${back}`;
  const modes = back === ahead ? `reverse mode gives ${back}` : `reverse mode gives ${back}, forward mode ${ahead}`;
  // Where differences are too coarse to tell the two apart, the complex step is what told.
  const finer = complex !== undefined && dissent === "rules" && measured === back;
  if (finer)
    return `reverse mode gives ${formatNumber(reverse, 12)} where a complex step gives ${formatNumber(complex, 12)}`;
  return `${modes} where differences give ${measured}`;
}

/** Why a check failed, the worst first; with each, the operations that are to blame. Empty where it passed. */
export function problemsOf(check: FunctionCheck): readonly Diagnostic[] {
  const worst = worstOf(check);
  const told = check.diagnostics.filter(({ severity }) => severity === "error");
  if (worst === undefined || !failed(worst)) return told;
  const gradient = `The gradient of ${check.function} with respect to ${worst.label}`;
  const others = check.parameters.filter(failed).length - 1;
  const more = others > 0 ? `, and ${formatPlural(others, "more element fails", "more elements fail")}` : "";
  const how = worst.verdict === "wrong" ? "is wrong" : "is not finite";
  const meaning = worst.meaning === undefined ? [] : [{ message: worst.meaning, source: check.nameSource }];
  const related = [...check.culprits.flatMap(relatedOf), ...meaning];
  const problem: Diagnostic = {
    code: worst.verdict === "wrong" ? "wrong-gradient" : "non-finite-gradient",
    severity: "error",
    message: `${gradient} ${how}: ${figures(worst)}${more}.`,
    source: check.nameSource,
    ...(related.length === 0 ? {} : { related }),
    data: { reverse: worst.reverse, forward: worst.forward, numeric: worst.numeric, error: worst.error },
  };
  return [problem, ...told];
}

function relatedOf(culprit: Culprit): NonNullable<Diagnostic["related"]>[number][] {
  const { message, source, definition } = culprit;
  const used = { message, source };
  return definition === undefined ? [used] : [used, { message: "The rule is defined here.", source: definition }];
}

/** "all 12 elements", "2,000 of 25,450 elements one by one and all of them along 8 random directions" */
export function coverageText({ elements, checked, directions, limitedBy }: Coverage): string {
  if (limitedBy === undefined) return elements === 1 ? "the only element" : `all ${formatPlural(elements, "element")}`;
  const one = `${formatNumber(checked)} of ${formatPlural(elements, "element")} one by one`;
  const along = directions === 0 ? "" : ` and all of them along ${formatPlural(directions, "random direction")}`;
  return `${one}${along}`;
}

/** What comes after it where time was too short for more. */
export function limitText({ limitedBy }: Coverage): string {
  return limitedBy === "time" ? ", as many as the time allows" : "";
}

/** "a branch in line 3", "the kink of abs in line 4" */
export function kinkPlace({ op, source }: NonNullable<Votes["kink"]>): string {
  if (op === "domain") return "a point without values beside it";
  const what = op === "branch" ? "a branch" : op === "jump" ? "a jump of what is not traced" : `the kink of ${op}`;
  return `${what} in line ${source.line}`;
}

/** The custom rules of a check, at one place of definition: whether they were used, and what is wrong with them. */
export function ruleVerdict(
  checks: readonly FunctionCheck[],
  { line, column }: { readonly line: number; readonly column: number },
): { readonly executions: number; readonly culprits: readonly Culprit[] } {
  const here = (place: { readonly line: number; readonly column: number } | undefined): boolean =>
    place?.line === line && place.column === column;
  const used = checks.flatMap(({ rules = [] }) => rules.filter(({ definition }) => here(definition)));
  return {
    executions: used.reduce((sum, { executions }) => sum + executions, 0),
    culprits: checks.flatMap(({ culprits }) => culprits.filter(({ definition }) => here(definition))),
  };
}

/** What was looked at besides the elements, in parts of a line: "2 points nearby ok", "second derivatives ok". */
export function besidesOf({ nearby = [], secondOrder, drift = [], rules = [] }: FunctionCheck): readonly string[] {
  const parts: string[] = [];
  if (nearby.length > 0) {
    const wrong = nearby.some(({ verdict }) => verdict === "wrong");
    parts.push(`${formatPlural(nearby.length, "point")} nearby ${wrong ? "wrong" : "ok"}`);
  }
  if (rules.length > 0) {
    const wrong = rules.filter(({ passed }) => !passed).length;
    parts.push(
      `${formatPlural(rules.length, "custom rule")} ${wrong === 0 ? "ok" : `, ${wrong} of them wrong`}`.replace(
        " ,",
        ",",
      ),
    );
  }
  if (secondOrder !== undefined)
    parts.push(
      secondOrder.verdict === "not-compared"
        ? `second derivatives not compared (${secondOrder.reason ?? ""})`
        : `second derivatives ${secondOrder.verdict}`,
    );
  for (const { executor, verdict, gradientError = 0, value = { float64: 0, float32: 0 }, reason = "" } of drift) {
    const where = executor === "portable" ? "float32" : "float32 on the GPU";
    const valueError = Math.abs(value.float32 - value.float64) / Math.max(Math.abs(value.float64), 1e-6);
    parts.push(
      verdict === "not-compared"
        ? `${where} not compared (${reason})`
        : reason !== ""
          ? reason
          : `${where} ${verdict === "ok" ? "within" : "off by"} ${formatNumber(Math.max(valueError, gradientError), 2)}`,
    );
  }
  return parts;
}
