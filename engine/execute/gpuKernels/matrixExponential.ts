import { identity, solve, upTo } from "./eliminationKernels.ts";
import type { Graph } from "./graph.ts";

/** Coefficients of the Padé approximant of degree 7, by the first, and the norm up to which single precision needs no other. */
const coefficients = [17297280, 8648640, 1995840, 277200, 25200, 1512, 56, 1].map((b) => b / 17297280);
const largestNorm = 3.92572478313866;
/** Halvings of a matrix; with a norm of more than so many the exponential is no number. */
const mostHalvings = 10;

/** eᴬ by scaling and squaring (Higham 2005, Algorithm 2.3, in single precision). */
export function matrixExponential(graph: Graph, a: number): number {
  const shape = graph.shapeOf(a);
  const [rows, columns] = [shape.length - 2, shape.length - 1];
  const add = (x: number, y: number): number => graph.elementwise("add", x, y);
  const times = (x: number, factor: number): number => graph.elementwise("mul", x, graph.number(factor));
  const product = (x: number, y: number): number => graph.operation("matmul", [x, y], shape);
  const sums = graph.reduction("sum", graph.elementwise("abs", a), [rows]);
  const norm = graph.reduction("reduceMax", sums, [columns]);
  const halvings = graph.elementwise("ceil", graph.elementwise("log2", times(norm, 1 / largestNorm)));
  const halved = (k: number): number => graph.elementwise("less", graph.number(k), halvings);
  const scale = upTo(mostHalvings)
    .map((k) => graph.elementwise("where", halved(k), graph.number(0.5), graph.number(1)))
    .reduce((x, y) => graph.elementwise("mul", x, y));
  const x = graph.elementwise("mul", a, scale);
  const x2 = product(x, x);
  const x4 = product(x2, x2);
  const powers = [identity(graph, shape), x2, x4, product(x4, x2)];
  const polynomial = (first: number): number =>
    powers.map((power, k) => times(power, coefficients[first + 2 * k]!)).reduce(add);
  const [even, odd] = [polynomial(0), product(x, polynomial(1))];
  let result = solve(graph, graph.elementwise("sub", even, odd), add(even, odd), shape, false);
  for (let k = 0; k < mostHalvings; k++)
    result = graph.elementwise("where", halved(k), product(result, result), result);
  return graph.elementwise("where", halved(mostHalvings), graph.number(NaN), result);
}
