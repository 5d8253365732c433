import { besidesOf, coverageText, elementName, failed, kinkPlace, limitText } from "../process/checkSentences.ts";
import { formatDuration, formatNumber } from "../process/format.ts";
import type { ElementCheck, FunctionCheck, Verdict } from "../process/protocol.ts";
import type { Colours } from "./colours.ts";

/** What `adjoint check` prints of one function: a line of its own and one for each parameter, the worst first. */
export function checkLines(check: FunctionCheck, nameOf: (file: string) => string, colours: Colours): string[] {
  const { source, coverage, milliseconds, passed } = check;
  const where = `${nameOf(source.file)}:${source.line}`;
  const took = `in ${formatDuration(milliseconds)}${limitText(coverage)}`;
  const done = coverage.checked + coverage.directions > 0 ? `checked ${coverageText(coverage)} ${took}` : "not checked";
  const head = `${passed ? "✓" : "✗"} ${colours.bold(check.function)}  ${done}  ${colours.dim(where)}`;
  const rows = byParameter(check.parameters).map((elements) => parameterRow(elements));
  const along = check.directions
    .filter(failed)
    .map(({ name, reverse, numeric }) => [name, "wrong", "along a random direction", ...votes(reverse, numeric)]);
  const besides = besidesOf(check).join(" · ");
  const beside = besides === "" ? [] : [colours.dim(`    ${besides}`)];
  return [head, ...aligned([...rows, ...along]).map((line) => `    ${line}`), ...beside];
}

/** In the order of their worst elements. */
function byParameter(elements: readonly ElementCheck[]): ElementCheck[][] {
  const groups = new Map<string, ElementCheck[]>();
  for (const element of elements) {
    const group = groups.get(element.name);
    if (group === undefined) groups.set(element.name, [element]);
    else group.push(element);
  }
  return [...groups.values()];
}

const verdicts: readonly Verdict[] = ["wrong", "non-finite", "kink", "ok"];

function parameterRow(elements: readonly ElementCheck[]): string[] {
  const [worst] = elements as [ElementCheck];
  const counts = verdicts.flatMap((verdict) => {
    const count = elements.filter((element) => element.verdict === verdict).length;
    return count === 0 ? [] : [elements.length === 1 ? verdict : `${count} ${verdict}`];
  });
  const row = [worst.name, counts.join(", ")];
  if (worst.verdict === "ok")
    return [
      ...row,
      `agrees to ${formatNumber(worst.error, 2)}`,
      ...(elements.length === 1 ? votes(worst.reverse) : []),
    ];
  const element = elements.length === 1 ? "" : `${elementName(worst)}: `;
  const kink = worst.kink === undefined ? "" : `  ${kinkPlace(worst.kink)}`;
  return [...row, `${element}error ${formatNumber(worst.error, 3)}`, ...votes(worst.reverse, worst.numeric, kink)];
}

function votes(reverse: number, numeric?: number, more = ""): string[] {
  const back = `reverse ${formatNumber(reverse, 6)}`;
  return numeric === undefined ? [back] : [back, `differences ${formatNumber(numeric, 6)}${more}`];
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((text, k) => (widths[k] = Math.max(widths[k] ?? 0, text.length)));
  return rows.map((row) =>
    row
      .map((text, k) => text.padEnd(widths[k]!))
      .join("  ")
      .trimEnd(),
  );
}
