import type { SiteTable } from "../../tape/site.ts";
import type { Assignment, Binding, InstrumentedFile, Operand, TextRange } from "./instrumentedFile.ts";
import type { Variable } from "./lexicalScopes.ts";
import type { Rewriter } from "./rewrite/rewriter.ts";

type Index = Pick<InstrumentedFile, "bindings" | "bindingAt" | "operandAt" | "operandText" | "innermostSites">;

/** Of a file that nobody reads. */
export const noIndex: Index = {
  bindings: [],
  bindingAt: () => undefined,
  operandAt: () => undefined,
  operandText: () => undefined,
  innermostSites: () => [],
};

/** Which variable, operand and expressions stand where, for hovers; worked out when first asked for. */
export function bindingIndex(
  { scopes, assignments, operands, text }: Rewriter,
  sites: SiteTable,
  firstSite: number,
): Index {
  const endSite = sites.length;
  let bindings: readonly Binding[] | undefined;
  const all = (): readonly Binding[] =>
    (bindings ??= scopes.variables.map((variable) => bindingOf(variable, assignments.get(variable) ?? [])));
  return {
    get bindings() {
      return all();
    },
    bindingAt: (offset) => all().find(({ references }) => references.some((range) => touches(range, offset))),
    operandAt: (offset) => innermost(operands, offset),
    operandText(site, input) {
      const operand = operands.find((candidate) => candidate.site === site && candidate.input === input);
      return operand && text.slice(operand.start, operand.end);
    },
    innermostSites(offset) {
      const around: { site: number; length: number }[] = [];
      for (let site = firstSite; site < endSite; site++) {
        const { start, end, kind } = sites.get(site);
        if (kind === "expression" && start <= offset && offset <= end) around.push({ site, length: end - start });
      }
      return around.sort((a, b) => a.length - b.length).map(({ site }) => site);
    },
  };
}

/** An editor's cursor stands between characters: a name's end counts as the name. */
const touches = ({ start, end }: TextRange, offset: number): boolean => start <= offset && offset <= end;

function innermost(operands: readonly Operand[], offset: number): Operand | undefined {
  let found: Operand | undefined;
  for (const operand of operands) {
    if (!touches(operand, offset)) continue;
    if (found === undefined || operand.end - operand.start < found.end - found.start) found = operand;
  }
  return found;
}

function bindingOf({ name, declarations, references }: Variable, assignments: readonly Assignment[]): Binding {
  const ranges = [...declarations, ...references].map(({ start }) => ({ start: start!, end: start! + name.length }));
  ranges.sort((a, b) => a.start - b.start);
  const declaration = declarations[0]!.start!;
  return { name, start: declaration, end: declaration + name.length, assignments, references: ranges };
}
