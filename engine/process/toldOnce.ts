import type { Diagnostic } from "./protocol.ts";

/** What the runtime noticed on its way: where a value became a constant. */
const places: ReadonlySet<string> = new Set([
  "value-left-trace",
  "gradient-ended-at-integer-array",
  "gradient-ended-at-bitwise",
]);

/**
 * One fault, one finding: where a finding tells which parameters have no gradient and why, what was noticed at the same
 * place, or of the function as a whole, becomes a related place of it; where NaN was made of an operand, that is told, and
 * not that the result is NaN.
 *
 * @param noticed while the function ran
 * @param found in its trace
 */
export function toldOnce(noticed: readonly Diagnostic[], found: readonly Diagnostic[]): Diagnostic[] {
  const severed = found.filter(({ code, severity }) => code === "severed-gradient" && severity === "warning");
  const tellsOf = (known: Diagnostic): Diagnostic[] => {
    if (known.code === "constant-result") return severed.slice(0, 1);
    return places.has(known.code) ? severed.filter((finding) => overlap(finding.source, known.source)) : [];
  };
  const further = new Map<Diagnostic, NonNullable<Diagnostic["related"]>[number][]>();
  const maker = noticed.find(({ code }) => code === "operand-is-no-number");
  const passedOn =
    maker && found.find((finding) => finding.code === "non-finite" && finding.data?.["kind"] === "operand");
  if (maker !== undefined && passedOn !== undefined && !overlap(maker.source, passedOn.source))
    further.set(maker, [{ message: "Here it becomes part of the result.", source: passedOn.source }]);
  const left = noticed.filter((known) => {
    const tellers = tellsOf(known);
    for (const finding of tellers)
      further.set(finding, [...(further.get(finding) ?? []), { message: known.message, source: known.source }]);
    return tellers.length === 0;
  });
  const isExplained = (finding: Diagnostic): boolean =>
    maker !== undefined && severed.includes(finding) && overlap(finding.source, maker.source);
  return [...left, ...found.filter((finding) => finding !== passedOn && !isExplained(finding))].map((finding) => {
    const more = further.get(finding);
    return more === undefined ? finding : { ...finding, related: [...(finding.related ?? []), ...more] };
  });
}

function overlap(a: Diagnostic["source"], b: Diagnostic["source"]): boolean {
  const startsBefore = (one: typeof a, other: typeof a): boolean =>
    one.line < other.endLine || (one.line === other.endLine && one.column < other.endColumn);
  return a.file === b.file && startsBefore(a, b) && startsBefore(b, a);
}
