import { describeShape, sizeOf, type Shape } from "./shape.ts";
import type { Tape } from "./tape.ts";

/**
 * An immutable row-major array of float64 with at least one axis: a scalar is a plain number.
 * `node` is its place on the tape, or `untraced` for a constant.
 */
export class Tensor {
  readonly shape: Shape;
  readonly data: Float64Array;
  readonly node: number;
  readonly #isTensor = true;

  constructor(shape: Shape, data: Float64Array, node: number = untraced) {
    this.shape = shape;
    this.data = data;
    this.node = node;
    if (data.length !== sizeOf(shape))
      throw new RangeError(`${data.length} elements do not fill the shape ${describeShape(shape)}`);
  }

  /** What `instanceof` tells, without asking a value for its prototype: a program's Proxy would see that. */
  static is(value: unknown): value is Tensor {
    return typeof value === "object" && value !== null && #isTensor in value;
  }

  /** `tensor [2, 2] [[1, 2], [3, 4]]`, long ones shortened. */
  toString(): string {
    return `tensor ${describeShape(this.shape)} ${describeElements(this.shape, this.data, 0)}`;
  }

  /** Only text can be made of a tensor. Operators are decided in traced code; anywhere else they would be silently NaN. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    throw new TypeError(
      `an operator or conversion met a tensor of shape ${describeShape(this.shape)} outside of traced code: ` +
        "use add, sub, mul, div, pow and the other functions from adjoint there",
    );
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** Elements shown along one axis before the rest is left out. */
const shownElements = 6;

function describeElements(shape: Shape, data: Float64Array, start: number): string {
  const [extent, ...rest] = shape;
  if (extent === undefined) return String(Number(data[start]!.toPrecision(6)));
  const stride = sizeOf(rest);
  const shown = Array.from({ length: Math.min(extent, shownElements) }, (_, i) =>
    describeElements(rest, data, start + i * stride),
  );
  return `[${shown.join(", ")}${extent > shownElements ? ", …" : ""}]`;
}

/** The node of a value that no tape knows: a constant. */
export const untraced = -1;

/**
 * A scalar on the tape. Everything else about it, its primal included, stands there. It has no members of its own that
 * a program could see: to a program it is a number. On any other tape than its own it is a constant: programs keep
 * values from one run to the next.
 */
export class TracedNumber {
  readonly #node: number;
  readonly #tape: Tape;

  constructor(node: number, tape: Tape) {
    this.#node = node;
    this.#tape = tape;
  }

  /** What `instanceof` tells, as for tensors. */
  static is(value: unknown): value is TracedNumber {
    return typeof value === "object" && value !== null && #node in value;
  }

  get node(): number {
    return this.#node;
  }

  get tape(): Tape {
    return this.#tape;
  }

  /** The number that it holds. */
  get primal(): number {
    return this.#tape.primal[this.#node]!;
  }

  /** Traced code decides operators itself. Anywhere else they would silently be NaN, and the gradient lost. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") {
      textsMade.count++;
      return String(this.primal);
    }
    throw new TypeError(
      "an operator, a comparison or Math met a traced number outside of traced code: " +
        "use add, sub, mul, div, pow, where and the other functions from adjoint there",
    );
  }
}

/** How often a traced number was turned into a text, from which a number may be read again. */
export const textsMade = { count: 0 };

/** What a model computes with. */
export type Value = number | TracedNumber | Tensor;

/** The site of the variable that first held a tensor: where a constant is declared that a tape takes as an input. */
export const declarationSites = new WeakMap<Tensor, number>();

/** Random numbers that were drawn while a recording was on, and what was computed from them alone: other ones in each run. */
export const drawnTensors = new WeakSet<Tensor>();
