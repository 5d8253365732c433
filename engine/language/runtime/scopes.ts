import { recording } from "../../tape/recording.ts";
import type { Tape } from "../../tape/tape.ts";
import type { Runtime } from "./runtime.ts";

/** Grows by one with every node and observation: unchanged means that nothing was recorded meanwhile. */
function recorded(tape: Tape): number {
  return tape.length + tape.observations.length;
}

function open(parent: number, site: number, iteration: number): number {
  const tape = recording.tape;
  return tape.scopes.add(parent, site, iteration, recorded(tape));
}

/** Calls and turns of loops in which nothing was recorded leave no scope behind: most of those of helper code. */
export const scopes: Pick<
  Runtime,
  "scope" | "enter" | "leave" | "iterate" | "frame" | "suspend" | "resume" | "leaveFrame"
> = {
  scope: () => recording.scope,

  enter(site) {
    recording.heartbeat[0] = site;
    if (recording.on) recording.scope = open(recording.scope, site, -1);
  },

  leave(scope) {
    if (recording.on) giveBack(recording.scope, scope);
    recording.scope = scope;
  },

  iterate(outer, site, iteration) {
    recording.heartbeat[0] = site;
    if (!recording.on) return;
    const tape = recording.tape;
    const current = recording.scope;
    if (current > outer && tape.scopes.isEmpty(current, recorded(tape))) giveBack(current, outer);
    recording.scope = open(outer, site, iteration);
  },

  frame(site) {
    recording.heartbeat[0] = site;
    const outer = recording.scope;
    if (recording.on) recording.scope = open(outer, site, -1);
    return { scope: recording.scope, outer, suspended: false };
  },

  suspend(frame, value) {
    if (frame.suspended) return value;
    frame.suspended = true;
    frame.scope = recording.scope;
    recording.scope = frame.outer;
    return value;
  },

  resume(frame, value) {
    if (!frame.suspended) return value;
    frame.suspended = false;
    frame.outer = recording.scope;
    recording.scope = frame.scope;
    return value;
  },

  leaveFrame(frame) {
    if (frame.suspended) return;
    if (recording.on) giveBack(recording.scope, frame.outer);
    recording.scope = frame.outer;
  },
};

/** Gives back the scopes from `scope` outwards to `outer`, as far as they are the latest and empty. */
function giveBack(scope: number, outer: number): void {
  const tape = recording.tape;
  const mark = recorded(tape);
  while (scope > outer && tape.scopes.isEmpty(scope, mark)) scope = tape.scopes.remove(scope);
}
