import type { PlaceReport } from "../protocol.ts";
import type { FunctionRun } from "./functionRun.ts";
import { signedSize } from "./summaries.ts";

interface Place {
  last: number;
  executions: number;
  readonly value: [number, number];
  readonly adjoint: [number, number];
}

export function places(run: FunctionRun): readonly PlaceReport[] {
  const found = new Map<number, Place>();
  const { site, operation } = run.tape;
  for (let node = 0; node < run.length; node++) {
    // Every input is a place of its own: the elements of an array share their parameter's. So is a constant tensor.
    const key = run.isInput(node) || run.isConstant(node) ? -1 - node : site[node]! * 256 + operation[node]!;
    let place = found.get(key);
    if (place === undefined)
      found.set(
        key,
        (place = { last: node, executions: 0, value: [Infinity, -Infinity], adjoint: [Infinity, -Infinity] }),
      );
    place.last = node;
    place.executions++;
    widen(place.value, signedSize(run.value(node)));
    widen(place.adjoint, signedSize(run.adjointSummary(node)));
  }
  return [...found.values()].map((place) => placeReport(run, place));
}

function widen(range: [number, number], x: number): void {
  range[0] = Math.min(range[0], x);
  range[1] = Math.max(range[1], x);
}

function placeReport(run: FunctionRun, { last, executions, value, adjoint }: Place): PlaceReport {
  const name = run.nodeName(last);
  return {
    op: run.operation(last),
    ...(name === undefined ? {} : { name }),
    source: run.source(last),
    executions,
    value: run.value(last),
    adjoint: run.adjointSummary(last),
    ...(executions > 1 ? { range: { value, adjoint } } : {}),
  };
}
