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

/** "reverse mode gives 2 where differences give 1" */
export function figures({ verdict, reverse, forward, numeric }: Votes): string {
  const [back, ahead, measured] = [reverse, forward, numeric].map((x) => formatNumber(x, 6)) as [
    string,
    string,
    string,
  ];
  if (verdict === "non-finite" && !Number.isFinite(reverse)) return `reverse mode gives ${back}`;
  const modes = back === ahead ? `reverse mode gives ${back}` : `reverse mode gives ${back}, forward mode ${ahead}`;
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
  const related = check.culprits.flatMap(relatedOf);
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

/** "all 12 elements", "2,000 of 25,450 elements one by one and 8 random directions (the budget ended)" */
export function coverageText({ elements, checked, directions, limitedBy }: Coverage): string {
  if (limitedBy === undefined) return elements === 1 ? "the only element" : `all ${formatPlural(elements, "element")}`;
  const one = `${formatNumber(checked)} of ${formatPlural(elements, "element")} one by one`;
  const along = directions === 0 ? "" : ` and all of them along ${formatPlural(directions, "random direction")}`;
  return `${one}${along}${limitedBy === "time" ? ", then time was up" : ""}`;
}
