/** Which parts of a nested value are meant: all of it, or some of its elements and properties. */
export type Selection = "all" | ReadonlyMap<string | number, Selection>;

type Tree = Map<string | number, Tree | "all">;

/** By the name of the parameter, from names as inputs have them: "w", "layers[3].w[0][1]". */
export function selections(names: readonly string[]): ReadonlyMap<string, Selection> {
  const roots: Tree = new Map();
  for (const name of names) {
    const path = segmentsOf(name);
    let tree = roots;
    path.forEach((segment, depth) => {
      const inner = tree.get(segment);
      if (inner === "all") return;
      if (depth === path.length - 1) tree.set(segment, "all");
      else {
        const next: Tree = inner ?? new Map<string | number, Tree | "all">();
        tree.set(segment, next);
        tree = next;
      }
    });
  }
  return roots as ReadonlyMap<string, Selection>;
}

/** What is selected of any of the elements. */
export function ofElements(selection: Selection): Selection {
  return selection === "all" ? "all" : [...selection.values()].reduce(union);
}

/** What is selected of one element or property; undefined: nothing. */
export function within(selection: Selection, key: string | number): Selection | undefined {
  return selection === "all" ? "all" : selection.get(key);
}

function union(a: Selection, b: Selection): Selection {
  if (a === "all" || b === "all") return "all";
  const all = new Map(a);
  for (const [key, value] of b) {
    const known = all.get(key);
    all.set(key, known === undefined ? value : union(known, value));
  }
  return all;
}

function segmentsOf(name: string): (string | number)[] {
  const root = /^[^.[]+/.exec(name)?.[0] ?? name;
  const rest = name.slice(root.length);
  const path: (string | number)[] = [root];
  for (const [, property, index, text] of rest.matchAll(/\.([^.[]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/g))
    path.push(property ?? (index === undefined ? text! : Number(index)));
  return path;
}
