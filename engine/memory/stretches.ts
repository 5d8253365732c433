import { firstPrimitive, type Tape } from "../tape/tape.ts";

/** One call, or one turn of a loop: the nodes `first` to `last`, both included. */
export interface Stretch {
  readonly scope: number;
  readonly first: number;
  readonly last: number;
  /** The same, counted in operations: inputs and constants are none. */
  readonly begin: number;
  readonly end: number;
}

/** All calls of one function, or all turns of one loop. */
export interface Repeated {
  readonly site: number;
  readonly kind: "call" | "loop";
  readonly stretches: readonly Stretch[];
}

/**
 * The functions and loops of a run, with the operations of each of their calls and turns. Calls of a function within a call
 * of it belong to that. Left out is what did not run in one go, and what makes up the whole run.
 */
export function repeatedStretches(tape: Tape): Repeated[] {
  const { scopes, length } = tape;
  const count = scopes.length;
  const order = new Int32Array(length);
  const first = new Int32Array(count).fill(length);
  const last = new Int32Array(count).fill(-1);
  const inside = new Int32Array(count);
  let operations = 0;
  for (let node = 0; node < length; node++) {
    order[node] = operations;
    if (tape.operation[node]! < firstPrimitive) continue;
    operations++;
    const scope = tape.scope[node]!;
    inside[scope]!++;
    first[scope] = Math.min(first[scope]!, node);
    last[scope] = node;
  }
  for (let scope = count - 1; scope > 0; scope--) {
    const parent = scopes.parent(scope);
    inside[parent]! += inside[scope]!;
    first[parent] = Math.min(first[parent]!, first[scope]!);
    last[parent] = Math.max(last[parent]!, last[scope]!);
  }
  const found = new Map<string, { site: number; kind: "call" | "loop"; stretches: Stretch[] | undefined }>();
  const outermost = new Map<string, number>();
  for (let scope = 1; scope < count; scope++) {
    if (inside[scope] === 0) continue;
    const kind = scopes.iteration(scope) < 0 ? "call" : "loop";
    const site = scopes.site(scope);
    const key = `${kind} ${site}`;
    let group = found.get(key);
    if (group === undefined) found.set(key, (group = { site, kind, stretches: [] }));
    // The operations of a scope follow one another: what begins before the latest one ended is inside of it.
    if (first[scope]! <= (outermost.get(key) ?? -1)) continue;
    outermost.set(key, last[scope]!);
    const [begin, end] = [order[first[scope]!]!, order[last[scope]!]!];
    if (end - begin + 1 !== inside[scope]) group.stretches = undefined;
    group.stretches?.push({ scope, first: first[scope]!, last: last[scope]!, begin, end });
  }
  return [...found.values()].flatMap(({ site, kind, stretches = [] }) => {
    const isAll = stretches.length === 1 && stretches[0]!.end - stretches[0]!.begin + 1 === operations;
    return stretches.length === 0 || isAll ? [] : [{ site, kind, stretches }];
  });
}

/** Stretches that follow one another without anything in between; turns of one loop only together with their like. */
export function runsOf(tape: Tape, { kind, stretches }: Repeated): Stretch[][] {
  const runs: Stretch[][] = [];
  for (const stretch of stretches) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    const follows =
      before !== undefined &&
      stretch.begin === before.end + 1 &&
      (kind === "call" || tape.scopes.parent(before.scope) === tape.scopes.parent(stretch.scope));
    if (follows) run!.push(stretch);
    else runs.push([stretch]);
  }
  return runs;
}
