import type { Adjoints } from "../differentiate/reverse.ts";
import type { Structure } from "../language/runtime/parameters.ts";
import type { Primal } from "../primitives/rule.ts";
import { native } from "../primitives/native.ts";
import { Tape } from "../tape/tape.ts";
import { Tensor, type TracedNumber } from "../tape/tensor.ts";

/** The primal that an input gets in place of its own. Inputs are counted from 0 in the order in which they are made. */
export type Move = (input: number, primal: Primal) => Primal;

/** A tape whose inputs stand elsewhere than where the program puts them. */
export class MovedTape extends Tape {
  /** The node of each input. */
  readonly inputs: number[] = [];
  readonly #move: Move | undefined;

  constructor(move?: Move, limitBytes?: number) {
    super(limitBytes);
    this.#move = move;
  }

  override addInput(primal: Primal, name: string, site: number): TracedNumber | Tensor {
    const moved = this.#move === undefined ? primal : this.#move(this.inputs.length, primal);
    const value = super.addInput(moved, name, site);
    this.inputs.push(value.node);
    return value;
  }
}

/** One run of a function at one point. */
export interface Evaluation {
  readonly tape: MovedTape;
  readonly value: number;
  /** The node of the value; −1 where it hangs on no input. */
  readonly output: number;
  readonly parameters: readonly { readonly name: string; readonly structure: Structure }[];
}

const { abs, max } = native;

/** Runs the function; undefined where it throws at the moved point. */
export type Evaluate = (move?: Move) => Evaluation | undefined | Promise<Evaluation | undefined>;

/** One input, or one element of it, that moves. */
export interface Part {
  readonly input: number;
  /** The only element of a tensor that moves. */
  readonly element?: number;
  /** How much each element of a tensor moves; a number of one that is no tensor, or of the only element. */
  readonly tangent: number | Float64Array;
  /** The adjoint of the input, where several move at once. */
  readonly adjoint?: number | Float64Array;
}

/** A direction to move the inputs in. */
export class Direction {
  readonly #parts: ReadonlyMap<number, Part>;

  readonly #bySize: boolean;

  /** `bySize`: whether a step of 1 along it moves each input by about as much as its size. */
  constructor(parts: readonly Part[], bySize = false) {
    this.#parts = new Map(parts.map((part) => [part.input, part]));
    this.#bySize = bySize;
  }

  get parts(): readonly Part[] {
    return [...this.#parts.values()];
  }

  /** The first input that moves. */
  get input(): number {
    return this.#parts.keys().next().value ?? -1;
  }

  /** The inputs moved by `t` along it. */
  move(t: number): Move {
    return (input, primal) => {
      const part = this.#parts.get(input);
      if (part === undefined) return primal;
      const { element, tangent } = part;
      if (typeof primal === "number") return primal + t * (tangent as number);
      const data = primal.data.slice();
      if (element !== undefined) data[element]! += t * (tangent as number);
      else {
        const by = tangent as Float64Array;
        for (let k = 0; k < data.length; k++) data[k]! += t * by[k]!;
      }
      return new Tensor(primal.shape, data);
    };
  }

  /** The derivative along it that adjoints give. */
  along(tape: MovedTape, adjoints: Adjoints): number {
    let derivative = 0;
    for (const { input, element, tangent } of this.#parts.values()) {
      const node = tape.inputs[input]!;
      if (!tape.isTensor(node)) derivative += adjoints.scalar(node) * (tangent as number);
      else if (element !== undefined) derivative += (adjoints.tensor(node)?.data[element] ?? 0) * (tangent as number);
      else adjoints.tensor(node)?.data.forEach((x, k) => (derivative += x * (tangent as Float64Array)[k]!));
    }
    return derivative;
  }

  /** How far the derivative along it is off at most, of that of each input's element. */
  uncertainty(tape: MovedTape, errors: ReadonlyMap<number, number | Float64Array>): number {
    let sum = 0;
    for (const { input, element, tangent } of this.#parts.values()) {
      const error = errors.get(tape.inputs[input]!) ?? 0;
      if (typeof error === "number") sum += error * abs(tangent as number);
      else if (element !== undefined) sum += error[element]! * abs(tangent as number);
      else error.forEach((x, k) => (sum += x * abs((tangent as Float64Array)[k]!)));
    }
    return sum;
  }

  /** The same as tangents of the inputs' nodes. */
  tangents(tape: MovedTape): Map<number, Primal> {
    return new Map(
      [...this.#parts.values()].map(({ input, element, tangent }): [number, Primal] => {
        const node = tape.inputs[input]!;
        if (!tape.isTensor(node)) return [node, tangent as number];
        const shape = tape.shapeOf(node);
        if (element === undefined) return [node, new Tensor(shape, tangent as Float64Array)];
        const data = new Float64Array((tape.primalOf(node) as Tensor).data.length);
        data[element] = tangent as number;
        return [node, new Tensor(shape, data)];
      }),
    );
  }

  /** How far `to` really is from `from` along it: narrow arrays round where they put an element. */
  distance(from: MovedTape, to: MovedTape, intended: number): number {
    if (this.#parts.size !== 1) return intended;
    const [{ input, element, tangent }] = [...this.#parts.values()] as [Part];
    if (typeof tangent !== "number") return intended;
    const at = (tape: MovedTape): number => {
      const primal = tape.primalOf(tape.inputs[input]!);
      return typeof primal === "number" ? primal : primal.data[element!]!;
    };
    return (at(to) - at(from)) / tangent;
  }

  /**
   * What the value changes by, to first order, because inputs are not where the direction takes them: narrow arrays round
   * each of their elements by itself.
   */
  slack(from: MovedTape, to: MovedTape, t: number): number {
    let slack = 0;
    for (const { input, tangent, adjoint } of this.#parts.values()) {
      if (adjoint === undefined) continue;
      const [a, b] = [from, to].map((tape) => tape.primalOf(tape.inputs[input]!));
      if (typeof a === "number") slack += (adjoint as number) * ((b as number) - (a + t * (tangent as number)));
      else {
        const [at, there, by, weights] = [
          a!.data,
          (b as Tensor).data,
          tangent as Float64Array,
          adjoint as Float64Array,
        ];
        for (let k = 0; k < at.length; k++) slack += weights[k]! * (there[k]! - (at[k]! + t * by[k]!));
      }
    }
    return Number.isFinite(slack) ? slack : 0;
  }

  /**
   * How far along the direction the inputs' own sizes reach: the largest, at least what moves some input by 1 or by its
   * size, and that of the only input, where it is one and not 0.
   */
  scale(tape: MovedTape): { readonly largest: number; readonly only: number | undefined } {
    let largest = 0;
    let fastest = 0;
    let count = 0;
    const see = (x: number, tangent: number): void => {
      if (tangent === 0) return;
      largest = max(largest, abs(x / tangent));
      fastest = max(fastest, abs(tangent));
      count++;
    };
    for (const { input, element, tangent } of this.#parts.values()) {
      const primal = tape.primalOf(tape.inputs[input]!);
      if (typeof primal === "number") see(primal, tangent as number);
      else if (element !== undefined) see(primal.data[element]!, tangent as number);
      else primal.data.forEach((x, k) => see(x, (tangent as Float64Array)[k]!));
    }
    const only = count === 1 && largest > 0 ? largest : undefined;
    const least = this.#bySize || fastest === 0 ? 1 : 1 / fastest;
    return { largest: max(least, largest), only };
  }
}

/** A move that is the same every time, however `by` makes it: by input. */
export function settled(by: Move): Move {
  const known = new Map<number, Primal>();
  return (input, primal) => {
    const there = known.get(input) ?? by(input, primal);
    known.set(input, there);
    return there;
  };
}

/** The function with its inputs moved beforehand: seen from another point. */
export function from(evaluate: Evaluate, shift: Move): Evaluate {
  return (move) => evaluate(move === undefined ? shift : (input, primal) => move(input, shift(input, primal)));
}
