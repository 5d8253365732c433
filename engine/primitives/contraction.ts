import { describeShape, sizeOf, type Shape } from "../tape/shape.ts";
import type { Tensor, Value } from "../tape/tensor.ts";
import { add, mul } from "./arithmetic.ts";
import { ShapeError, broadcastShapes } from "./broadcastShapes.ts";
import { sumTo } from "./broadcasting.ts";
import type { Binary } from "./elementwise.ts";
import { rowOffsets } from "./elementwiseLoops.ts";
import { multiply } from "./matmulKernel.ts";
import { primitive, scalarOrTensor, shapeOf, type Primitive } from "./rule.ts";
import { reshape, transpose } from "./shaping.ts";

/**
 * The matrix product by NumPy's rules: the last two axes are matrices, those before them broadcast; a vector on the left
 * is a row, on the right a column, and its axis of extent 1 is left out of the result.
 */
export const matmul: Primitive<Binary> = primitive<Binary>(
  "matmul",
  {
    shape: ([a, b]) => productShape(a!, b!),
    evaluate([a, b], _, shape) {
      const x = a as Tensor;
      const y = b as Tensor;
      const left = asRow(x.shape);
      const right = asColumn(y.shape);
      const [rows, inner, columns] = [left.at(-2)!, left.at(-1)!, right.at(-1)!];
      const batch = broadcastShapes(left.slice(0, -2), right.slice(0, -2));
      const leftStarts = rowOffsets(left.slice(0, -2), batch, batch.length);
      const rightStarts = rowOffsets(right.slice(0, -2), batch, batch.length);
      const data = new Float64Array(sizeOf(batch) * rows * columns);
      leftStarts.forEach((start, k) => {
        multiply(
          x.data.subarray(start * rows * inner, (start + 1) * rows * inner),
          y.data.subarray(rightStarts[k]! * inner * columns, (rightStarts[k]! + 1) * inner * columns),
          data.subarray(k * rows * columns, (k + 1) * rows * columns),
          rows,
          inner,
          columns,
        );
      });
      return scalarOrTensor(shape, data);
    },
    // d(AB) = dA·B + A·dB
    jvp: ([da, db], [a, b]) => {
      const left = da === undefined ? undefined : matmul(da, b!);
      const right = db === undefined ? undefined : matmul(a!, db);
      return left === undefined ? right! : right === undefined ? left : add(left, right);
    },
    // Ā = C̄Bᵀ, B̄ = AᵀC̄
    vjp: [
      (cotangent, [a, b]) => {
        const right = reshape(b!, asColumn(shapeOf(b!)));
        const product = matmul(asMatrices(cotangent, a!, b!), swapLast(right));
        return reshape(sumTo(product, asRow(shapeOf(a!))), shapeOf(a!));
      },
      (cotangent, [a, b]) => {
        const left = reshape(a!, asRow(shapeOf(a!)));
        const product = matmul(swapLast(left), asMatrices(cotangent, a!, b!));
        return reshape(sumTo(product, asColumn(shapeOf(b!))), shapeOf(b!));
      },
    ],
  },
  (run) => (a, b) => run([a, b]),
);

const asRow = (shape: Shape): Shape => (shape.length === 1 ? [1, shape[0]!] : shape);
const asColumn = (shape: Shape): Shape => (shape.length === 1 ? [shape[0]!, 1] : shape);

/** The cotangent of a product of `a` and `b` with the axes of extent 1 that vectors left out. */
function asMatrices(cotangent: Value, a: Value, b: Value): Value {
  return reshape(cotangent, productShape(asRow(shapeOf(a)), asColumn(shapeOf(b))));
}

function swapLast(x: Value): Value {
  const rank = shapeOf(x).length;
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return transpose(x, [...axes.slice(0, -2), rank - 1, rank - 2]);
}

function productShape(a: Shape, b: Shape): Shape {
  const names = `matmul of ${describeShape(a)} and ${describeShape(b)}`;
  if (a.length === 0 || b.length === 0)
    throw new ShapeError(`${names}: a scalar has no inner dimension; multiply with *`);
  const inner = a.at(-1)!;
  const matching = b.length === 1 ? b[0]! : b.at(-2)!;
  if (inner !== matching) throw new ShapeError(`${names}: the inner dimensions ${inner} and ${matching} differ`);
  const [batchA, batchB] = [a.slice(0, -2), b.slice(0, -2)];
  let batch: Shape;
  try {
    batch = broadcastShapes(batchA, batchB);
  } catch {
    throw new ShapeError(
      `${names}: the leading axes ${describeShape(batchA)} and ${describeShape(batchB)} do not broadcast`,
    );
  }
  return [...batch, ...(a.length === 1 ? [] : [a.at(-2)!]), ...(b.length === 1 ? [] : [b.at(-1)!])];
}

/** The inner product of two vectors; of matrices their product. */
export function dot(a: Value, b: Value): Value {
  return shapeOf(a).length === 0 || shapeOf(b).length === 0 ? mul(a, b) : matmul(a, b);
}

/** All products of an element of one vector and one of another. */
export function outer(a: Value, b: Value): Value {
  return mul(reshape(a, [-1, 1]), reshape(b, [1, -1]));
}
