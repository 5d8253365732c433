import { operationName } from "../../primitives/names.ts";
import type { SearchHit, Summary } from "../protocol.ts";
import type { FunctionRun } from "./functionRun.ts";

type Test = (run: FunctionRun, node: number) => boolean;

/**
 * Nodes that answer to a query: words of their name, operation or text; `line 12`; `value < 0`, `|value| > 10`,
 * `adjoint = 0`, `|v̄| > 1e-3`; `nan`, `infinite`, `unused`. Several of them together must all hold.
 */
export function search(run: FunctionRun, query: string, limit: number): readonly SearchHit[] {
  const tests = parse(query);
  const hits: SearchHit[] = [];
  if (tests.length === 0) return hits;
  for (let node = 0; node < run.length && hits.length < limit; node++) {
    if (!tests.every((test) => test(run, node))) continue;
    hits.push({
      node,
      label: run.label(node),
      op: run.operation(node),
      line: run.line(node),
      value: run.value(node),
      adjoint: run.adjointSummary(node),
    });
  }
  return hits;
}

const line = /(?<!\S)line\s*:?\s*(\d+)(?!\S)/giu;
const comparison =
  /(?<!\S)(\|)?\s*(value|v\u0304|∂|adjoint|v)\s*(\|)?\s*(<=|>=|≤|≥|<|>|=)\s*([+\-−]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?!\S)/giu;
const kinds: Readonly<Record<string, Test>> = {
  nan: (run, node) => some(run, node, Number.isNaN),
  infinite: (run, node) => some(run, node, (x) => Math.abs(x) === Infinity),
  inf: (run, node) => some(run, node, (x) => Math.abs(x) === Infinity),
  unused: (run, node) => !run.adjoints.reached(node),
};

function parse(query: string): Test[] {
  const tests: Test[] = [];
  let rest = query.normalize("NFD");
  rest = rest.replace(line, (_, number: string) => {
    tests.push((run, node) => run.line(node) === Number(number));
    return " ";
  });
  rest = rest.replace(comparison, (_, open: string | undefined, of: string, __, sign: string, bound: string) => {
    tests.push(
      compare(of.toLowerCase() === "value" || of === "v", open !== undefined, sign, Number(bound.replace("−", "-"))),
    );
    return " ";
  });
  for (const word of rest.normalize("NFC").split(/\s+/))
    if (word !== "") tests.push(kinds[word.toLowerCase()] ?? contains(word));
  return tests;
}

function contains(word: string): Test {
  const wanted = word.toLowerCase();
  return (run, node) =>
    operationName(run.tape.operation[node]!).toLowerCase() === wanted ||
    (run.nodeName(node) ?? "").toLowerCase().includes(wanted) ||
    run.text(node, Infinity).toLowerCase().includes(wanted);
}

/** Of a tensor: of its norm where sizes are compared, else of any of its elements. */
function compare(ofValue: boolean, absolute: boolean, sign: string, bound: number): Test {
  return (run, node) => {
    const summary = ofValue ? run.value(node) : run.adjointSummary(node);
    if (typeof summary === "number") return holds(absolute ? Math.abs(summary) : summary, sign, bound);
    if (absolute) return holds(summary.norm, sign, bound);
    return holds(summary.min, sign, bound) || holds(summary.max, sign, bound);
  };
}

function holds(x: number, sign: string, bound: number): boolean {
  switch (sign) {
    case "<":
      return x < bound;
    case ">":
      return x > bound;
    case "<=":
    case "≤":
      return x <= bound;
    case ">=":
    case "≥":
      return x >= bound;
    default:
      return x === bound;
  }
}

/** Whether the test holds for the value or the adjoint, for any element of a tensor. */
function some(run: FunctionRun, node: number, test: (x: number) => boolean): boolean {
  const any = (summary: Summary): boolean =>
    typeof summary === "number"
      ? test(summary)
      : !summary.finite && (test(summary.min) || test(summary.max) || test(summary.mean));
  return any(run.value(node)) || any(run.adjointSummary(node));
}
