import { sizeOf, type Shape } from "../../tape/shape.ts";
import type { StepOutcome, StepResult } from "../executor.ts";
import type { Program } from "../program.ts";
import { allFinite, copyInto, copyOf } from "./copy.ts";
import { loopSource, type LoopSource, type Operand } from "./group.ts";
import type { Functions } from "./expressions.ts";
import { kernelOf, type Kernel, type Place } from "./kernels.ts";
import { layOut } from "./memory.ts";
import { productKernel } from "./productKernel.ts";
import { repeatSource, scalarSource } from "./scalarSource.ts";
import { sharedSlots } from "./sharedSlots.ts";
import type { Storage } from "./storage.ts";
import { planUnits, type Plan, type Unit } from "./units.ts";

/** A program bound to its memory. */
export interface Compiled {
  /** Of the memory that the program takes, besides what stays between steps. */
  readonly bytes: number;
  step(rows: Int32Array): StepResult;
  gradients(): Float32Array[];
}

export function compile(program: Program, storage: Storage): Compiled {
  return new BoundProgram(program, storage);
}

/** A number that is read after a stage, by its slot among the single numbers. */
type Slot = number;

/** What a step leaves for the next one: a row of numbers, or a single one. */
type Kept = { readonly to: Float32Array | Float64Array } & (
  { readonly from: Float32Array; readonly offset: number } | { readonly from?: undefined; readonly slot: Slot }
);

/** All that a step looks up is looked up before: small programs take less time than the look-ups would. */
class BoundProgram implements Compiled {
  readonly #program: Program;
  readonly #storage: Storage;
  readonly #plan: Plan;
  readonly #arrays: readonly Float32Array[];
  /** Single numbers, in float64; after those of the plan the constants among the outputs. */
  readonly #scalars: Float64Array;
  readonly #first: readonly Kernel[];
  readonly #second: readonly Kernel[];
  readonly #isShared: (slot: number) => boolean;
  readonly #gather: readonly ((rows: Int32Array) => void)[];
  readonly #given: readonly { readonly slot: Slot; readonly from: Float32Array | Float64Array }[];
  readonly #loss: Slot;
  readonly #metrics: readonly Slot[];
  readonly #gradientNorms: readonly Slot[];
  readonly #guards: readonly { readonly slot: Slot; readonly expected: number }[];
  readonly #kept: readonly Kept[];

  constructor(program: Program, storage: Storage) {
    this.#program = program;
    this.#storage = storage;
    this.#plan = planUnits(program);
    const { loss, metrics, gradientNorms, gradients, parameters, state } = program.outputs;
    const read = new Set<number>();
    for (const id of [...gradients, ...parameters, ...state]) {
      const place = this.#plan.placeOf(id);
      if (place.kind === "view") read.add(place.view.buffer);
    }
    this.#arrays = layOut(this.#plan, storage, read);
    const constants: number[] = [];
    const slotOf = (id: number): Slot => {
      const place = this.#plan.placeOf(id);
      if (place.kind === "scalar") return place.slot;
      return this.#plan.slots + constants.push(place.kind === "number" ? place.value : NaN) - 1;
    };
    const keeping = (id: number, to: Float32Array | Float64Array): Kept => {
      const place = this.#plan.placeOf(id);
      if (place.kind !== "view") return { to, slot: slotOf(id) };
      return { to, from: this.#arrays[place.view.buffer]!, offset: place.view.offset };
    };
    this.#loss = slotOf(loss);
    this.#metrics = metrics.map(slotOf);
    this.#gradientNorms = gradientNorms.map(slotOf);
    this.#guards = program.guards.map(({ value, expected }) => ({ slot: slotOf(value), expected }));
    this.#kept = [
      ...parameters.map((id, k) => keeping(id, storage.parameters[k]!)),
      ...state.map((id, k) => keeping(id, storage.state[k]!)),
    ];
    this.#scalars = new Float64Array(this.#plan.slots + constants.length);
    constants.forEach((value, k) => (this.#scalars[this.#plan.slots + k] = value));
    this.#given = Array.from(this.#plan.given).flatMap(([slot, source]) => {
      if (source.kind === "parameter") return [{ slot, from: storage.parameters[source.leaf]! }];
      return source.kind === "state" ? [{ slot, from: storage.state[source.leaf]! }] : [];
    });
    const shared = sharedSlots(this.#plan, program);
    this.#isShared = (slot) => shared[slot] === 1;
    this.#first = this.#plan.first.map((unit) => this.#kernel(unit));
    this.#second = this.#plan.second.map((unit) => this.#kernel(unit));
    this.#gather = this.#plan.buffers.flatMap(({ source }, buffer) =>
      source?.kind === "batch" ? [gatherer(storage.data[source.leaf]!, this.#arrays[buffer]!)] : [],
    );
  }

  get bytes(): number {
    const { parameters, state } = this.#storage;
    const own = new Set<Float32Array | Float64Array>();
    // Buffers that nobody uses have no array.
    this.#arrays.forEach((array) => own.add(array));
    for (const array of [...parameters, ...state]) own.delete(array);
    return [...own].reduce((sum, array) => sum + array.byteLength, this.#scalars.byteLength);
  }

  step(rows: Int32Array): StepResult {
    const scalars = this.#scalars;
    for (const gather of this.#gather) gather(rows);
    for (const { slot, from } of this.#given) scalars[slot] = from[0]!;
    for (const kernel of this.#first) kernel();
    const loss = scalars[this.#loss]!;
    const metrics: number[] = [];
    for (const slot of this.#metrics) metrics.push(scalars[slot]!);
    let finite = isFinite(loss);
    const gradientNorms: number[] = [];
    for (const slot of this.#gradientNorms) {
      const norm = scalars[slot]!;
      gradientNorms.push(norm);
      if (!isFinite(norm)) finite = false;
    }
    let outcome: StepOutcome = "done";
    if (!this.#takesTheSameCourse()) outcome = "guard";
    else if (!finite || !this.#update()) outcome = "non-finite";
    return { outcome, loss, metrics, gradientNorms };
  }

  gradients(): Float32Array[] {
    const { values, outputs } = this.#program;
    return outputs.gradients.map((id) => {
      const place = this.#plan.placeOf(id);
      if (place.kind !== "view") return Float32Array.of(this.#numberAt(place));
      const size = sizeOf(values[id]!.shape);
      return copyOf(this.#arrays[place.view.buffer]!, place.view.offset, size);
    });
  }

  /** False, and nothing is changed, where the update would make weights that are not finite. */
  #update(): boolean {
    for (const kernel of this.#second) kernel();
    for (const kept of this.#kept) {
      const finite =
        kept.from === undefined
          ? // What would overflow in float32 counts as infinite.
            isFinite(fround(this.#scalars[kept.slot]!))
          : allFinite(kept.from, kept.offset, kept.to.length);
      if (!finite) return false;
    }
    for (const kept of this.#kept)
      if (kept.from === undefined) kept.to[0] = this.#scalars[kept.slot]!;
      else copyInto(kept.to, kept.from, kept.offset);
    return true;
  }

  #numberAt(place: Operand): number {
    return place.kind === "scalar" ? this.#scalars[place.slot]! : place.kind === "number" ? place.value : NaN;
  }

  /**
   * Whether what the program hangs on is as expected. Numbers of the batch and of the parameters are float32, the expected
   * ones float64.
   */
  #takesTheSameCourse(): boolean {
    for (const { slot, expected } of this.#guards) {
      const value = this.#scalars[slot]!;
      if (value !== expected && value !== fround(expected) && !(value !== value && expected !== expected)) return false;
    }
    return true;
  }

  #kernel(unit: Unit): Kernel {
    switch (unit.kind) {
      case "loop": {
        const functions: Functions = {};
        return this.#compiled(loopSource(unit.shape, unit.members, functions), functions);
      }
      case "scalars": {
        const functions: Functions = {};
        return this.#compiled(scalarSource(unit, this.#isShared, functions), functions);
      }
      case "repeat": {
        const functions: Functions = {};
        return this.#compiled(repeatSource(unit, this.#isShared, functions), functions);
      }
      case "product":
        return productKernel(unit, this.#arrays);
      case "clear": {
        const array = this.#arrays[unit.buffer]!;
        const { size } = this.#plan.buffers[unit.buffer]!;
        return () => {
          for (let k = 0; k < size; k++) array[k] = 0;
        };
      }
      case "kernel": {
        const { operation, inputs, result } = unit;
        const { values } = this.#program;
        const places = inputs.map((input, k) => this.#place(input, values[operation.inputs[k]!]!.shape));
        return kernelOf(operation, places, this.#place(result, operation.shape));
      }
    }
  }

  #place(operand: Operand, shape: Shape): Place {
    if (operand.kind === "view")
      return { data: this.#arrays[operand.view.buffer]!, offset: operand.view.offset, shape };
    if (operand.kind === "scalar") return { data: this.#scalars, offset: operand.slot, shape };
    return { data: Float64Array.of(this.#numberAt(operand)), offset: 0, shape };
  }

  #compiled({ source, buffers }: LoopSource, functions: Functions): Kernel {
    const names = ["s", ...Array.from(buffers, (buffer) => `b${buffer}`), ...Object.keys(functions)];
    const bound = [
      this.#scalars,
      ...Array.from(buffers, (buffer) => this.#arrays[buffer]),
      ...Object.values(functions),
    ];
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is made from the program's own operations
    const bind = new Function(...names, `return function () {\n${source}\n}`) as (...values: unknown[]) => Kernel;
    return bind(...bound);
  }
}

const { fround } = Math;

function gatherer(
  { shape, data }: { readonly shape: Shape; readonly data: Float32Array },
  to: Float32Array,
): (rows: Int32Array) => void {
  const size = sizeOf(shape.slice(1));
  return (rows) => {
    let at = 0;
    for (const row of rows) for (let from = row * size, end = from + size; from < end; from++) to[at++] = data[from]!;
  };
}
