/** Contractions of any axes with any, lowered to transposes, sums and one matrix product for each pair of operands. */
import { sizeOf, type Shape } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";
import { mul } from "./arithmetic.ts";
import { matmul } from "./contraction.ts";
import { diagonal } from "./rearranging.ts";
import { sum } from "./reduction.ts";
import { shapeOf } from "./rule.ts";
import { reshape, transpose } from "./shaping.ts";

/** A value with a label for each of its axes; axes of one label are run through together. */
export interface Labelled {
  readonly value: Value;
  readonly labels: readonly string[];
}

/** Σ over all labels that `output` leaves out, of the product of the operands. */
export function contract(operands: readonly Labelled[], output: readonly string[]): Value {
  const remaining = operands.map((operand, k) => {
    const elsewhere = operands.flatMap(({ labels }, other) => (other === k ? [] : labels));
    return summed(withoutRepeats(operand), [...elsewhere, ...output]);
  });
  while (remaining.length > 1) {
    const [a, b] = cheapestPair(remaining, output);
    const [first, second] = [remaining[a]!, remaining[b]!];
    remaining.splice(b, 1);
    remaining.splice(a, 1);
    const kept = [...output, ...remaining.flatMap(({ labels }) => labels)];
    remaining.push(product(first, second, new Set(kept)));
  }
  return ordered(remaining[0]!, output);
}

/** The axes of one operand that have a label in common become one: their diagonal. */
function withoutRepeats({ value, labels }: Labelled): Labelled {
  const second = labels.findIndex((label, axis) => labels.indexOf(label) < axis);
  if (second < 0) return { value, labels };
  const label = labels[second]!;
  const first = labels.indexOf(label);
  const rest = labels.filter((_, axis) => axis !== first && axis !== second);
  return withoutRepeats({ value: diagonal(value, 0, first, second), labels: [...rest, label] });
}

function summed({ value, labels }: Labelled, kept: readonly string[]): Labelled {
  const axes = labels.flatMap((label, axis) => (kept.includes(label) ? [] : [axis]));
  if (axes.length === 0) return { value, labels };
  return { value: sum(value, axes), labels: labels.filter((label) => kept.includes(label)) };
}

function ordered({ value, labels }: Labelled, order: readonly string[]): Value {
  return labels.length === 0
    ? value
    : transpose(
        value,
        order.map((label) => labels.indexOf(label)),
      );
}

/** Those two whose product has the fewest elements more than they have. */
function cheapestPair(operands: readonly Labelled[], output: readonly string[]): [number, number] {
  let [best, pair]: [number, [number, number]] = [Infinity, [0, 1]];
  for (let a = 0; a < operands.length; a++)
    for (let b = a + 1; b < operands.length; b++) {
      const others = operands.flatMap(({ labels }, k) => (k === a || k === b ? [] : labels));
      const kept = new Set([...output, ...others]);
      const [first, second] = [operands[a]!, operands[b]!];
      const growth = sizeOfProduct(first, second, kept) - sizeOf(shapeOf(first.value)) - sizeOf(shapeOf(second.value));
      if (growth < best) [best, pair] = [growth, [a, b]];
    }
  return pair;
}

function sizeOfProduct(a: Labelled, b: Labelled, kept: ReadonlySet<string>): number {
  const extents = new Map([...extentsOf(a), ...extentsOf(b)]);
  return sizeOf([...extents].flatMap(([label, extent]) => (kept.has(label) ? [extent] : [])));
}

function extentsOf({ value, labels }: Labelled): [string, number][] {
  return labels.map((label, axis) => [label, shapeOf(value)[axis]!]);
}

/** Matrix products over the labels that both have and that are not kept, one for each place of those that are. */
function product(a: Labelled, b: Labelled, kept: ReadonlySet<string>): Labelled {
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const [batch, inner] = [shared.filter((label) => kept.has(label)), shared.filter((label) => !kept.has(label))];
  const [rows, columns] = [a, b].map(({ labels }) => labels.filter((label) => !shared.includes(label))) as [
    string[],
    string[],
  ];
  const extents = new Map([...extentsOf(a), ...extentsOf(b)]);
  const shape = (labels: readonly string[]): Shape => labels.map((label) => extents.get(label)!);
  const labels = [...batch, ...rows, ...columns];
  if (inner.length === 0) {
    const left = reshape(ordered(a, [...batch, ...rows]), [...shape(batch), ...shape(rows), ...columns.map(() => 1)]);
    return {
      value: mul(
        left,
        reshape(ordered(b, [...batch, ...columns]), [...shape(batch), ...rows.map(() => 1), ...shape(columns)]),
      ),
      labels,
    };
  }
  const [m, k, n] = [rows, inner, columns].map((group) => sizeOf(shape(group))) as [number, number, number];
  const left = reshape(ordered(a, [...batch, ...rows, ...inner]), [...shape(batch), m, k]);
  const right = reshape(ordered(b, [...batch, ...inner, ...columns]), [...shape(batch), k, n]);
  return { value: reshape(matmul(left, right), shape(labels)), labels };
}
