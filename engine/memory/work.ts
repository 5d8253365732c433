import { operationName } from "../primitives/names.ts";
import { sizeOf, type Shape } from "../tape/shape.ts";
import { firstPrimitive, type Tape } from "../tape/tape.ts";
import { isView } from "./storages.ts";

/** Of a run, in elements and multiply-adds. */
export interface Work {
  readonly forward: number;
  /** What checkpoints of the program compute again in the backward pass. */
  readonly again: number;
}

/**
 * What computing a node takes: the elements that it reads or makes, whichever are more; of products and convolutions the
 * multiply-adds, of decompositions of n × n matrices n³ each. Views take nothing.
 */
export function workOf(tape: Tape, node: number): number {
  const operation = tape.operation[node]!;
  if (operation < firstPrimitive) return 0;
  if (!tape.isTensor(node) && tape.inputsOf(node).every((input) => !tape.isTensor(input))) return 1;
  const shape = tape.shapeOf(node);
  const shapes = tape.inputPrimals(node).map((input): Shape => (typeof input === "number" ? [] : input.shape));
  const [first = [], second = []] = shapes;
  const size = sizeOf(shape);
  if (isView(operation)) return 0;
  switch (operationName(operation)) {
    case "matmul":
      return size * first.at(-1)!;
    case "conv":
      return size * sizeOf(second.slice(1));
    case "convTranspose":
      return sizeOf(first) * sizeOf(second.slice(1));
    case "convKernel":
      return sizeOf(first) * sizeOf(shape.slice(1));
    case "fft":
      return size * Math.max(1, Math.log2(shape.at(-1) ?? 1));
    case "cholesky":
    case "lu":
    case "qr":
    case "eigh":
    case "eigvalsh":
    case "svd":
    case "svdvals":
    case "pinv":
    case "expm":
    case "det":
    case "cofactors":
    case "solve":
    case "triangularSolve":
      return Math.max(size, sizeOf(first) * (first.at(-1) ?? 1));
    default:
      return Math.max(size, ...shapes.map(sizeOf));
  }
}
