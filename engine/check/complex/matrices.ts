/**
 * Linear algebra on complex matrices, transposed where it is adjoint for real ones: conjugation is not analytic. Imaginary
 * parts only, since real parts are what the run recorded; products of two imaginary parts are far below its rounding.
 */
import { sub } from "../../primitives/arithmetic.ts";
import { matmul } from "../../primitives/contraction.ts";
import { luPermutation } from "../../primitives/systems.ts";
import { dataOf, scalarOrTensor, shapeOf, type Primal } from "../../primitives/rule.ts";
import { sizeOf, type Shape } from "../../tape/shape.ts";
import { Tensor } from "../../tape/tensor.ts";
import type { ComplexOperation, Operands } from "./operation.ts";

/** A row-major matrix A + iB. */
interface ComplexMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Every matrix of a batch: copies, to be worked in. */
function matrices(x: Primal, y: Primal): ComplexMatrix[] {
  const shape = shapeOf(x);
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  const size = rows * columns;
  return Array.from({ length: sizeOf(shape.slice(0, -2)) }, (_, k) => ({
    rows,
    columns,
    re: dataOf(x).slice(k * size, (k + 1) * size),
    im: dataOf(y).slice(k * size, (k + 1) * size),
  }));
}

function joined(shape: Shape, parts: readonly Float64Array[]): Tensor {
  const data = new Float64Array(sizeOf(shape));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return new Tensor(shape, data);
}

/** (A + iB)(X + iY) = C + iD: Y solves A·Y = D − B·X. `matrixOf`: the part of B that counts. */
function systems(matrixOf: (y: Primal, operands: Operands) => Primal): ComplexOperation {
  return (operands) => {
    const { real, imaginary, result, attributes, rule } = operands;
    const [b, d] = imaginary;
    const moved = b === undefined ? undefined : (matmul(matrixOf(b, operands), result) as Primal);
    const right = d ?? new Tensor(shapeOf(result), new Float64Array(dataOf(result).length));
    const rest = moved === undefined ? right : (sub(right, moved) as Primal);
    return rule.evaluate([real[0]!, rest], attributes, shapeOf(result));
  };
}

export const solve = systems((y) => y);

/** What a triangular solve reads of its matrix. */
export const triangularSolve = systems((y, { attributes }) => {
  const { lower, transpose, unitDiagonal } = attributes as unknown as Record<string, boolean>;
  const { shape, data } = y as Tensor;
  const size = shape.at(-1)!;
  const read = new Float64Array(data.length);
  data.forEach((value, at) => {
    const [row, column] = [Math.floor(at / size) % size, at % size];
    const inside = row === column ? unitDiagonal !== true : lower === true ? row > column : row < column;
    if (!inside) return;
    read[transpose === true ? at - row * size - column + column * size + row : at] = value;
  });
  return new Tensor(shape, read);
});

/** The rows of `matrix` in another order. */
function permuted({ rows, columns, re, im }: ComplexMatrix, order: Float64Array): ComplexMatrix {
  const take = (from: Float64Array): Float64Array => {
    const to = new Float64Array(from.length);
    for (let i = 0; i < rows; i++) to.set(from.subarray(order[i]! * columns, (order[i]! + 1) * columns), i * columns);
    return to;
  };
  return { rows, columns, re: take(re), im: take(im) };
}

/** L and U, packed, in place of the matrix; the order of its rows is settled. False where a pivot is 0. */
function eliminated({ rows, columns, re, im }: ComplexMatrix): boolean {
  for (let k = 0; k < rows && k < columns; k++) {
    const [p, q] = [re[k * columns + k]!, im[k * columns + k]!];
    if (p === 0) return false;
    for (let i = k + 1; i < rows; i++) {
      const at = i * columns + k;
      const factor = re[at]! / p;
      const imaginary = (im[at]! - factor * q) / p;
      re[at] = factor;
      im[at] = imaginary;
      for (let j = k + 1; j < columns; j++) {
        im[i * columns + j]! -= factor * im[k * columns + j]! + imaginary * re[k * columns + j]!;
        re[i * columns + j]! -= factor * re[k * columns + j]!;
      }
    }
  }
  return true;
}

/** By batch, with the rows in the order that the real matrix takes. */
function factored(x: Primal, y: Primal): readonly ComplexMatrix[] | undefined {
  const orders = dataOf(luPermutation(x) as Primal);
  const found = matrices(x, y).map((matrix, k) =>
    permuted(matrix, orders.subarray(k * matrix.rows, (k + 1) * matrix.rows)),
  );
  return found.every(eliminated) ? found : undefined;
}

export const lu: ComplexOperation = ({ real: [x], imaginary: [y], result }) => {
  const factors = factored(x!, y!);
  return (
    factors &&
    joined(
      shapeOf(result),
      factors.map(({ im }) => im),
    )
  );
};

/** det = ±Πuₖₖ, whose imaginary part is det·Σ Im(uₖₖ)/uₖₖ; a singular matrix has no such product. */
export const det: ComplexOperation = ({ real: [x], imaginary: [y], result }) => {
  const values = dataOf(result);
  const factors = factored(x!, y!);
  if (factors === undefined) return undefined;
  const data = factors.map(({ rows, re, im }, k) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += im[i * rows + i]! / re[i * rows + i]!;
    return values[k]! * sum;
  });
  return scalarOrTensor(shapeOf(result), Float64Array.from(data));
};

/** L·Lᵀ = (A + Aᵀ)/2, column by column. */
export const cholesky: ComplexOperation = ({ imaginary: [y], result }) => {
  const factors = matrices(result, y!);
  return joined(
    shapeOf(result),
    factors.map(({ rows: size, re: l, im: b }) => {
      const m = new Float64Array(l.length);
      for (let j = 0; j < size; j++)
        for (let i = j; i < size; i++) {
          let rest = (b[i * size + j]! + b[j * size + i]!) / 2;
          for (let k = 0; k < j; k++) rest -= l[i * size + k]! * m[j * size + k]! + m[i * size + k]! * l[j * size + k]!;
          const pivot = l[j * size + j]!;
          m[i * size + j] = i === j ? rest / (2 * pivot) : (rest - l[i * size + j]! * m[j * size + j]!) / pivot;
        }
      return m;
    }),
  );
};

/** A + iB as the real matrix [[A, −B], [B, A]], of which any power series is that of the complex one. */
export const expm: ComplexOperation = ({ real: [x], imaginary: [y], result, attributes, rule }) => {
  const shape = shapeOf(x!);
  const size = shape.at(-1)!;
  const wide = [...shape.slice(0, -2), 2 * size, 2 * size];
  const parts = matrices(x!, y!).map(({ re, im }) => {
    const data = new Float64Array(4 * size * size);
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        const [a, b] = [re[i * size + j]!, im[i * size + j]!];
        data[i * 2 * size + j] = data[(i + size) * 2 * size + j + size] = a;
        data[(i + size) * 2 * size + j] = b;
        data[i * 2 * size + j + size] = -b;
      }
    return data;
  });
  const found = dataOf(rule.evaluate([joined(wide, parts)], attributes, wide));
  return joined(
    shapeOf(result),
    parts.map((_, k) => {
      const lower = new Float64Array(size * size);
      const start = k * 4 * size * size + 2 * size * size;
      for (let i = 0; i < size; i++)
        lower.set(found.subarray(start + i * 2 * size, start + i * 2 * size + size), i * size);
      return lower;
    }),
  );
};
