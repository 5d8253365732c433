import { multiply } from "../matmulKernel.ts";
import { native } from "../native.ts";
import { factorLU, solveLU } from "./lu.ts";

/** Coefficients of the Padé approximant of degree 13, and the norm up to which it is exact to double precision. */
const coefficients = [
  64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
  670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
] as const;
const largestNorm = 5.371920351148152;

/** eᴬ by scaling and squaring with the Padé approximant of degree 13 (Higham 2005, Algorithm 2.3). */
export function exponential(matrix: Float64Array, size: number): Float64Array {
  const halvings = halvingsOf(matrix, size);
  if (halvings === undefined) return new Float64Array(matrix.length).fill(NaN);
  const a = matrix.map((value) => value / 2 ** halvings);
  const product = (x: Float64Array, y: Float64Array): Float64Array => {
    const result = new Float64Array(size * size);
    multiply(x, y, result, size, size, size);
    return result;
  };
  const a2 = product(a, a);
  const a4 = product(a2, a2);
  const a6 = product(a4, a2);
  /** c₀I + c₁A² + c₂A⁴ + c₃A⁶, of every other coefficient from `first` on. */
  const polynomial = (first: number, constant: number): Float64Array => {
    const [c2, c4, c6] = [coefficients[first]!, coefficients[first + 2]!, coefficients[first + 4]!];
    const sum = a2.map((value, k) => c2 * value + c4 * a4[k]! + c6 * a6[k]!);
    for (let k = 0; k < size; k++) sum[k * size + k]! += constant;
    return sum;
  };
  const added = (x: Float64Array, y: Float64Array): Float64Array => x.map((value, k) => value + y[k]!);
  const odd = product(a, added(product(a6, polynomial(9, 0)), polynomial(3, coefficients[1])));
  const even = added(product(a6, polynomial(8, 0)), polynomial(2, coefficients[0]));
  const above = added(even, odd);
  const below = even.map((value, k) => value - odd[k]!);
  let result = solveLU(factorLU(below, size, size), size, above, size, false);
  for (let k = 0; k < halvings; k++) result = product(result, result);
  return result;
}

/** Undefined where the matrix is not finite. */
function halvingsOf(matrix: Float64Array, size: number): number | undefined {
  let norm = 0;
  for (let j = 0; j < size; j++) {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += native.abs(matrix[i * size + j]!);
    norm = native.max(norm, sum);
  }
  if (!(norm < Infinity)) return undefined;
  return norm <= largestNorm ? 0 : -native.floor(-native.log(norm / largestNorm) / Math.LN2);
}
