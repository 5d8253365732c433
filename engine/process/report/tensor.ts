import type { Questions } from "../protocol.ts";
import { existing } from "./nodes.ts";
import type { FunctionRun } from "./functionRun.ts";

/** All elements of a node, a scalar's one included. */
export function tensor(run: FunctionRun, node: number, of: "value" | "adjoint"): Questions["tensor"][1] {
  const shape = run.tape.shapeOf(existing(run, node));
  const primal = of === "value" ? run.primal(node) : run.adjoint(node);
  if (typeof primal !== "number") return { shape, data: primal.data };
  const count = shape.reduce((size, extent) => size * extent, 1);
  return { shape, data: new Float64Array(count).fill(primal) };
}
