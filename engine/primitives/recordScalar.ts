import { recording } from "../tape/recording.ts";
import { noInput } from "../tape/tape.ts";
import { TracedNumber, type Value } from "../tape/tensor.ts";

/**
 * Recording a scalar operation is the tracer's hot path. Each primitive gets a function compiled for it alone: closures
 * made from one function literal share their type feedback, so `evaluate` would be a megamorphic call in each of them,
 * which measures four times slower.
 */
const appendNode = (primal: string, input0: string, input1: string): string => `
    const node = tape.length;
    if (node === tape.operation.length) tape.grow();
    tape.operation[node] = code;
    tape.primal[node] = ${primal};
    tape.input0[node] = ${input0};
    tape.input1[node] = ${input1};
    tape.site[node] = recording.site;
    tape.scope[node] = recording.scope;
    tape.length = node + 1;
    return new TracedNumber(node, tape);`;

// A value of another tape, and any while nothing is recorded, is a constant: the general way knows.
const unarySource = `return function (x) {
  if (typeof x === "number") return evaluate(x);
  const tape = recording.tape;
  if (x instanceof TracedNumber && x.tape === tape && recording.on) {
    ${appendNode("evaluate(tape.primal[x.node])", "x.node", "noInput")}
  }
  return general(x);
}`;

const binarySource = `return function (a, b) {
  const tape = recording.tape;
  if (typeof a === "number") {
    if (typeof b === "number") return evaluate(a, b);
    if (b instanceof TracedNumber && b.tape === tape && recording.on) {
      ${appendNode("evaluate(a, tape.primal[b.node])", "~tape.constants.push(a)", "b.node")}
    }
  } else if (a instanceof TracedNumber && a.tape === tape && recording.on) {
    if (typeof b === "number") {
      ${appendNode("evaluate(tape.primal[a.node], b)", "a.node", "~tape.constants.push(b)")}
    }
    if (b instanceof TracedNumber && b.tape === tape) {
      ${appendNode("evaluate(tape.primal[a.node], tape.primal[b.node])", "a.node", "b.node")}
    }
  }
  return general(a, b);
}`;

const parameters = ["recording", "TracedNumber", "noInput", "code", "evaluate", "general"];

function compile(source: string, code: number, evaluate: unknown, general: unknown): unknown {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is a constant of this file
  const make = new Function(...parameters, source) as (...values: unknown[]) => unknown;
  return make(recording, TracedNumber, noInput, code, evaluate, general);
}

export function recordUnary(
  code: number,
  evaluate: (x: number) => number,
  general: (x: Value) => Value,
): (x: Value) => Value {
  return compile(unarySource, code, evaluate, general) as (x: Value) => Value;
}

export function recordBinary(
  code: number,
  evaluate: (a: number, b: number) => number,
  general: (a: Value, b: Value) => Value,
): (a: Value, b: Value) => Value {
  return compile(binarySource, code, evaluate, general) as (a: Value, b: Value) => Value;
}
