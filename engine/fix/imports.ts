import type * as t from "@babel/types";
import type { Program } from "./program.ts";
import type { Spot } from "./spots.ts";

/**
 * The changes to a file's import from "adjoint" that go with other names in the place of some: each of `renamed` gives the
 * old name, the new one, and the identifiers that change. Undefined where a name is imported under another.
 */
export function importChanges(
  program: Program,
  renamed: ReadonlyMap<string, { readonly to: string; readonly uses: ReadonlySet<t.Node> }>,
): Spot[] | undefined {
  const declaration = program.root.body.find(
    (statement): statement is t.ImportDeclaration =>
      statement.type === "ImportDeclaration" && statement.source.value === "adjoint" && statement.importKind !== "type",
  );
  const specifiers = (declaration?.specifiers ?? []).filter((each) => each.type === "ImportSpecifier");
  const nameOf = ({ local }: t.ImportSpecifier): string => local.name;
  const present = new Set(specifiers.map(nameOf));
  const spots: Spot[] = [];
  for (const [from, { to, uses }] of renamed) {
    const index = specifiers.findIndex((each) => nameOf(each) === from);
    const specifier = specifiers[index];
    if (specifier === undefined || program.textOf(specifier) !== from || isTaken(program, to, present))
      return undefined;
    const all = program.scopes.of(specifier.local)?.references ?? [];
    const stays = all.some((reference) => !uses.has(reference));
    if (!present.has(to)) {
      const [start, end] = stays ? [specifier.end!, specifier.end!] : [specifier.start!, specifier.end!];
      spots.push({ start, end, text: stays ? `, ${to}` : to });
      present.add(to);
    } else if (!stays) {
      const [before, after] = [specifiers[index - 1], specifiers[index + 1]];
      if (after !== undefined) spots.push({ start: specifier.start!, end: after.start!, text: "" });
      else if (before !== undefined) spots.push({ start: before.end!, end: specifier.end!, text: "" });
    }
  }
  return spots;
}

/** The file calls something else by this name. */
function isTaken(program: Program, name: string, imported: ReadonlySet<string>): boolean {
  return !imported.has(name) && program.scopes.variables.some((variable) => variable.name === name);
}
