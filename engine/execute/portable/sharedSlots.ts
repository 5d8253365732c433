import type { Program } from "../program.ts";
import type { Operand } from "./group.ts";
import type { Plan, RepeatUnit } from "./units.ts";

/**
 * 1 for each slot that is read elsewhere than in the code, and in the turn of a loop, that computes it: those numbers are
 * kept in memory. For a loop the first turn speaks for all, so a slot of any turn counts as one of the first.
 */
export function sharedSlots(plan: Plan, program: Program): Uint8Array {
  const shared = new Uint8Array(plan.slots);
  const share = (operand: Operand): void => {
    if (operand.kind === "scalar") shared[operand.slot] = 1;
  };
  const { loss, metrics, gradients, gradientNorms, parameters, state } = program.outputs;
  const guarded = program.guards.map(({ value }) => value);
  for (const id of [loss, ...metrics, ...gradients, ...gradientNorms, ...parameters, ...state, ...guarded])
    share(plan.placeOf(id));
  const units = [...plan.first, ...plan.second];
  for (const unit of units) {
    if (unit.kind === "loop") for (const { operands } of unit.members) operands.forEach(share);
    else if (unit.kind === "kernel") [...unit.inputs, unit.result].forEach(share);
    else if (unit.kind === "scalars") {
      const own = new Set<number>();
      for (const member of unit.members) {
        for (const operand of member.kind === "store" ? [member.operand] : member.operands)
          if (operand.kind === "scalar" && !own.has(operand.slot)) share(operand);
        if (member.kind === "compute") own.add(member.slot);
      }
    } else if (unit.kind === "repeat") shareInTurns(unit, shared);
  }
  for (const unit of units) if (unit.kind === "repeat") spread(unit, shared);
  return shared;
}

function shareInTurns({ count, members }: RepeatUnit, shared: Uint8Array): void {
  const own = new Map<number, number>();
  for (const member of members) {
    for (const { first, step } of member.kind === "store" ? [member.operand] : member.operands) {
      if (first.kind !== "scalar" || own.get(first.slot) === step) continue;
      for (let turn = 0; turn < (step === 0 ? 1 : count); turn++) shared[first.slot + turn * step] = 1;
    }
    if (member.kind === "compute") own.set(member.slot, member.step);
  }
}

/** What one turn must keep, all keep. */
function spread({ count, members }: RepeatUnit, shared: Uint8Array): void {
  for (const member of members) {
    if (member.kind !== "compute") continue;
    for (let turn = 1; turn < count && shared[member.slot] === 0; turn++)
      if (shared[member.slot + turn * member.step] === 1) shared[member.slot] = 1;
  }
}
