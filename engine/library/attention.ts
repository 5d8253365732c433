import { add, mul } from "../primitives/arithmetic.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import { greaterEqual, logicalAnd } from "../primitives/comparison.ts";
import { matmul } from "../primitives/contraction.ts";
import { native } from "../primitives/native.ts";
import * as normalization from "../primitives/normalization.ts";
import { swapAxes } from "../primitives/rearranging.ts";
import { where } from "../primitives/selection.ts";
import { describeShape } from "../tape/shape.ts";
import { Tensor as RuntimeTensor, type Value } from "../tape/tensor.ts";
import type { Operand, ShapeOf, Shaped, Shape } from "./types.ts";
import { asValue, shapeOf } from "./values.ts";

export interface AttentionOptions {
  /** Where it is 0 a query does not see a key; broadcasts to [..., queries, keys]. */
  readonly mask?: Operand;
  /** Query i sees keys 0 to i only. */
  readonly causal?: boolean;
  /** What products of queries and keys are multiplied with; 1/√d when left out. */
  readonly scale?: number;
  /** Added to the scaled products; broadcasts to [..., queries, keys]. */
  readonly bias?: Operand;
}

/**
 * Scaled dot-product attention (Vaswani et al. 2017): softmax(query·keyᵀ/√d)·value. A query that sees no key gets zeros.
 *
 * @param query [..., queries, d]
 * @param key [..., keys, d]
 * @param value [..., keys, e]
 * @returns [..., queries, e]; axes before the last two broadcast, so heads are an axis of their own
 * @throws ShapeError where d or the number of keys differ.
 */
export function attention<const Q extends Operand, const V extends Operand>(
  query: Q,
  key: Operand,
  value: V,
  options: AttentionOptions = {},
): Shaped<Attended<ShapeOf<Q>, ShapeOf<V>>> {
  const [q, k, v] = [asValue("attention", query), asValue("attention", key), asValue("attention", value)];
  checkShapes(shapeOf(q), shapeOf(k), shapeOf(v));
  const products = matmul(q, swapAxes(k, -1, -2));
  const scale = options.scale === undefined ? 1 / native.sqrt(shapeOf(q).at(-1)!) : asValue("attention", options.scale);
  const scaled = mul(products, scale);
  const scores = options.bias === undefined ? scaled : add(scaled, asValue("attention", options.bias));
  const visible = visibility(options, shapeOf(scores));
  if (visible === undefined) return matmul(normalization.softmax(scores, -1), v) as never;
  // A finite score in the place of −∞ keeps rows with nothing to see free of NaN.
  const shares = normalization.softmax(where(visible, scores, hidden), -1);
  return matmul(where(visible, shares, 0), v) as never;
}

/** Its exponential is 0 beside any score. */
const hidden = -1e300;

/** [..., queries, d] and [..., keys, e] give [..., queries, e]. */
type Attended<Q extends Shape, V extends Shape> = Q extends readonly [
  ...infer Batch extends Shape,
  infer N extends number,
  number,
]
  ? V extends readonly [...Shape, number, infer E extends number]
    ? readonly [...Batch, N, E]
    : Shape
  : Shape;

function visibility({ mask, causal = false }: AttentionOptions, scores: Shape): Value | undefined {
  const given = mask === undefined ? undefined : asValue("attention", mask);
  if (!causal) return given;
  const [queries, keys] = [counted(scores.at(-2)!, 1), counted(scores.at(-1)!, 0)];
  const before = greaterEqual(queries, keys);
  return given === undefined ? before : logicalAnd(before, given);
}

/** 0, 1, 2, … with so many axes of extent 1 after them. */
function counted(extent: number, trailing: number): RuntimeTensor {
  const data = Float64Array.from({ length: extent }, (_, i) => i);
  return new RuntimeTensor([extent, ...new Array<number>(trailing).fill(1)], data);
}

function checkShapes(q: Shape, k: Shape, v: Shape): void {
  const names = `attention of query ${describeShape(q)}, key ${describeShape(k)} and value ${describeShape(v)}`;
  if (Math.min(q.length, k.length, v.length) < 2)
    throw new ShapeError(`${names}: each has at least two axes, [..., queries, d], [..., keys, d] and [..., keys, e]`);
  if (q.at(-1) !== k.at(-1)) throw new ShapeError(`${names}: queries have ${q.at(-1)} features, keys ${k.at(-1)}`);
  if (k.at(-2) !== v.at(-2)) throw new ShapeError(`${names}: there are ${k.at(-2)} keys for ${v.at(-2)} values`);
}
