/** What a person may have meant by a name that the library does not export. */

/** So many letters may differ: one of three. */
const lettersPerSlip = 3;

/** The end of a sentence: "did you mean softmax?", "write random(1).normal, where 1 is the seed". */
export function suggestion(missing: string, library: object): string {
  if (missing === "default")
    return 'name what you use, as in import { sin } from "adjoint", or write import * as adjoint from "adjoint".';
  const Random: unknown = Reflect.get(library, "Random");
  // Drawing needs a seed, so it hangs on a generator.
  if (typeof Random === "function" && isMethodOf(Random, missing))
    return `write random(1).${missing}, where 1 is the seed, and import random.`;
  const nearest = nearestName(missing, Object.keys(library));
  return nearest === undefined ? "check the import's name." : `did you mean ${nearest}?`;
}

function isMethodOf({ prototype }: { readonly prototype: unknown }, name: string): boolean {
  return (
    typeof prototype === "object" && prototype !== null && name !== "constructor" && Object.hasOwn(prototype, name)
  );
}

/** The same but for case and underscores, else the one with the fewest letters to change; undefined where none is near. */
export function nearestName(missing: string, names: readonly string[]): string | undefined {
  const plain = (name: string): string => name.replaceAll("_", "").toLowerCase();
  const wanted = plain(missing);
  let nearest: string | undefined;
  let fewest = Math.floor(wanted.length / lettersPerSlip) + 1;
  for (const name of names) {
    const changes = distance(wanted, plain(name));
    if (changes >= fewest) continue;
    fewest = changes;
    nearest = name;
  }
  return nearest;
}

/** Letters to change, add, take away, or swap with the next (Damerau 1964, as optimal string alignment). */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    const above = rows[i - 1]!;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + same, swapped ? rows[i - 2]![j - 2]! + 1 : Infinity),
      );
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
