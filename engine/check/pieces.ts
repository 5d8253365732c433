/**
 * Functions made of pieces, and which piece an element is on. Between points on the same pieces a program is smooth;
 * where a piece changes, its derivative may jump.
 */
import { broadcastAll, elementwiseEvaluation } from "../primitives/elementwise.ts";
import { maxMask, minMask } from "../primitives/extremes.ts";
import { native } from "../primitives/native.ts";
import { codeOf, isPiecewiseConstant, primitiveNames, type PrimitiveName } from "../primitives/names.ts";
import { maxPoolIndices } from "../primitives/pooling.ts";
import { shapeOf, type Primal } from "../primitives/rule.ts";
import type { Attributes } from "../tape/tape.ts";

/** The piece of one element. */
type Piece = (a: number, b: number, c: number) => number;

/** The piece of each element, as numbers. */
export type Pieces = (inputs: readonly Primal[], result: Primal, attributes: Attributes) => Primal;

/** From the inputs and the result, element by element. */
function elementwise(arity: number, piece: Piece): Pieces {
  const evaluate = elementwiseEvaluation(piece, arity + 1);
  return (inputs, result) => {
    // Scalars of any number of inputs are told apart by who wins.
    if (inputs.length !== arity) return inputs.findIndex((input) => Object.is(input, result));
    const all = [...inputs, result];
    return evaluate(all, {}, broadcastAll(all.map(shapeOf)));
  };
}

/** A value that is constant between its jumps is its own piece. */
const itself: Pieces = (_, result) => result;

const winner = (mask: typeof maxMask): Pieces => {
  return ([x], _, { axes }) => mask.rule.evaluate([x!], { axes }, shapeOf(x!));
};

const { sign } = native;
const atZero = elementwise(1, (x) => sign(x));
const zeros = elementwiseEvaluation((y) => (y === 0 ? 1 : 0), 1);
/** A length has a kink at the origin. */
const atOrigin: Pieces = (_, result) => zeros([result], {}, shapeOf(result));

const piecesByName: Partial<Record<PrimitiveName, Pieces>> = {
  abs: atZero,
  relu: atZero,
  leakyRelu: elementwise(2, (x) => sign(x)),
  elu: elementwise(2, (x) => sign(x)),
  selu: atZero,
  max: elementwise(2, (a, b) => sign(a - b)),
  min: elementwise(2, (a, b) => sign(a - b)),
  clip: elementwise(3, (x, low, high) => 3 * sign(x - low) + sign(x - high)),
  where: elementwise(3, (condition) => (condition === 0 ? 0 : 1)),
  remainder: elementwise(2, (a, b, y) => native.round((a - y) / b)),
  mod: elementwise(2, (a, b) => native.floor((a - (a % b)) / b + 0.5)),
  // The cut along the negative half of the b axis.
  atan2: elementwise(2, (a, b) => (b < 0 ? (a < 0 || Object.is(a, -0) ? -1 : 1) : 0)),
  hypot: atOrigin,
  norm: atOrigin,
  reduceMax: winner(maxMask),
  reduceMin: winner(minMask),
  maxPool: ([x], result, attributes) => maxPoolIndices.rule.evaluate([x!], attributes, shapeOf(result)),
  // Singular values are sizes.
  svdvals: atOrigin,
};

/** By operation number. */
export const pieces: readonly (Pieces | undefined)[] = primitiveNames.reduce<(Pieces | undefined)[]>((table, name) => {
  table[codeOf(name)] = piecesByName[name] ?? (isPiecewiseConstant(name) ? itself : undefined);
  return table;
}, []);
