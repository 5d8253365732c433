import { operationName } from "../primitives/names.ts";
import type { Partial } from "../primitives/rule.ts";
import { rules } from "../primitives/table.ts";
import { recordOn } from "../tape/recording.ts";
import { Tape } from "../tape/tape.ts";

const infix: Readonly<Record<string, string>> = { add: "+", sub: "-", mul: "*", div: "/" };

/**
 * A partial derivative as a JavaScript expression of the inputs `a`, `b` and the result `y`. It is found by tracing the
 * partial once. What the expression calls is entered into `functions` under the name used.
 */
export function partialSource(partial: Partial, functions: Record<string, unknown>): string {
  const tape = new Tape();
  return recordOn(tape, () => {
    const [a, b, y] = ["a", "b", "y"].map((name) => tape.addInput(0.5, name, 0));
    const value = partial(a!, b!, y!);
    return typeof value === "number" ? String(value) : expression(tape, value.node, functions);
  });
}

function expression(tape: Tape, node: number, functions: Record<string, unknown>): string {
  const name = tape.inputName(node);
  if (name !== undefined) return name;
  const operands: string[] = [];
  tape.forEachWord(node, (word) => {
    operands.push(word >= 0 ? expression(tape, word, functions) : `(${tape.constants.get(~word)})`);
  });
  const code = tape.operation[node]!;
  const operation = operationName(code);
  if (operation in infix) return `(${operands.join(infix[operation])})`;
  if (operation === "neg") return `(-${operands.join("")})`;
  functions[operation] = rules[code]!.scalar;
  return `${operation}(${operands.join(", ")})`;
}
