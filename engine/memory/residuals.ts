import type { Shape } from "../tape/shape.ts";
import type { Tape } from "../tape/tape.ts";
import { isCheckpoint } from "./backward.ts";
import type { Forward } from "./storages.ts";
import type { Passes, Usage } from "./usage.ts";

/** What is kept of the values that one expression made with one operation. */
export interface ResidualGroup {
  readonly key: number;
  /** The first of the nodes. */
  readonly node: number;
  readonly bytes: number;
  readonly values: number;
  readonly executions: number;
  /** The most frequent first. */
  readonly shapes: readonly Shape[];
  /** Those first that read most. */
  readonly readers: readonly Reader[];
}

/** Nodes of one expression and operation that read a value to pass their adjoints on. */
export interface Reader {
  /** The first of them. */
  readonly node: number;
  /** What the value is to them: the result, or which of the inputs; "kept" where a checkpoint's policy keeps it. */
  readonly role: "result" | "kept" | number;
  /** For the adjoints of which inputs. */
  readonly targets: readonly number[];
  readonly bytes: number;
}

interface OpenReader {
  readonly node: number;
  readonly role: Reader["role"];
  readonly targets: Set<number>;
  bytes: number;
}

interface OpenGroup {
  readonly key: number;
  readonly node: number;
  bytes: number;
  values: number;
  readonly shapes: Map<string, { readonly shape: Shape; count: number }>;
  readonly readers: Map<number, OpenReader>;
}

/** Codes of operations: a tape keeps them as bytes. */
const operations = 256;
/** Positions of inputs that are told apart. */
const positions = 64;

/** All that is kept, by the expressions that made it, the largest first. */
export function residualGroups(tape: Tape, { forward, backward }: Passes, usage: Usage): ResidualGroup[] {
  const groups = new Map<number, OpenGroup>();
  const groupOf = new Map<number, OpenGroup>();
  for (const storage of usage.residuals) {
    const node = forward.makerOf[storage]!;
    const key = keyOf(tape, node, forward);
    let group = groups.get(key);
    if (group === undefined)
      groups.set(key, (group = { key, node, bytes: 0, values: 0, shapes: new Map(), readers: new Map() }));
    groupOf.set(storage, group);
    group.bytes += forward.storages.bytes(storage);
    group.values++;
    addShape(group, shapeOf(tape, forward, storage));
    if (forward.keptByRules.has(storage))
      addReader(group, tape, node, "kept", undefined, forward.storages.bytes(storage));
  }
  for (let step = 0; step < backward.steps.length; step++) {
    const reader = backward.steps.nodes.get(step);
    backward.steps.forEachAccess(step, (storage) => {
      const group = storage < 0 ? undefined : groupOf.get(storage);
      if (group === undefined || (forward.keptByRules.has(storage) && isCheckpoint(tape, reader))) return;
      const role = roleOf(tape, forward, reader, storage);
      addReader(group, tape, reader, role, backward.steps.positions.get(step), forward.storages.bytes(storage));
    });
  }
  const executions = new Map<number, number>();
  for (let node = 0; node < tape.length; node++) {
    const key = keyOf(tape, node, forward);
    if (groups.has(key)) executions.set(key, (executions.get(key) ?? 0) + 1);
  }
  return [...groups.values()]
    .sort((a, b) => b.bytes - a.bytes || a.node - b.node)
    .map(({ shapes, readers, ...group }) => ({
      ...group,
      executions: executions.get(group.key)!,
      shapes: [...shapes.values()].sort((a, b) => b.count - a.count).map(({ shape }) => shape),
      readers: [...readers.values()]
        .sort((a, b) => b.bytes - a.bytes || a.node - b.node)
        .map((reader) => ({ ...reader, targets: [...reader.targets].sort((a, b) => a - b) })),
    }));
}

/** One for each expression and operation. */
function keyOf(tape: Tape, node: number, forward?: Forward): number {
  const site = tape.site[node]! || tape.site[forward?.drawnFor.get(node) ?? node]!;
  return site * operations + tape.operation[node]!;
}

function addShape({ shapes }: OpenGroup, shape: Shape): void {
  const key = shape.join();
  const known = shapes.get(key);
  if (known === undefined) shapes.set(key, { shape, count: 1 });
  else known.count++;
}

function addReader(
  { readers }: OpenGroup,
  tape: Tape,
  node: number,
  role: Reader["role"],
  target: number | undefined,
  bytes: number,
): void {
  const place = typeof role === "number" ? Math.min(role, positions - 3) + 2 : role === "result" ? 1 : 0;
  const key = keyOf(tape, node) * positions + place;
  let reader = readers.get(key);
  if (reader === undefined) readers.set(key, (reader = { node, role, targets: new Set(), bytes: 0 }));
  if (target !== undefined) reader.targets.add(target);
  reader.bytes += bytes;
}

function roleOf(tape: Tape, { storageOf }: Forward, reader: number, storage: number): Reader["role"] {
  let role: number | undefined;
  tape.forEachWord(reader, (word, position) => {
    if (word >= 0 && storageOf[word] === storage) role ??= position;
  });
  return role ?? "result";
}

function shapeOf(tape: Tape, { makerOf, keptByRules }: Forward, storage: number): Shape {
  return keptByRules.get(storage) ?? tape.shapeOf(makerOf[storage]!);
}
