import type { NodeReport } from "../protocol.ts";
import type { FunctionRun } from "./functionRun.ts";

export function nodes(run: FunctionRun, from = 0, count = Infinity): readonly NodeReport[] {
  const first = Math.max(0, from);
  const length = Math.max(0, Math.min(count, run.length - first));
  return Array.from({ length }, (_, k) => nodeReport(run, first + k));
}

export function nodeReport(run: FunctionRun, node: number): NodeReport {
  const name = run.nodeName(node);
  return {
    id: node,
    op: run.operation(node),
    ...(name === undefined ? {} : { name }),
    shape: run.tape.shapeOf(node),
    value: run.value(node),
    adjoint: run.adjointSummary(node),
    inputs: run.tape.inputsOf(node),
    source: run.source(node),
  };
}

/** A node's number, if there is such a node. */
export function existing(run: FunctionRun, node: number): number {
  if (!Number.isInteger(node) || node < 0 || node >= run.length)
    throw new RangeError(`The trace of ${run.name} has no node ${node}.`);
  return node;
}
