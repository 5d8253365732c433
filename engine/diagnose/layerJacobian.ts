import { derivativeOf } from "../differentiate/linearize.ts";
import { decomposeSingular } from "../primitives/decompositions/singular.ts";
import { dataOf, shapeOf, type Primal } from "../primitives/rule.ts";
import { withoutRecording } from "../tape/recording.ts";
import { sizeOf, type Shape } from "../tape/shape.ts";
import type { Tape } from "../tape/tape.ts";
import { Tensor } from "../tape/tensor.ts";

/** The derivative of what one layer or step gives by what it was given, as its singular values. */
export interface LayerJacobian {
  readonly rows: number;
  readonly columns: number;
  /** The largest first; as many as the smaller of rows and columns. */
  readonly singularValues: readonly number[];
  /**
   * The factor by which it stretches a cotangent of random direction: the root of the sum of their squares over the number
   * of rows. Its square is χ of mean-field theory (Schoenholz et al. 2017); at χ = 1 gradients keep their size.
   */
  readonly rms: number;
  /** The examples of the batch, where they keep apart: then it is that of the first. */
  readonly examples?: number;
}

/** More elements take too long to be decomposed while somebody waits. */
const mostElements = 2 ** 16;

/**
 * From the nodes `from` to the nodes `to` of one run, one reverse pass over what lies between for each row. Undefined where
 * it has too many elements, or one that is not finite.
 */
export function layerJacobian(tape: Tape, from: readonly number[], to: readonly number[]): LayerJacobian | undefined {
  const inputs = from.map((node) => tape.primalOf(node));
  const outputs = to.map((node) => tape.primalOf(node));
  const pull = pullOf(tape, from, to);
  const examples = batchOf(inputs, outputs);
  if (examples !== undefined) {
    const rows = elementCount(outputs) / examples;
    const columns = elementCount(inputs) / examples;
    const block = columns * rows > mostElements ? undefined : matrixOf(pull, outputs, rows, columns);
    if (block?.keptApart === true) return describe(block.data, rows, columns, examples);
  }
  const [rows, columns] = [elementCount(outputs), elementCount(inputs)];
  if (rows * columns > mostElements) return undefined;
  return describe(matrixOf(pull, outputs, rows, columns).data, rows, columns);
}

type Pull = (cotangents: readonly Primal[]) => Float64Array;

function pullOf(tape: Tape, from: readonly number[], to: readonly number[]): Pull {
  const sizes = from.map((node) => elementCount([tape.primalOf(node)]));
  const { pull } = derivativeOf({ tape, variables: from, outputs: to, whole: false });
  return (cotangents) =>
    withoutRecording(tape, () => {
      const row = new Float64Array(sizes.reduce((sum, size) => sum + size, 0));
      let at = 0;
      pull(cotangents).forEach((cotangent, k) => {
        if (cotangent !== undefined) row.set(dataOf(cotangent as Primal), at);
        at += sizes[k]!;
      });
      return row;
    });
}

/** The first `rows` rows and `columns` columns, and whether those rows have nothing but zeros in all other columns. */
function matrixOf(
  pull: Pull,
  outputs: readonly Primal[],
  rows: number,
  columns: number,
): { data: Float64Array; keptApart: boolean } {
  const data = new Float64Array(rows * columns);
  let keptApart = true;
  for (let row = 0; row < rows; row++) {
    const pulled = pull(unit(outputs, row));
    data.set(pulled.subarray(0, columns), row * columns);
    keptApart &&= pulled.subarray(columns).every((x) => x === 0);
  }
  return { data, keptApart };
}

/** Cotangents of zeros with a one at element `at` of all, counted through. */
function unit(outputs: readonly Primal[], at: number): Primal[] {
  let before = 0;
  return outputs.map((output) => {
    const size = elementCount([output]);
    const own = at - before;
    before += size;
    if (typeof output === "number") return own === 0 ? 1 : 0;
    const data = new Float64Array(size);
    if (own >= 0 && own < size) data[own] = 1;
    return new Tensor(output.shape, data);
  });
}

/** The length of the first axis that a tensor given and a tensor made have in common. */
function batchOf([input, ...moreInputs]: readonly Primal[], [output, ...more]: readonly Primal[]): number | undefined {
  if (input === undefined || output === undefined || moreInputs.length > 0 || more.length > 0) return undefined;
  const [a, b]: Shape[] = [shapeOf(input), shapeOf(output)];
  return a!.length > 1 && b!.length > 1 && a![0] === b![0] && a![0]! > 1 ? a![0] : undefined;
}

function elementCount(values: readonly Primal[]): number {
  return values.reduce<number>((sum, value) => sum + sizeOf(shapeOf(value)), 0);
}

function describe(data: Float64Array, rows: number, columns: number, examples?: number): LayerJacobian | undefined {
  if (!data.every(Number.isFinite) || data.length === 0) return undefined;
  const { values } = decomposeSingular(data, rows, columns);
  return {
    rows,
    columns,
    singularValues: [...values],
    rms: Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / rows),
    ...(examples === undefined ? {} : { examples }),
  };
}
