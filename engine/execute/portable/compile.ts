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

class BoundProgram implements Compiled {
  readonly #program: Program;
  readonly #storage: Storage;
  readonly #plan: Plan;
  readonly #arrays: readonly Float32Array[];
  /** Single numbers, in float64. */
  readonly #scalars: Float64Array;
  readonly #first: readonly Kernel[];
  readonly #second: readonly Kernel[];
  readonly #isShared: (slot: number) => boolean;
  readonly #gather: readonly ((rows: Int32Array) => void)[];

  constructor(program: Program, storage: Storage) {
    this.#program = program;
    this.#storage = storage;
    this.#plan = planUnits(program);
    const { gradients, parameters, state } = program.outputs;
    const kept = new Set<number>();
    for (const id of [...gradients, ...parameters, ...state]) {
      const place = this.#plan.placeOf(id);
      if (place.kind === "view") kept.add(place.view.buffer);
    }
    this.#arrays = layOut(this.#plan, storage, kept);
    this.#scalars = new Float64Array(this.#plan.slots);
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
    const { outputs, guards } = this.#program;
    for (const gather of this.#gather) gather(rows);
    for (const [slot, source] of this.#plan.given) {
      if (source.kind === "parameter") this.#scalars[slot] = this.#storage.parameters[source.leaf]![0]!;
      else if (source.kind === "state") this.#scalars[slot] = this.#storage.state[source.leaf]![0]!;
    }
    for (const kernel of this.#first) kernel();
    const loss = this.#number(outputs.loss);
    const metrics = outputs.metrics.map((id) => this.#number(id));
    const gradientNorms = outputs.gradientNorms.map((id) => this.#number(id));
    let outcome: StepOutcome = "done";
    if (guards.some(({ value, expected }) => this.#differs(value, expected))) outcome = "guard";
    else if (!isFinite(loss) || !gradientNorms.every(isFinite) || !this.#update()) outcome = "non-finite";
    return { outcome, loss, metrics, gradientNorms };
  }

  gradients(): Float32Array[] {
    const { values, outputs } = this.#program;
    return outputs.gradients.map((id) => {
      const place = this.#plan.placeOf(id);
      if (place.kind !== "view") return Float32Array.of(this.#number(id));
      const size = sizeOf(values[id]!.shape);
      return copyOf(this.#arrays[place.view.buffer]!, place.view.offset, size);
    });
  }

  /** False, and nothing is changed, where the update would make weights that are not finite. */
  #update(): boolean {
    const { outputs } = this.#program;
    for (const kernel of this.#second) kernel();
    const { parameters, state } = this.#storage;
    const finite =
      outputs.parameters.every((id, k) => this.#isFinite(id, parameters[k]!.length)) &&
      outputs.state.every((id, k) => this.#isFinite(id, state[k]!.length));
    if (!finite) return false;
    outputs.parameters.forEach((id, k) => this.#put(id, parameters[k]!));
    outputs.state.forEach((id, k) => this.#put(id, state[k]!));
    return true;
  }

  #isFinite(id: number, size: number): boolean {
    const place = this.#plan.placeOf(id);
    // What would overflow in float32 counts as infinite.
    if (place.kind !== "view") return isFinite(fround(this.#numberAt(place)));
    return allFinite(this.#arrays[place.view.buffer]!, place.view.offset, size);
  }

  #put(id: number, to: Float32Array | Float64Array): void {
    const place = this.#plan.placeOf(id);
    if (place.kind === "view") copyInto(to, this.#arrays[place.view.buffer]!, place.view.offset);
    else to[0] = this.#number(id);
  }

  #number(id: number): number {
    return this.#numberAt(this.#plan.placeOf(id));
  }

  #numberAt(place: Operand): number {
    return place.kind === "scalar" ? this.#scalars[place.slot]! : place.kind === "number" ? place.value : NaN;
  }

  /** Numbers of the batch and of the parameters are float32, the expected ones float64. */
  #differs(id: number, expected: number): boolean {
    const value = this.#number(id);
    return value !== expected && value !== fround(expected) && !(value !== value && expected !== expected);
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
