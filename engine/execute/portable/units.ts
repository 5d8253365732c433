/** A program as a list of units of work in the order in which they are done. */
import type { Region } from "../../primitives/indexing.ts";
import { sizeOf, type Shape } from "../../tape/shape.ts";
import type { Program, ProgramValue } from "../program.ts";
import { isElementwise } from "./expressions.ts";
import type { Member, Operand } from "./group.ts";
import type { Operation } from "./kernels.ts";
import { reroll, type RepeatedMember } from "./reroll.ts";
import { isContiguous, lookAt, regionView, wholeView, type View } from "./view.ts";

/** Elementwise operations of one shape, done in one pass. */
export interface LoopUnit {
  readonly kind: "loop";
  readonly shape: Shape;
  readonly members: readonly Member[];
}

/** Operations on single numbers, and what moves them out of tensors and into them. */
export interface ScalarUnit {
  readonly kind: "scalars";
  readonly members: readonly ScalarMember[];
}

export type ScalarMember =
  | { readonly kind: "compute"; readonly slot: number; readonly name: string; readonly operands: readonly Operand[] }
  | { readonly kind: "store"; readonly buffer: number; readonly offset: number; readonly operand: Operand };

/** Operations on single numbers that repeat themselves, as a loop. */
export interface RepeatUnit {
  readonly kind: "repeat";
  readonly count: number;
  readonly members: readonly RepeatedMember[];
}

/** One operation with a kernel of its own. Its operands are whole tensors and numbers. */
export interface KernelUnit {
  readonly kind: "kernel";
  readonly operation: Operation;
  readonly inputs: readonly Operand[];
  readonly result: Operand;
}

export interface ProductUnit {
  readonly kind: "product";
  readonly left: View;
  readonly right: View;
  /** Row-major, with all axes that the product has before vectors leave theirs out. */
  readonly result: View;
}

/** Zeros all over a buffer. */
export interface ClearUnit {
  readonly kind: "clear";
  readonly buffer: number;
}

export type Unit = LoopUnit | ScalarUnit | RepeatUnit | KernelUnit | ProductUnit | ClearUnit;

/** A row of numbers of the plan. Those of parameters, state, constants and the batch are there before it begins. */
export interface Buffer {
  readonly size: number;
  readonly source?: Exclude<ProgramValue, { readonly kind: "operation" }>;
}

export interface Plan {
  readonly buffers: readonly Buffer[];
  readonly slots: number;
  /** Slots of single numbers that are there before the plan begins. */
  readonly given: ReadonlyMap<number, Exclude<ProgramValue, { readonly kind: "operation" }>>;
  /** What loss, metrics, gradients and guards hang on, then the update. */
  readonly first: readonly Unit[];
  readonly second: readonly Unit[];
  /** Where a value is; of a tensor contiguous. */
  readonly placeOf: (id: number) => Operand;
}

/** Larger ones would need more registers than there are, and compile slowly. */
const mostMembers = 40;
const mostScalars = 400;

export function planUnits(program: Program): Plan {
  return new Planner(program).plan();
}

type Given = Exclude<ProgramValue, { readonly kind: "operation" }>;

interface Group {
  readonly shape: Shape;
  readonly members: Map<number, Omit<Member, "store">>;
}

class Planner {
  readonly #program: Program;
  readonly #buffers: Buffer[] = [];
  readonly #given = new Map<number, Given>();
  /** By value. */
  readonly #places: (Operand | undefined)[];
  readonly #users: readonly number[][];
  readonly #outputs: ReadonlySet<number>;
  /** Groups that still take members, by shape. */
  readonly #open = new Map<string, Group>();
  /** The open group that will write a buffer. */
  readonly #writer = new Map<number, Group | "scalars">();
  /** The open group that a value is a member of. */
  readonly #memberOf = new Map<number, Group>();
  readonly #copies = new Map<string, View>();
  #scalars: ScalarMember[] = [];
  readonly #slotsInHand = new Set<number>();
  #slots = 0;
  #units: Unit[] = [];

  constructor(program: Program) {
    const { values, outputs, guards } = program;
    this.#program = program;
    this.#places = new Array<Operand | undefined>(values.length);
    this.#users = values.map(() => []);
    values.forEach((value, id) => {
      if (value.kind === "operation") for (const input of value.inputs) this.#users[input]!.push(id);
    });
    const { loss, metrics, gradients, gradientNorms, parameters, state } = outputs;
    const guarded = guards.map(({ value }) => value);
    this.#outputs = new Set([loss, ...metrics, ...gradients, ...gradientNorms, ...parameters, ...state, ...guarded]);
  }

  plan(): Plan {
    const { values, outputs, guards } = this.#program;
    const { loss, metrics, gradients, gradientNorms } = outputs;
    const early = [loss, ...metrics, ...gradients, ...gradientNorms, ...guards.map(({ value }) => value)];
    const inFirst = new Uint8Array(values.length);
    for (const id of early) inFirst[id] = 1;
    for (let id = values.length - 1; id >= 0; id--) {
      const value = values[id]!;
      if (inFirst[id] === 1 && value.kind === "operation") for (const input of value.inputs) inFirst[input] = 1;
    }
    values.forEach((value, id) => {
      if (value.kind !== "operation") this.#places[id] = this.#give(value);
    });
    const stage = (wanted: 0 | 1): Unit[] => {
      values.forEach((value, id) => {
        if (value.kind === "operation" && inFirst[id] === wanted) this.#places[id] = this.#operation(id, value);
      });
      // What is read after a stage stands in a row.
      for (const id of this.#outputs) if (inFirst[id] === wanted) this.#places[id] = this.#inRow(this.#places[id]!);
      this.#flushAll();
      const units = this.#units;
      this.#units = [];
      return units;
    };
    const first = stage(1);
    const second = stage(0);
    return {
      buffers: this.#buffers,
      slots: this.#slots,
      given: this.#given,
      first,
      second,
      placeOf: (id) => this.#places[id]!,
    };
  }

  #give(value: Given): Operand {
    if (value.kind === "constant" && typeof value.data === "number") return { kind: "number", value: value.data };
    if (value.shape.length > 0) return { kind: "view", view: this.#newView(value.shape, value) };
    const slot = this.#slots++;
    this.#given.set(slot, value);
    return { kind: "scalar", slot };
  }

  #newView(shape: Shape, source?: Given): View {
    const buffer = this.#buffers.push({ size: sizeOf(shape), ...(source === undefined ? {} : { source }) }) - 1;
    return wholeView(buffer, shape);
  }

  #operation(id: number, operation: Operation): Operand {
    const { name, inputs, shape, attributes } = operation;
    const operands = inputs.map((input) => this.#places[input]!);
    const [first] = operands;
    if (shape.length === 0) {
      if (name === "slice" || (name === "reshape" && first!.kind === "view")) {
        const view = lookAt(
          "slice",
          (first as ViewOperand).view,
          [],
          elementRegion(operation, this.#shapeOf(inputs[0]!)),
        );
        return this.#load(view!);
      }
      if (operands.every(({ kind }) => kind !== "view") && isElementwise(name)) return this.#compute(name, operands);
      if (first?.kind !== "view" && (name === "reshape" || name === "sumTo")) return first!;
    } else {
      if (name === "stack" && operands.every(({ kind }) => kind !== "view")) return this.#store(shape, operands);
      if (first?.kind === "view") {
        const look = lookAt(name, first.view, shape, attributes);
        if (look !== undefined) return { kind: "view", view: look };
        if (name === "reshape") return { kind: "view", view: lookAt(name, this.#row(first.view), shape, attributes)! };
      } else if (name === "broadcastTo" || name === "reshape") return this.#join(id, "copy", shape, operands);
      if (isElementwise(name)) return this.#join(id, name, shape, operands);
      if (name === "matmul") return this.#product(operation, operands as ViewOperand[]);
      if (name === "pad") return this.#pad(shape, attributes as unknown as Region, first!);
      if (name === "concat" || name === "stack")
        return this.#concat(name, shape, attributes["axis"] as number, operands, inputs);
    }
    return this.#kernel(operation, operands);
  }

  #shapeOf(id: number): Shape {
    return this.#program.values[id]!.shape;
  }

  // ------------------------------------------------------------------------------------------------ single numbers

  #compute(name: string, operands: readonly Operand[]): Operand {
    const slot = this.#slots++;
    this.#scalars.push({ kind: "compute", slot, name, operands });
    this.#slotsInHand.add(slot);
    return { kind: "scalar", slot };
  }

  #load(view: View): Operand {
    this.#awaitBuffer(view.buffer, "scalars");
    return this.#compute("copy", [{ kind: "view", view }]);
  }

  #store(shape: Shape, operands: readonly Operand[]): Operand {
    const view = this.#newView(shape);
    operands.forEach((operand, offset) => this.#scalars.push({ kind: "store", buffer: view.buffer, offset, operand }));
    this.#writer.set(view.buffer, "scalars");
    return { kind: "view", view };
  }

  #flushScalars(): void {
    if (this.#scalars.length === 0) return;
    for (const stretch of reroll(this.#scalars)) {
      if (stretch.kind === "repeat") this.#units.push(stretch);
      else
        for (let at = 0; at < stretch.members.length; at += mostScalars)
          this.#units.push({ kind: "scalars", members: stretch.members.slice(at, at + mostScalars) });
    }
    this.#scalars = [];
    this.#slotsInHand.clear();
    for (const [buffer, writer] of this.#writer) if (writer === "scalars") this.#writer.delete(buffer);
  }

  // ---------------------------------------------------------------------------------------------------------- loops

  /** Makes an elementwise operation part of the loop over its shape. */
  #join(id: number, name: string, shape: Shape, operands: readonly Operand[]): Operand {
    const key = shape.join();
    let group = this.#open.get(key);
    if (group !== undefined && group.members.size >= mostMembers) {
      this.#flush(group);
      group = undefined;
    }
    const inputs = (this.#program.values[id] as Operation).inputs;
    const own = operands.map((operand, k): Operand => {
      const input = inputs[k]!;
      if (group !== undefined && this.#memberOf.get(input) === group) return { kind: "member", id: input };
      this.#ready(operand);
      return operand;
    });
    // Making an operand ready may have closed the group, and then its members are in their buffers.
    const current = this.#open.get(key);
    const members = own.map((operand, k) =>
      operand.kind === "member" && current?.members.has(operand.id) !== true ? operands[k]! : operand,
    );
    group = current ?? { shape, members: new Map() };
    this.#open.set(key, group);
    group.members.set(id, { id, name, operands: members });
    this.#memberOf.set(id, group);
    const view = this.#newView(shape);
    this.#writer.set(view.buffer, group);
    return { kind: "view", view };
  }

  #flush(group: Group): void {
    this.#open.delete(group.shape.join());
    const members = [...group.members.values()].map((member): Member => {
      const { view } = this.#places[member.id] as ViewOperand;
      this.#writer.delete(view.buffer);
      this.#memberOf.delete(member.id);
      const inside =
        !this.#outputs.has(member.id) && this.#users[member.id]!.every((user) => isUseWithin(group, user, member.id));
      return { ...member, store: inside ? undefined : view };
    });
    this.#units.push({ kind: "loop", shape: group.shape, members });
  }

  #flushAll(): void {
    this.#flushScalars();
    for (const group of [...this.#open.values()]) this.#flush(group);
  }

  /** Sees to it that an operand is there for whatever comes next. */
  #ready(operand: Operand): void {
    if (operand.kind === "scalar" && this.#slotsInHand.has(operand.slot)) this.#flushScalars();
    if (operand.kind === "view") this.#awaitBuffer(operand.view.buffer);
  }

  #awaitBuffer(buffer: number, except?: "scalars"): void {
    const writer = this.#writer.get(buffer);
    if (writer === undefined || writer === except) return;
    if (writer === "scalars") this.#flushScalars();
    else this.#flush(writer);
  }

  // -------------------------------------------------------------------------------------------------------- kernels

  #kernel(operation: Operation, operands: readonly Operand[]): Operand {
    const inputs = operands.map((operand) => this.#inRow(operand));
    for (const input of inputs) this.#ready(input);
    const result: Operand =
      operation.shape.length === 0
        ? { kind: "scalar", slot: this.#slots++ }
        : { kind: "view", view: this.#newView(operation.shape) };
    this.#units.push({ kind: "kernel", operation, inputs, result });
    return result;
  }

  #product(operation: Operation, operands: readonly ViewOperand[]): Operand {
    for (const operand of operands) this.#ready(operand);
    const [left, right] = operands.map(({ view }) => view) as [View, View];
    const result = this.#newView(operation.shape);
    this.#units.push({ kind: "product", left, right, result });
    return { kind: "view", view: result };
  }

  /** Zeros with a value in a region of them. */
  #pad(shape: Shape, region: Region, operand: Operand): Operand {
    const whole = this.#newView(shape);
    this.#units.push({ kind: "clear", buffer: whole.buffer });
    this.#copy(operand, regionView(whole.buffer, region), region.extents);
    return { kind: "view", view: whole };
  }

  #concat(name: string, shape: Shape, axis: number, operands: readonly Operand[], inputs: readonly number[]): Operand {
    const whole = this.#newView(shape);
    let start = 0;
    operands.forEach((operand, k) => {
      const part = this.#shapeOf(inputs[k]!);
      const extents = name === "stack" ? part.toSpliced(axis, 0, 1) : part;
      const starts = shape.map((_, other) => (other === axis ? start : 0));
      const steps = shape.map(() => 1);
      this.#copy(operand, regionView(whole.buffer, { starts, steps, extents, dropped: [], whole: shape }), extents);
      start += extents[axis]!;
    });
    return { kind: "view", view: whole };
  }

  /** Copies an operand, seen in shape `extents`, to a place in another buffer. */
  #copy(operand: Operand, to: View, extents: Shape): void {
    this.#ready(operand);
    let from = operand;
    if (operand.kind === "view" && operand.view.shape.length !== extents.length) {
      // Axes of extent 1 that were left out step nowhere.
      let own = 0;
      const strides = extents.map((extent) => {
        if (operand.view.shape[own] === extent) return operand.view.strides[own++]!;
        return 0;
      });
      from = { kind: "view", view: { ...operand.view, shape: extents, strides } };
    }
    this.#units.push({
      kind: "loop",
      shape: extents,
      members: [{ id: 0, name: "copy", operands: [from], store: to }],
    });
  }

  #inRow(operand: Operand): Operand {
    return operand.kind === "view" ? { kind: "view", view: this.#row(operand.view) } : operand;
  }

  /** The view itself, or a copy of it whose elements stand in a row. */
  #row(view: View): View {
    if (isContiguous(view)) return view;
    const key = `${view.buffer} ${view.offset} ${view.shape.join()} ${view.strides.join()}`;
    let copy = this.#copies.get(key);
    if (copy === undefined) {
      copy = this.#newView(view.shape);
      this.#copies.set(key, copy);
      this.#copy({ kind: "view", view }, copy, view.shape);
    }
    return copy;
  }
}

type ViewOperand = Extract<Operand, { readonly kind: "view" }>;

/** Whether an operation takes a value as an operand of the same loop. */
function isUseWithin(group: Group, user: number, id: number): boolean {
  const uses = group.members.get(user)?.operands ?? [];
  return uses.some((operand) => operand.kind === "member" && operand.id === id);
}

/** The only element of a tensor, or the one that a slice names, as a region. */
function elementRegion({ name, attributes }: Operation, shape: Shape): Readonly<Record<string, unknown>> {
  if (name === "slice") return attributes;
  return { starts: shape.map(() => 0), steps: shape.map(() => 1), dropped: shape.map((_, axis) => axis) };
}
