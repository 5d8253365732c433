import { sizeOf, type Shape } from "../../tape/shape.ts";
import { expressionOf, type Functions } from "./expressions.ts";
import { joinedAxes, stridesOver, type View } from "./view.ts";

/** What an expression of a loop takes: the element of a view, a number known before the loop, or another result. */
export type Operand =
  | { readonly kind: "view"; readonly view: View }
  | { readonly kind: "scalar"; readonly slot: number }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "member"; readonly id: number };

export interface Member {
  readonly id: number;
  /** "copy" hands its operand on. */
  readonly name: string;
  readonly operands: readonly Operand[];
  /** Where the result goes; undefined where only other members of the group use it. */
  readonly store: View | undefined;
}

/**
 * A function that runs a chain of elementwise operations in one pass over their common shape. Buffers and numbers are bound
 * by the names `b3` and `s`.
 */
export function loopSource(shape: Shape, members: readonly Member[], functions: Functions): LoopSource {
  const views: View[] = [];
  const indexOf = (view: View): number => {
    const known = views.findIndex((other) => sameView(other, view));
    return known >= 0 ? known : views.push(view) - 1;
  };
  const lines: string[] = [];
  const loaded = new Set<number>();
  const scalars = new Set<number>();
  const stores: string[] = [];
  for (const { id, name, operands, store } of members) {
    const texts = operands.map((operand) => {
      switch (operand.kind) {
        case "number":
          return numberText(operand.value);
        case "scalar":
          scalars.add(operand.slot);
          return `s${operand.slot}`;
        case "member":
          return `t${operand.id}`;
        case "view": {
          const index = indexOf(operand.view);
          if (!loaded.has(index)) {
            loaded.add(index);
            lines.push(`const v${index} = b${operand.view.buffer}[@${index}];`);
          }
          return `v${index}`;
        }
      }
    });
    lines.push(`const t${id} = ${name === "copy" ? texts[0]! : expressionOf(name, texts, functions)};`);
    if (store !== undefined) stores.push(`b${store.buffer}[@${indexOf(store)}] = t${id};`);
  }
  const joined = joinedAxes(
    shape,
    views.map((view) => stridesOver(view, shape)),
  );
  const source = nest(joined, views, [...lines, ...stores]);
  const before = [...scalars].map((slot) => `const s${slot} = s[${slot}];`);
  return { source: `${before.join(" ")}\n${source}`, buffers: new Set(views.map(({ buffer }) => buffer)) };
}

export interface LoopSource {
  readonly source: string;
  readonly buffers: ReadonlySet<number>;
}

function nest(
  { extents, strides }: { readonly extents: readonly number[]; readonly strides: readonly (readonly number[])[] },
  views: readonly View[],
  body: readonly string[],
): string {
  if (extents.length === 0) return `{ ${at(body, (k) => `${views[k]!.offset}`)} }`;
  const last = extents.length - 1;
  // Outside of the innermost loop, where each view begins in it.
  const begins = views.map(({ offset }, k) =>
    [
      `${offset}`,
      ...strides[k]!.slice(0, last).flatMap((stride, axis) => (stride === 0 ? [] : [`i${axis} * ${stride}`])),
    ]
      .filter((term, index) => term !== "0" || (index === 0 && strides[k]!.slice(0, last).every((s) => s === 0)))
      .join(" + "),
  );
  const simple = views.every((_, k) => begins[k] === "0");
  const inner = at(body, (k) => {
    const stride = strides[k]![last]!;
    const begin = simple ? "" : `p${k}`;
    if (stride === 0) return begin || "0";
    const step = stride === 1 ? `i${last}` : `i${last} * ${stride}`;
    return begin === "" ? step : `${begin} + ${step}`;
  });
  const pointers = simple ? "" : begins.map((begin, k) => `const p${k} = ${begin};`).join(" ");
  let text = `${pointers} for (let i${last} = 0; i${last} < ${extents[last]!}; i${last}++) { ${inner} }`;
  for (let axis = last - 1; axis >= 0; axis--)
    text = `for (let i${axis} = 0; i${axis} < ${extents[axis]!}; i${axis}++) { ${text} }`;
  return text;
}

/** The lines with each `@3` as the index of view 3. */
function at(lines: readonly string[], index: (view: number) => string): string {
  return lines.map((line) => line.replace(/@(\d+)/g, (_, k: string) => index(Number(k)))).join("\n");
}

export function numberText(value: number): string {
  if (Object.is(value, -0)) return "(-0)";
  return value < 0 ? `(${value})` : String(value);
}

function sameView(a: View, b: View): boolean {
  return (
    a.buffer === b.buffer &&
    a.offset === b.offset &&
    a.shape.join() === b.shape.join() &&
    a.strides.join() === b.strides.join()
  );
}

export function isEmpty(shape: Shape): boolean {
  return sizeOf(shape) === 0;
}
