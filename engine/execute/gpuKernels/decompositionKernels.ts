/**
 * Orthogonal decompositions of small matrices. QR by reflections, one kernel for each; eigenvalues and singular values by
 * Jacobi's rotations, one kernel for a round of pairs that have no row in common (Brent and Luk 1985). There are as many
 * rounds as single precision needs, since no kernel may wait for another to say that it is done.
 */
import { identity, placeOf, rowsOf, stacked, transposed, upTo, type Place } from "./eliminationKernels.ts";
import type { Graph } from "./graph.ts";
import { unsupported } from "./unsupported.ts";
import type { Reader, Root } from "./values.ts";

/** Larger matrices take more kernels than a GPU gains by. */
const mostSide = 64;

export const decompositionRoots: Readonly<Record<string, Root>> = {
  // Column k becomes β above v, whose first element is 1 and not kept; later columns are reflected: y − τ(v·y)v.
  reflectStep(reader, operation, { axes, shape }) {
    const { source } = reader;
    const { row, column, step, matrix, is, below, choose } = placeOf(reader, operation, axes);
    const [squares, along] = [source.variable("0"), source.variable("0")];
    source.loop(shape.at(-2)!, (r) => {
      const x = choose(below(step, r), matrix(r, step), "0");
      source.set(squares, `${squares} + ${x} * ${x}`);
      source.set(along, `${along} + ${x} * ${matrix(r, column)}`);
    });
    const first = matrix(step, step);
    const length = source.call("sqrt", source.call("add", source.call("square", first), squares));
    const beta = choose(source.call("less", first, "0"), length, source.call("neg", length));
    const lead = source.call("sub", first, beta);
    const tau = source.call("neg", source.call("div", lead, beta));
    const inner = source.call("add", matrix(step, column), source.call("div", along, lead));
    const v = choose(is(row, step), "1", source.call("div", matrix(row, step), lead));
    const own = matrix(row, column);
    const reflected = source.call("sub", own, source.call("mul", source.call("mul", tau, inner), v));
    const inColumn = choose(is(row, step), beta, v);
    const changed = choose(below(row, step), own, choose(is(column, step), inColumn, reflected));
    const still = source.call("equal", squares, "0");
    return choose(still, own, choose(below(column, step), own, changed));
  },

  // The k-th reflection applied to all columns: from the last reflection to the first this makes Q of the identity.
  unfoldStep(reader, operation, { axes, shape }) {
    const { source } = reader;
    const { row, column, step, matrix, is, below, choose, other } = placeOf(reader, operation, axes);
    const reflections = other(1);
    const [squares, along] = [source.variable("0"), source.variable("0")];
    source.loop(shape.at(-2)!, (r) => {
      const x = choose(below(step, r), reflections(r, step), "0");
      source.set(squares, `${squares} + ${x} * ${x}`);
      source.set(along, `${along} + ${x} * ${matrix(r, column)}`);
    });
    const tau = source.call("div", "2", source.call("add", squares, "1"));
    const inner = source.call("mul", tau, source.call("add", along, matrix(step, column)));
    const v = choose(is(row, step), "1", reflections(row, step));
    const own = matrix(row, column);
    const reflected = source.call("sub", own, source.call("mul", inner, v));
    return choose(source.call("equal", squares, "0"), own, choose(below(row, step), own, reflected));
  },

  // Rows and columns of S turned, and the columns of V below it.
  symmetricRound(reader, operation, { axes, shape }) {
    const { source } = reader;
    const place = placeOf(reader, operation, axes);
    const { row, column, matrix, below, choose } = place;
    const size = shape.at(-1)!;
    const turnOf = (k: string): Turn => {
      const pair = pairOf(reader, place, k);
      const beside = matrix(pair.low, pair.high);
      const turns = source.call("mul", pair.exists, source.call("notEqual", beside, "0"));
      return turn(reader, place, pair, turns, matrix(pair.low, pair.low), matrix(pair.high, pair.high), beside);
    };
    const inS = below(row, `${size}`);
    const ofRow = turnOf(source.whole(`indexRemainder_(${row}, ${size})`));
    const ofColumn = turnOf(column);
    const turned = (r: string): string => mixed(reader, ofColumn, matrix(r, column), matrix(r, ofColumn.pair.partner));
    const both = mixed(reader, ofRow, turned(row), turned(ofRow.pair.partner));
    return choose(inS, both, turned(row));
  },

  // Columns of A·V turned until they are orthogonal, and those of V below it.
  columnRound(reader, operation, { axes }) {
    const { source } = reader;
    const place = placeOf(reader, operation, axes);
    const { row, column, matrix } = place;
    const pair = pairOf(reader, place, column);
    const [low, high, inner] = [source.variable("0"), source.variable("0"), source.variable("0")];
    source.loop(operation.attributes["rows"] as number, (r) => {
      const [x, y] = [matrix(r, pair.low), matrix(r, pair.high)];
      source.set(low, `${low} + ${x} * ${x}`);
      source.set(high, `${high} + ${y} * ${y}`);
      source.set(inner, `${inner} + ${x} * ${y}`);
    });
    const size = source.call("mul", source.call("sqrt", low), source.call("sqrt", high));
    const counts = source.call("exceeds", source.call("abs", inner), source.call("mul", size, "0.00000006"));
    const turns = turn(reader, place, pair, source.call("mul", pair.exists, counts), low, high, inner);
    return mixed(reader, turns, matrix(row, column), matrix(row, pair.partner));
  },
};

interface Pair {
  readonly partner: string;
  readonly low: string;
  readonly high: string;
  /** 1 where the own one comes first. */
  readonly isLow: string;
  /** 0 where it has no partner in this round. */
  readonly exists: string;
}

function pairOf(reader: Reader, { step, is, below, choose, other }: Place, k: string): Pair {
  const { source } = reader;
  const whole = (x: string): string => source.whole(`whole_(${x})`);
  const float = (x: string): string => source.float(`float_(${x})`);
  const partner = whole(other(1)(step, k));
  const isLow = below(k, partner);
  return {
    partner,
    low: whole(choose(isLow, float(k), float(partner))),
    high: whole(choose(isLow, float(partner), float(k))),
    isLow,
    exists: source.call("sub", "1", is(k, partner)),
  };
}

interface Turn {
  readonly pair: Pair;
  readonly cosine: string;
  /** Of the partner, with its sign. */
  readonly sine: string;
}

/** What makes the element `beside` zero that stands between two on the diagonal (Golub and Van Loan, Algorithm 8.5.1). */
function turn(
  { source }: Reader,
  { choose }: Place,
  pair: Pair,
  turns: string,
  low: string,
  high: string,
  beside: string,
): Turn {
  const half = source.call("div", source.call("sub", high, low), source.call("mul", "2", beside));
  const root = source.call("sqrt", source.call("add", "1", source.call("square", half)));
  const steep = source.call("div", "1", source.call("add", source.call("abs", half), root));
  const tangent = choose(turns, choose(source.call("less", half, "0"), source.call("neg", steep), steep), "0");
  const length = source.call("sqrt", source.call("add", "1", source.call("square", tangent)));
  const cosine = source.call("div", "1", length);
  const sine = source.call("mul", tangent, cosine);
  return { pair, cosine, sine: choose(pair.isLow, source.call("neg", sine), sine) };
}

function mixed({ source }: Reader, { cosine, sine }: Turn, own: string, partner: string): string {
  return source.call("add", source.call("mul", cosine, own), source.call("mul", sine, partner));
}

/** By round and index, with whom it is paired: everybody with everybody once, as in a tournament. */
function tournament(graph: Graph, size: number): number {
  const players = size + (size % 2);
  const partners = upTo(players - 1).flatMap((round) =>
    upTo(size).map((k) => {
      const seated = (2 * round - k + 2 * (players - 1)) % (players - 1);
      const partner = k === players - 1 ? round : seated === k ? players - 1 : seated;
      return partner === size ? k : partner;
    }),
  );
  return graph.constant([players - 1, size], Float32Array.from(partners));
}

/** Rotations converge with the square of what is left: more than enough sweeps for single precision. */
function inRounds(graph: Graph, name: string, begin: number, attributes: object): number {
  const size = graph.shapeOf(begin).at(-1)!;
  if (size === 1) return begin;
  const table = tournament(graph, size);
  const rounds = graph.shapeOf(table)[0]!;
  const sweeps = Math.ceil(Math.log2(size)) + 5;
  let at = begin;
  for (let k = 0; k < sweeps * rounds; k++)
    at = graph.operation(name, [at, table], graph.shapeOf(begin), { ...attributes, step: k % rounds });
  return at;
}

function checkedSide(operation: string, graph: Graph, a: number): void {
  if (Math.min(...graph.shapeOf(a).slice(-2)) > mostSide)
    throw unsupported(`${operation} of matrices of more than ${mostSide} rows or columns`);
}

/** Q of A = Q·R. */
export function qr(graph: Graph, a: number): number {
  checkedSide("qr", graph, a);
  const shape = graph.shapeOf(a);
  const steps = upTo(Math.min(shape.at(-2)!, shape.at(-1)!));
  const reflections = steps.reduce((at, step) => graph.operation("reflectStep", [at], shape, { step }), a);
  const begin = identity(graph, shape);
  return steps.reduceRight((at, step) => graph.operation("unfoldStep", [at, reflections], shape, { step }), begin);
}

/** Numbers in a row [..., 1, n] in order, and the columns [..., m, n] that belong to them. */
function ordered(graph: Graph, row: number, columns: number, descending: boolean): { row: number; columns: number } {
  const [shape, whole] = [graph.shapeOf(row), graph.shapeOf(columns)];
  const axis = shape.length - 1;
  const ranks = graph.operation("rank", [row], shape, { axis, descending });
  const order = graph.operation("inversePermutation", [ranks], shape, { axis });
  const places = graph.operation("broadcastTo", [order], whole, { shape: whole });
  return {
    row: graph.operation("takeAlongAxis", [row, order], shape, { axis }),
    columns: graph.operation("takeAlongAxis", [columns, places], whole, { axis }),
  };
}

/** Of (A + Aᵀ)/2: values [..., n] ascending, vectors as columns. */
export function eigen(graph: Graph, a: number): { readonly values: number; readonly vectors: number } {
  checkedSide("eigh", graph, a);
  const shape = graph.shapeOf(a);
  const size = shape.at(-1)!;
  const symmetric = graph.elementwise("mul", graph.elementwise("add", a, transposed(graph, a)), graph.number(0.5));
  const turned = inRounds(graph, "symmetricRound", stacked(graph, symmetric, identity(graph, shape)), {});
  const onDiagonal = graph.elementwise(
    "where",
    identity(graph, shape),
    rowsOf(graph, turned, 0, size),
    graph.number(0),
  );
  const diagonal = graph.reduction("sum", onDiagonal, [shape.length - 2]);
  const { row, columns } = ordered(graph, diagonal, rowsOf(graph, turned, size, size), false);
  return { values: graph.reshape(row, shape.slice(0, -1)), vectors: columns };
}

export interface Singular {
  /** [..., m, k] */
  readonly u: number;
  /** [..., 1, k], descending. */
  readonly values: number;
  /** [..., n, k] */
  readonly v: number;
}

/** A = U·S·Vᵀ. */
export function singular(graph: Graph, a: number): Singular {
  checkedSide("svd", graph, a);
  const shape = graph.shapeOf(a);
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  if (rows < columns) {
    const { u, values, v } = singular(graph, transposed(graph, a));
    return { u: v, values, v: u };
  }
  const begin = stacked(graph, a, identity(graph, shape.with(-2, columns)));
  const turned = inRounds(graph, "columnRound", begin, { rows });
  const lengths = graph.reduction("norm", rowsOf(graph, turned, 0, rows), [shape.length - 2]);
  const { row: values, columns: both } = ordered(graph, lengths, turned, true);
  const left = graph.elementwise("div", rowsOf(graph, both, 0, rows), values);
  return {
    u: graph.elementwise("where", values, left, graph.number(0)),
    values,
    v: rowsOf(graph, both, rows, columns),
  };
}

/** Singular values up to this share of the largest count as 0, by rows or columns. */
const epsilon = 2 ** -23;

/** The pseudoinverse V·S⁻¹·Uᵀ. */
export function pseudoinverse(graph: Graph, a: number, shape: readonly number[]): number {
  const { u, values, v } = singular(graph, a);
  const largest = graph.reduction("reduceMax", values, [shape.length - 1]);
  const least = graph.elementwise("mul", largest, graph.number(Math.max(shape.at(-2)!, shape.at(-1)!) * epsilon));
  const counts = graph.elementwise("greater", values, least);
  const inverses = graph.elementwise("where", counts, graph.elementwise("reciprocal", values), graph.number(0));
  return graph.operation("matmul", [graph.elementwise("mul", v, inverses), transposed(graph, u)], shape);
}

/** Off the diagonal m/(wⱼ − wᵢ), or m/(wⱼ² − wᵢ²); 0 on it, and where m is 0. */
export function gapQuotient(graph: Graph, m: number, w: number, squared: boolean): number {
  const shape = graph.shapeOf(m);
  const values = graph.shapeOf(w);
  const row = graph.reshape(w, [...values.slice(0, -1), 1, values.at(-1)!]);
  const column = graph.reshape(w, [...values, 1]);
  const gap = graph.elementwise("sub", row, column);
  const divisor = squared ? graph.elementwise("mul", gap, graph.elementwise("add", row, column)) : gap;
  const quotient = graph.elementwise("where", m, graph.elementwise("div", m, divisor), graph.number(0));
  return graph.elementwise("where", identity(graph, shape), graph.number(0), quotient);
}
