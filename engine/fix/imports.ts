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
  const specifiers = libraryImport(program)?.specifiers.filter((each) => each.type === "ImportSpecifier") ?? [];
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

/**
 * What to call a function of the library by, and the changes that import it where it is not yet. Undefined where the name
 * is taken, or the file imports nothing at all.
 */
export function imported(
  program: Program,
  name: string,
): { readonly callee: string; readonly changes: readonly Spot[] } | undefined {
  const specifiers = libraryImport(program)?.specifiers ?? [];
  const known = specifiers.find(
    ({ type, local }) => type === "ImportNamespaceSpecifier" || program.libraryName(local) === name,
  );
  if (known !== undefined) {
    const own = known.local.name;
    if (isTaken(program, own, new Set([own]))) return undefined;
    return { callee: known.type === "ImportNamespaceSpecifier" ? `${own}.${name}` : own, changes: [] };
  }
  if (isTaken(program, name, new Set())) return undefined;
  const last = specifiers.at(-1);
  if (last?.type === "ImportSpecifier")
    return { callee: name, changes: [{ start: last.end!, end: last.end!, text: `, ${name}` }] };
  const first = program.root.body.find(({ type }) => type === "ImportDeclaration");
  if (first === undefined) return undefined;
  const text = `import { ${name} } from "adjoint";\n`;
  return { callee: name, changes: [{ start: first.start!, end: first.start!, text }] };
}

/** The declaration that imports values from "adjoint". */
function libraryImport({ root }: Program): t.ImportDeclaration | undefined {
  return root.body.find(
    (statement): statement is t.ImportDeclaration =>
      statement.type === "ImportDeclaration" && statement.source.value === "adjoint" && statement.importKind !== "type",
  );
}

/** The file calls something else by this name. */
function isTaken(program: Program, name: string, ours: ReadonlySet<string>): boolean {
  return program.scopes.variables.some(
    (variable) => variable.name === name && !(variable.kind === "import" && ours.has(name)),
  );
}
