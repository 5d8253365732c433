import { expressionOf, type Functions } from "./expressions.ts";
import { numberText, type LoopSource, type Operand } from "./group.ts";
import type { ScalarUnit } from "./units.ts";

/** Operations on single numbers as straight-line code: numbers that the same code uses stay in local variables. */
export function scalarSource({ members }: ScalarUnit, functions: Functions): LoopSource {
  const local = new Set<number>();
  const buffers = new Set<number>();
  const text = (operand: Operand): string => {
    switch (operand.kind) {
      case "number":
        return numberText(operand.value);
      case "scalar":
        return local.has(operand.slot) ? `t${operand.slot}` : `s[${operand.slot}]`;
      case "view":
        buffers.add(operand.view.buffer);
        return `b${operand.view.buffer}[${operand.view.offset}]`;
      case "member":
        return `t${operand.id}`;
    }
  };
  const lines = members.map((member) => {
    if (member.kind === "store") {
      buffers.add(member.buffer);
      return `b${member.buffer}[${member.offset}] = ${text(member.operand)};`;
    }
    const operands = member.operands.map(text);
    const value = member.name === "copy" ? operands[0]! : expressionOf(member.name, operands, functions);
    local.add(member.slot);
    return `const t${member.slot} = s[${member.slot}] = ${value};`;
  });
  return { source: lines.join("\n"), buffers };
}
