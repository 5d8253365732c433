import { firstPrimitive, type Tape } from "../tape/tape.ts";
import type { Passes, Usage } from "./usage.ts";
import { workOf } from "./work.ts";

/** Calls of one function, or turns of one loop, that were made from one place. */
export interface ScopeGroup {
  /** Its place in the list; a group stands after the one around it. −1: none. */
  readonly parent: number;
  readonly site: number;
  readonly kind: "call" | "loop";
  repeats: number;
  /** The first and the last turn of a loop, counted from 0. */
  firstTurn: number;
  lastTurn: number;
  bytes: number;
  ownBytes: number;
  values: number;
  work: number;
  first: number;
  last: number;
}

/** What is kept and done by the calls and loops of a run, those within others included in these. */
export function scopeGroups(tape: Tape, { forward }: Passes, { residuals }: Usage): ScopeGroup[] {
  const { scopes } = tape;
  const groups: ScopeGroup[] = [];
  const known = new Map<string, number>();
  const groupOf = new Int32Array(scopes.length).fill(-1);
  for (let scope = 1; scope < scopes.length; scope++) {
    const parent = groupOf[scopes.parent(scope)]!;
    const turn = scopes.iteration(scope);
    const kind = turn < 0 ? "call" : "loop";
    const key = `${parent} ${kind} ${scopes.site(scope)}`;
    let at = known.get(key);
    if (at === undefined) {
      at = groups.length;
      known.set(key, at);
      groups.push({ ...nothing, parent, site: scopes.site(scope), kind, firstTurn: turn, lastTurn: turn });
    }
    const group = groups[at]!;
    group.repeats++;
    group.firstTurn = Math.min(group.firstTurn, turn);
    group.lastTurn = Math.max(group.lastTurn, turn);
    groupOf[scope] = at;
  }
  for (let node = 0; node < tape.length; node++) {
    const group = groups[groupOf[tape.scope[node]!]!];
    if (group === undefined || tape.operation[node]! < firstPrimitive) continue;
    group.work += workOf(tape, node);
    group.first = Math.min(group.first, node);
    group.last = Math.max(group.last, node);
  }
  for (const storage of residuals) {
    const maker = forward.makerOf[storage]!;
    const group = groups[groupOf[tape.scope[forward.drawnFor.get(maker) ?? maker]!]!];
    if (group === undefined) continue;
    group.ownBytes += forward.storages.bytes(storage);
    group.values++;
  }
  for (let at = groups.length - 1; at >= 0; at--) {
    const group = groups[at]!;
    group.bytes += group.ownBytes;
    const around = groups[group.parent];
    if (around === undefined) continue;
    around.bytes += group.bytes;
    around.values += group.values;
    around.work += group.work;
    around.first = Math.min(around.first, group.first);
    around.last = Math.max(around.last, group.last);
  }
  return groups;
}

const nothing = { repeats: 0, bytes: 0, ownBytes: 0, values: 0, work: 0, first: Infinity, last: -1 };
