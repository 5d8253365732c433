import type { Diagnostic } from "../language/instrument/sourceReport.ts";
import type { About } from "./diagnostics.ts";
import type { Evaluation } from "./evaluation.ts";

/** Why two runs at one point are not the same, where they are not. */
export function difference(a: Evaluation, b: Evaluation, { name, placeOf }: About): Diagnostic | undefined {
  const same = Object.is(a.value, b.value);
  if (same && a.tape.length === b.tape.length) return undefined;
  const shared = Math.min(a.tape.length, b.tape.length);
  let node = 0;
  while (node < shared && sameNode(a, b, node)) node++;
  const tape = a.tape.length > b.tape.length ? a.tape : b.tape;
  const source = placeOf(node < tape.length ? tape.site[node]! : 0);
  const what = same ? "takes another way" : `gives ${a.value} and then ${b.value}`;
  return {
    code: "not-deterministic",
    severity: "error",
    message: `${name} is not deterministic: it ${what} at the same point, so its gradient cannot be checked. Seed its random numbers, and leave the clock and what earlier runs left behind out of it; the runs part here.`,
    source,
    data: { values: [a.value, b.value] },
  };
}

function sameNode(a: Evaluation, b: Evaluation, node: number): boolean {
  if (a.tape.operation[node] !== b.tape.operation[node] || a.tape.site[node] !== b.tape.site[node]) return false;
  const [left, right] = [a.tape.primalOf(node), b.tape.primalOf(node)];
  if (typeof left === "number" || typeof right === "number") return Object.is(left, right);
  const constants = a.tape.inputPrimals(node).every((input, k) => {
    const other = b.tape.inputPrimals(node)[k];
    return typeof input !== "number" || Object.is(input, other);
  });
  return constants && left.data.length === right.data.length && left.data.every((x, k) => Object.is(x, right.data[k]));
}
