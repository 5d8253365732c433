import type { Storage } from "./storage.ts";
import type { Plan, Unit } from "./units.ts";
import type { Operand } from "./group.ts";

/**
 * An array for each buffer of a plan. What is kept between steps has its own; of the rest, those that are never alive at
 * the same time share one. `kept` are buffers that are read after the step.
 */
export function layOut(plan: Plan, storage: Storage, kept: ReadonlySet<number>): Float32Array[] {
  const { buffers } = plan;
  const units = [...plan.first, ...plan.second];
  const last = new Int32Array(buffers.length).fill(-1);
  units.forEach((unit, at) => {
    for (const buffer of buffersOf(unit)) last[buffer] = at;
  });
  const arrays = new Array<Float32Array>(buffers.length);
  const free: Float32Array[] = [];
  buffers.forEach(({ source, size }, buffer) => {
    if (source === undefined) return;
    if (source.kind === "parameter") arrays[buffer] = storage.parameters[source.leaf]!;
    else if (source.kind === "state") arrays[buffer] = storage.state[source.leaf] as Float32Array;
    else if (source.kind === "constant") arrays[buffer] = source.data as Float32Array;
    else arrays[buffer] = new Float32Array(size);
  });
  units.forEach((unit, at) => {
    const used = buffersOf(unit);
    for (const buffer of used) arrays[buffer] ??= taken(free, buffers[buffer]!.size);
    for (const buffer of used)
      if (last[buffer] === at && buffers[buffer]!.source === undefined && !kept.has(buffer)) free.push(arrays[buffer]!);
  });
  for (const buffer of kept) arrays[buffer] ??= new Float32Array(buffers[buffer]!.size);
  return arrays;
}

/** The smallest free array that is large enough, if it is not more than twice as large; else a new one. */
function taken(free: Float32Array[], size: number): Float32Array {
  let best = -1;
  free.forEach((array, k) => {
    if (array.length < size || array.length > 2 * size) return;
    if (best < 0 || array.length < free[best]!.length) best = k;
  });
  return best < 0 ? new Float32Array(size) : free.splice(best, 1)[0]!;
}

/** Every buffer that a unit reads or writes, once. */
export function buffersOf(unit: Unit): Set<number> {
  const found = new Set<number>();
  const operand = (value: Operand): void => {
    if (value.kind === "view") found.add(value.view.buffer);
  };
  switch (unit.kind) {
    case "loop":
      for (const { operands, store } of unit.members) {
        operands.forEach(operand);
        if (store !== undefined) found.add(store.buffer);
      }
      break;
    case "scalars":
      for (const member of unit.members) {
        if (member.kind === "compute") member.operands.forEach(operand);
        else {
          operand(member.operand);
          found.add(member.buffer);
        }
      }
      break;
    case "repeat":
      for (const member of unit.members) {
        const operands = member.kind === "store" ? [member.operand] : member.operands;
        for (const { first } of operands) operand(first);
        if (member.kind === "store") found.add(member.buffer);
      }
      break;
    case "kernel":
      unit.inputs.forEach(operand);
      operand(unit.result);
      break;
    case "product":
      for (const view of [unit.left, unit.right, unit.result]) found.add(view.buffer);
      break;
    case "clear":
      found.add(unit.buffer);
  }
  return found;
}
