import { parseExpression } from "@babel/parser";
import type * as t from "@babel/types";
import { operationName } from "../../primitives/names.ts";
import type { Tape } from "../../tape/tape.ts";

/**
 * The text of a constant tensor: of the operand that it is of the expression that first used it. `text` is that
 * expression's and `user` the node it made. Undefined where the operand cannot be told from the text.
 */
export function constantText(tape: Tape, constant: number, user: number, text: string): string | undefined {
  let inputs = 0;
  let place = -1;
  tape.forEachWord(user, (word, position) => {
    inputs++;
    if (word === constant && place < 0) place = position;
  });
  const operands = operandsOf(text, operationName(tape.operation[user]!));
  const operand = operands.length === inputs ? operands[place] : undefined;
  return operand && text.slice(operand.start!, operand.end!);
}

function operandsOf(text: string, operation: string): readonly t.Node[] {
  let expression: t.Expression;
  try {
    expression = parseExpression(text, { plugins: ["typescript"], errorRecovery: false });
  } catch {
    return [];
  }
  if (expression.type === "BinaryExpression") return [expression.left, expression.right];
  if (expression.type !== "CallExpression") return [];
  const { callee, arguments: given } = expression;
  const called =
    callee.type === "Identifier"
      ? callee.name
      : callee.type === "MemberExpression" && callee.property.type === "Identifier"
        ? callee.property.name
        : "";
  // What a function of the person's own or a composed one does with its arguments is not told by its call.
  return called === operation ? given : [];
}
