import { expressionOf, type Functions } from "./expressions.ts";
import { numberText, type LoopSource } from "./group.ts";
import type { MovingOperand } from "./reroll.ts";
import type { RepeatUnit, ScalarUnit } from "./units.ts";

/**
 * Operations on single numbers as straight-line code. Numbers that the same code uses stay in local variables; those that
 * others read too (`isShared`) are put into `s` as well.
 */
export function scalarSource(
  { members }: ScalarUnit,
  isShared: (slot: number) => boolean,
  functions: Functions,
): LoopSource {
  const repeated = members.map((member): RepeatUnit["members"][number] =>
    member.kind === "store"
      ? { ...member, step: 0, operand: { first: member.operand, step: 0 } }
      : { ...member, step: 0, operands: member.operands.map((first) => ({ first, step: 0 })) },
  );
  return body(repeated, isShared, functions);
}

/** The same for operations that repeat themselves: a loop over their turns. */
export function repeatSource(
  { count, members }: RepeatUnit,
  isShared: (slot: number) => boolean,
  functions: Functions,
): LoopSource {
  const { source, buffers } = body(members, isShared, functions);
  return { source: `for (let t = 0; t < ${count}; t++) {\n${source}\n}`, buffers };
}

function body(members: RepeatUnit["members"], isShared: (slot: number) => boolean, functions: Functions): LoopSource {
  /** By slot in the first turn, the step of what was computed before in the same turn. */
  const local = new Map<number, number>();
  const buffers = new Set<number>();
  const moved = (start: number, step: number): string =>
    step === 0
      ? `${start}`
      : `${start} ${step < 0 ? "-" : "+"} t${step === 1 || step === -1 ? "" : ` * ${Math.abs(step)}`}`;
  const text = ({ first, step }: MovingOperand): string => {
    switch (first.kind) {
      case "number":
        return numberText(first.value);
      case "scalar":
        return local.get(first.slot) === step ? `t${first.slot}` : `s[${moved(first.slot, step)}]`;
      case "view":
        buffers.add(first.view.buffer);
        return `b${first.view.buffer}[${moved(first.view.offset, step)}]`;
      case "member":
        return `t${first.id}`;
    }
  };
  const lines = members.map((member) => {
    if (member.kind === "store") {
      buffers.add(member.buffer);
      return `b${member.buffer}[${moved(member.offset, member.step)}] = ${text(member.operand)};`;
    }
    const operands = member.operands.map(text);
    const value = member.name === "copy" ? operands[0]! : expressionOf(member.name, operands, functions);
    local.set(member.slot, member.step);
    const kept = isShared(member.slot) ? `s[${moved(member.slot, member.step)}] = ` : "";
    return `const t${member.slot} = ${kept}${value};`;
  });
  return { source: lines.join("\n"), buffers };
}
