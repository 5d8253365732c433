/**
 * Factorizations and systems of equations by elimination: each kernel is one step, with one column or row done, and all
 * steps have one text. What is divided by is no longer told from 0 by an error: then the results are not finite.
 */
import type { Graph, OperationNode } from "./graph.ts";
import { unsupported } from "./unsupported.ts";
import type { Reader, Root } from "./values.ts";

/** Matrices with more rows take more kernels than a GPU gains by. */
const mostRows = 256;

type Matrix = (row: string, column: string) => string;

/** Elements of an input, of the matrix of a batch that an index is in. Batches may broadcast. */
function matrixOf(reader: Reader, input: number, axes: readonly string[]): Matrix {
  const shape = reader.shapeOf(input);
  const lead = axes.length - shape.length;
  const batch = shape.slice(0, -2).map((extent, axis) => (extent === 1 ? "0" : axes[axis + lead]!));
  return (row, column) =>
    reader.at(
      input,
      reader.index(shape, [...batch, shape.at(-2) === 1 ? "0" : row, shape.at(-1) === 1 ? "0" : column]),
    );
}

export interface Place {
  readonly row: string;
  readonly column: string;
  /** The step, which is also the row and the column that it is about. */
  readonly step: string;
  readonly matrix: Matrix;
  /** Another input of the kernel. */
  readonly other: (input: number) => Matrix;
  readonly is: (a: string, b: string) => string;
  readonly below: (a: string, b: string) => string;
  readonly choose: (condition: string, yes: string, no: string) => string;
}

export function placeOf(reader: Reader, operation: OperationNode, axes: readonly string[]): Place {
  const { source } = reader;
  return {
    row: axes.at(-2)!,
    column: axes.at(-1)!,
    step: source.whole(`whole_(${source.known("step", operation.attributes["step"] as number)})`),
    matrix: matrixOf(reader, operation.inputs[0]!, axes),
    other: (input) => matrixOf(reader, operation.inputs[input]!, axes),
    is: (a, b) => source.float(`same_(${a}, ${b})`),
    below: (a, b) => source.float(`below_(${a}, ${b})`),
    choose: (condition, yes, no) => source.call("where", condition, yes, no),
  };
}

/** The row with the largest element of the step's column, and the row that comes to stand in the own one's place. */
function exchanged(reader: Reader, place: Place, rows: number): { readonly pivot: string; readonly from: string } {
  const { source } = reader;
  const { row, step, matrix } = place;
  const best = source.variable(source.call("abs", matrix(step, step)));
  const winner = source.variable(source.float(`float_(${step})`));
  source.loop(rows, (r) => {
    const candidate = source.call("abs", matrix(r, step));
    const wins = source.call("mul", place.below(step, r), source.call("exceeds", candidate, best));
    source.set(winner, `where_(${wins}, ${source.float(`float_(${r})`)}, ${winner})`);
    source.set(best, `where_(${wins}, ${candidate}, ${best})`);
  });
  const pivot = source.whole(`whole_(${winner})`);
  const [own, here] = [source.float(`float_(${row})`), source.float(`float_(${step})`)];
  const others = place.choose(place.is(row, pivot), here, own);
  return { pivot, from: source.whole(`whole_(${place.choose(place.is(row, step), winner, others)})`) };
}

export const eliminationRoots: Readonly<Record<string, Root>> = {
  // Column k of L, and what is left of A without it: A − l·lᵀ.
  choleskyStep(reader, operation, { axes }) {
    const { source } = reader;
    const place = placeOf(reader, operation, axes);
    const { row, column, step, matrix, is, below, choose } = place;
    const pivot = matrix(step, step);
    const own = matrix(row, column);
    const factor = source.call("div", matrix(row, step), source.call("sqrt", pivot));
    const share = source.call("div", source.call("mul", matrix(row, step), matrix(column, step)), pivot);
    const left = choose(below(step, row), source.call("sub", own, share), "0");
    const done = choose(below(row, step), "0", factor);
    return choose(is(column, step), done, choose(below(step, column), left, own));
  },

  // Row k of X of T·X = B, and what is left of B without it.
  triangularStep(reader, operation, { axes }) {
    const { source } = reader;
    const { row, column, step, matrix: right, is, below, choose } = placeOf(reader, operation, axes);
    const { lower, transpose, unitDiagonal } = operation.attributes as Readonly<Record<string, boolean>>;
    const given = matrixOf(reader, operation.inputs[1]!, axes);
    const triangle: Matrix = (r, c) => (transpose === true ? given(c, r) : given(r, c));
    const solved =
      unitDiagonal === true ? right(step, column) : source.call("div", right(step, column), triangle(step, step));
    const later = lower === transpose ? below(row, step) : below(step, row);
    const own = right(row, column);
    const left = source.call("sub", own, source.call("mul", triangle(row, step), solved));
    return choose(is(row, step), solved, choose(later, left, own));
  },

  // Gauss and Jordan: column k of [A | B] becomes one of the identity.
  solveStep(reader, operation, { axes, shape }) {
    const { source } = reader;
    const place = placeOf(reader, operation, axes);
    const { row, column, step, matrix, is, choose } = place;
    const { pivot, from } = exchanged(reader, place, shape.at(-2)!);
    const scaled = source.call("div", matrix(pivot, column), matrix(pivot, step));
    const left = source.call("sub", matrix(from, column), source.call("mul", matrix(from, step), scaled));
    return choose(is(row, step), scaled, left);
  },

  // Column k of L and U in [A | numbers of rows | sign of their order].
  luStep(reader, operation, { axes, shape }) {
    const { source } = reader;
    const place = placeOf(reader, operation, axes);
    const { row, column, step, matrix, is, below, choose } = place;
    const columns = shape.at(-1)! - 2;
    const { pivot, from } = exchanged(reader, place, shape.at(-2)!);
    const lead = matrix(pivot, step);
    const own = matrix(from, column);
    const factor = choose(source.call("equal", lead, "0"), "0", source.call("div", matrix(from, step), lead));
    const left = source.call("sub", own, source.call("mul", factor, matrix(pivot, column)));
    const after = choose(is(column, step), factor, choose(below(step, column), left, own));
    const inMatrix = choose(below(step, row), after, own);
    const sign = choose(is(pivot, step), own, source.call("neg", own));
    return choose(below(column, `${columns}`), inMatrix, choose(is(column, `${columns}`), own, sign));
  },
};

/** As many steps as there are rows, one after the other, in the order of `steps`. */
function inSteps(
  graph: Graph,
  name: string,
  begin: number,
  others: readonly number[],
  steps: readonly number[],
  attributes: object = {},
): number {
  if (steps.length > mostRows) throw unsupported(`elimination in matrices of more than ${mostRows} rows`);
  const shape = graph.shapeOf(begin);
  return steps.reduce((at, step) => graph.operation(name, [at, ...others], shape, { ...attributes, step }), begin);
}

export function transposed(graph: Graph, x: number): number {
  const shape = graph.shapeOf(x);
  const axes = [...shape.keys()];
  const order = [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!];
  return graph.operation(
    "transpose",
    [x],
    order.map((axis) => shape[axis]!),
    { axes: order },
  );
}

function columnsOf(graph: Graph, x: number, begin: number, count: number): number {
  return partOf(graph, x, -1, begin, count);
}

export function rowsOf(graph: Graph, x: number, begin: number, count: number): number {
  return partOf(graph, x, -2, begin, count);
}

function partOf(graph: Graph, x: number, axis: -1 | -2, begin: number, count: number): number {
  const whole = graph.shapeOf(x);
  const starts = whole.map(() => 0).with(axis, begin);
  const extents = whole.with(axis, count);
  return graph.operation("slice", [x], extents, { starts, steps: whole.map(() => 1), extents, dropped: [], whole });
}

/** One matrix above another with as many columns, each of a batch. */
export function stacked(graph: Graph, above: number, below: number): number {
  const shape = graph.shapeOf(above);
  const rows = shape.at(-2)! + graph.shapeOf(below).at(-2)!;
  return graph.operation("concat", [above, below], shape.with(-2, rows), { axis: shape.length - 2 });
}

/** Ones on the diagonal of each matrix, square or not. */
export function identity(graph: Graph, shape: readonly number[]): number {
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  const ones = Float32Array.from({ length: rows * columns }, (_, k) =>
    Math.floor(k / columns) === k % columns ? 1 : 0,
  );
  return graph.operation("broadcastTo", [graph.constant([rows, columns], ones)], shape, { shape });
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, k) => k);

/** L of (A + Aᵀ)/2 = L·Lᵀ. */
export function cholesky(graph: Graph, a: number): number {
  const symmetric = graph.elementwise("mul", graph.elementwise("add", a, transposed(graph, a)), graph.number(0.5));
  return inSteps(graph, "choleskyStep", symmetric, [], upTo(graph.shapeOf(a).at(-1)!));
}

export interface Triangle {
  readonly lower: boolean;
  readonly transpose: boolean;
  readonly unitDiagonal: boolean;
}

/** X of T·X = B, of the shape of X. */
export function triangularSolve(
  graph: Graph,
  a: number,
  b: number,
  shape: readonly number[],
  { lower, transpose, unitDiagonal }: Triangle,
): number {
  const order = upTo(shape.at(-2)!);
  if (lower === transpose) order.reverse();
  const right = graph.operation("broadcastTo", [b], shape, { shape });
  return inSteps(graph, "triangularStep", right, [a], order, { lower, transpose, unitDiagonal });
}

/** X of A·X = B, of the shape of X. */
export function solve(graph: Graph, a: number, b: number, shape: readonly number[], ofTransposed: boolean): number {
  const size = shape.at(-2)!;
  const batch = shape.slice(0, -2);
  const [left, right] = [[...batch, size, size], [...shape]];
  const parts = [
    graph.operation("broadcastTo", [ofTransposed ? transposed(graph, a) : a], left, { shape: left }),
    graph.operation("broadcastTo", [b], right, { shape: right }),
  ];
  const width = size + shape.at(-1)!;
  const joined = graph.operation("concat", parts, [...batch, size, width], { axis: batch.length + 1 });
  return columnsOf(graph, inSteps(graph, "solveStep", joined, [], upTo(size)), size, shape.at(-1)!);
}

/** L and U in one matrix, the numbers of the rows in their order, and its sign, beside each other. */
function factored(graph: Graph, a: number): number {
  const shape = graph.shapeOf(a);
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  const batch = shape.slice(0, -2);
  const column = [...batch, rows, 1];
  const numbers = graph.constant(
    [rows, 1],
    Float32Array.from({ length: rows }, (_, k) => k),
  );
  const parts = [a, graph.operation("broadcastTo", [numbers], column, { shape: column }), graph.number(1, column)];
  const joined = graph.operation("concat", parts, [...batch, rows, columns + 2], { axis: batch.length + 1 });
  return inSteps(graph, "luStep", joined, [], upTo(Math.min(rows, columns)));
}

export function lu(graph: Graph, a: number): number {
  return columnsOf(graph, factored(graph, a), 0, graph.shapeOf(a).at(-1)!);
}

export function luPermutation(graph: Graph, a: number): number {
  const shape = graph.shapeOf(a);
  return graph.reshape(columnsOf(graph, factored(graph, a), shape.at(-1)!, 1), shape.slice(0, -1));
}

/** ∂det A/∂A = det(A)·A⁻ᵀ of a regular matrix; of a singular one it is not finite. */
export function cofactors(graph: Graph, a: number): number {
  const shape = graph.shapeOf(a);
  const inverse = solve(graph, a, identity(graph, shape), shape, true);
  return graph.elementwise("mul", inverse, graph.reshape(determinant(graph, a), [...shape.slice(0, -2), 1, 1]));
}

export function determinant(graph: Graph, a: number): number {
  const shape = graph.shapeOf(a);
  const [size, batch] = [shape.at(-1)!, shape.slice(0, -2)];
  const factors = factored(graph, a);
  const pivots = graph.elementwise(
    "where",
    identity(graph, [size, size]),
    columnsOf(graph, factors, 0, size),
    graph.number(1),
  );
  const product = graph.reduction("prod", pivots, [batch.length, batch.length + 1]);
  const sign = rowsOf(graph, columnsOf(graph, factors, size + 1, 1), 0, 1);
  return graph.reshape(graph.elementwise("mul", product, sign), batch);
}
