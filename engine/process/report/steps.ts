import type { Questions, Step } from "../protocol.ts";
import type { FunctionRun } from "./functionRun.ts";
import { bar } from "./notation.ts";
import { stepRule } from "./ruleText.ts";

/** At most this many steps in one answer. */
const mostSteps = 1000;

/** Steps `from` … `from + count − 1` of the backward pass; step 0 seeds the output. */
export function steps(run: FunctionRun, from: number, count: number): Questions["steps"][1] {
  const { passing, total } = run.order;
  if (run.output < 0) return { total: 0, steps: [] };
  const first = Math.max(0, Math.floor(from));
  const end = Math.min(total, first + Math.min(Math.max(0, count), mostSteps));
  const listed: Step[] = [];
  for (let step = first; step < end; step++) listed.push(step === 0 ? seed(run) : stepAt(run, passing[step - 1]!));
  return { total, steps: listed };
}

function seed(run: FunctionRun): Step {
  const { output } = run;
  return {
    node: output,
    rule: `${bar(run.label(output))} = 1`,
    line: run.line(output),
    adds: [{ node: output, amount: 1 }],
  };
}

function stepAt(run: FunctionRun, node: number): Step {
  const { start, input, contribution } = run.edges;
  const adds: { node: number; amount: number }[] = [];
  for (let edge = start[node]!; edge < start[node + 1]!; edge++)
    if (!run.isConstant(input[edge]!)) adds.push({ node: input[edge]!, amount: contribution[edge]! });
  return { node, rule: stepRule(run, node), line: run.line(node), adds };
}
