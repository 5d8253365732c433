import { KindError } from "../primitives/argumentErrors.ts";
import * as einsums from "../primitives/einsum.ts";
import type { Contracted } from "./shapeTypes.ts";
import type { Operand, ShapeOf, Shaped } from "./types.ts";
import { asValue, fixed, describe } from "./values.ts";

/**
 * Products of tensors summed over subscripts, as NumPy's `einsum`. Each operand has a letter for each of its axes; over
 * letters that the output leaves out it is summed. Without an arrow the output has the letters that occur once, in the order
 * of the alphabet. A letter that one operand has twice runs along its diagonal. "..." stands for any axes, which broadcast.
 *
 * Operands are multiplied two at a time, those first whose product is smallest; each product is one matrix product.
 *
 * @example einsum("ij,jk->ik", a, b)        // matmul
 * @example einsum("bhqd,bhkd->bhqk", q, k)  // scores of attention
 * @example einsum("ii", a)                  // the trace
 * @throws ShapeError where subscripts and shapes do not fit.
 */
export function einsum<const Text extends string, const Operands extends readonly Operand[]>(
  subscripts: Text,
  ...operands: Operands
): Shaped<Contracted<Text, { readonly [K in keyof Operands]: ShapeOf<Operands[K]> }>> {
  if (typeof subscripts !== "string")
    throw new KindError('einsum: give the subscripts as a text first, as in einsum("ij,jk->ik", a, b)');
  const values = operands.map((operand) => asValue("einsum", operand));
  return einsums.einsum(subscripts, values) as Shaped<
    Contracted<Text, { readonly [K in keyof Operands]: ShapeOf<Operands[K]> }>
  >;
}

/**
 * Products of a and b summed over axes of both: over the last `axes` of a with the first of b, or over `[axesOfA, axesOfB]`. The
 * other axes of a come first, then those of b. Over two when left out, as NumPy.
 */
export function tensordot(
  a: Operand,
  b: Operand,
  axes: number | readonly [number | readonly number[], number | readonly number[]] = 2,
): number {
  const [x, y, over] = [asValue("tensordot", a), asValue("tensordot", b), fixed(axes)];
  const paired = Array.isArray(over) && over.length === 2;
  if (typeof over !== "number" && !paired)
    throw new KindError(
      `tensordot: the axes are ${describe(over)}; give how many of them, or the axes of the first and those of the second`,
    );
  return einsums.tensordot(x, y, over) as number;
}
