import * as contraction from "../primitives/contraction.ts";
import * as complex from "./complex/arithmetic.ts";
import type { ComplexIf } from "./complex/number.ts";
import { twoOrComplex } from "./lifting.ts";
import type { ComplexParts, Multipliable, Operand, Product, ShapeOf, Shaped, Tensor } from "./types.ts";
import { asValue, calledAs } from "./values.ts";

/**
 * The matrix product, by NumPy's rules: the last two axes are matrices, those before them broadcast; a vector on the
 * left is a row, on the right a column.
 *
 * @example matmul(x, w)   // [batch, 64] and [64, 32] give [batch, 32]
 * @throws ShapeError where the inner dimensions differ; where TypeScript knows the shapes, it says so before anything runs.
 */
export function matmul<const A extends Operand | ComplexParts, const B extends Operand | ComplexParts>(
  a: A,
  b: Multipliable<A, B>,
): ComplexIf<A, B, Product<ShapeOf<A>, ShapeOf<B>>> {
  return product(a, b) as never;
}

const product = twoOrComplex("matmul", contraction.matmul, complex.matmul) as (a: unknown, b: unknown) => unknown;

/** The inner product of two vectors; of matrices their product, as `matmul`. */
export function dot<const A extends Operand, const B extends Operand>(
  a: A,
  b: Multipliable<A, B>,
): Shaped<Product<ShapeOf<A>, ShapeOf<B>>> {
  return calledAs("dot", () => {
    return contraction.dot(asValue("dot", a), asValue("dot", b)) as Shaped<Product<ShapeOf<A>, ShapeOf<B>>>;
  });
}

/** All products of an element of `a` and one of `b`: [M] and [N] give [M, N]. */
export function outer(a: Operand, b: Operand): Tensor<readonly [number, number]> {
  return contraction.outer(asValue("outer", a), asValue("outer", b)) as unknown as Tensor<readonly [number, number]>;
}
