import { dataOf } from "../primitives/rule.ts";
import type { Tape } from "../tape/tape.ts";
import { isFinitePrimal } from "./nonFiniteKind.ts";
import { operationOf, type Subject } from "./subject.ts";
import { isSigmoid } from "./traits.ts";

/** How a 0 came about that mathematics does not have there. */
export interface ZeroBefore {
  /**
   * Divided by what had become infinite; a product or an exponential that is smaller than the smallest number there is; or
   * 1 − x of an x that had been rounded to 1.
   */
  readonly how: "overflow" | "underflow" | "rounding";
  /** The operation that gave the 0; of an overflow the operand that is infinite. */
  readonly node: number;
}

/** Where the 0 comes from at which an operation has a pole, as the logarithm does or what divides by it. */
export function zeroBefore(subject: Subject, pole: number): ZeroBefore | undefined {
  const { tape } = subject;
  if (tape.inputPrimals(pole).some((primal) => !isFinitePrimal(primal))) return undefined;
  const seen = new Set([pole]);
  const stack = [pole];
  for (let node = stack.pop(); node !== undefined; node = stack.pop())
    for (const input of tape.inputsOf(node)) {
      if (seen.has(input)) continue;
      seen.add(input);
      const data = dataOf(tape.primalOf(input));
      if (!data.includes(0)) continue;
      const found = madeZero(subject, input);
      if (found !== undefined) return found;
      stack.push(input);
    }
  return undefined;
}

function madeZero(subject: Subject, node: number): ZeroBefore | undefined {
  const { tape } = subject;
  const infinite = tape.inputsOf(node).find((input) => !isFinitePrimal(tape.primalOf(input)));
  if (infinite !== undefined) return { how: "overflow", node: infinite };
  const anyZero = tape.inputPrimals(node).some((primal) => dataOf(primal).includes(0));
  switch (operationOf(subject, node)) {
    case "exp":
    case "softmax":
    case "sigmoid":
      return { how: "underflow", node };
    case "mul":
    case "div":
    case "prod":
    case "pow":
    case "square":
      return anyZero ? undefined : { how: "underflow", node };
    case "sub":
      return tape.inputPrimals(node)[0] === 1 && roundsToOne(tape, tape.inputsOf(node)[0])
        ? { how: "rounding", node }
        : undefined;
    default:
      return undefined;
  }
}

function roundsToOne(tape: Tape, node: number | undefined): boolean {
  return node !== undefined && isSigmoid(tape, node);
}
