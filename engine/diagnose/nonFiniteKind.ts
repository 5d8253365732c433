import { dataOf, type Primal } from "../primitives/rule.ts";
import { indexAt } from "../tape/shape.ts";

/** How a value that is not finite came about. */
export type NonFiniteKind =
  "domain" | "division by zero" | "pole" | "overflow" | "0·∞" | "∞−∞" | "∞/∞" | "0/0" | "operand";

/** Where an operation made something that is not finite: the first such element, and what stood there. */
export interface BadElement {
  /** The index of the element; empty for a scalar. */
  readonly index: readonly number[];
  readonly result: number;
  /** The operands' elements that it was made of, where elements correspond. */
  readonly operands: readonly number[];
}

/** What became of it in the end. */
export type Consequence = { readonly result: number } | Spoiled;

/** The node at which the backward pass broke, and the parameters it did not reach sound. */
export interface Spoiled {
  readonly node: number;
  readonly parameters: readonly string[];
}

/** One backward step that gave NaN or ±∞ for a finite cotangent. */
export interface BackwardStep {
  readonly kind: NonFiniteKind;
  readonly cotangent: number;
  readonly derivative: number;
  readonly operands: readonly number[];
  readonly index: readonly number[];
}

/** Row-major position of the first element that is not finite; NaN before infinities. −1 where all are finite. */
export function firstBad(primal: Primal): number {
  const data = dataOf(primal);
  const nan = data.findIndex((x) => x !== x);
  return nan >= 0 ? nan : data.findIndex((x) => x - x !== 0);
}

export function isFinitePrimal(primal: Primal): boolean {
  if (typeof primal === "number") return primal - primal === 0;
  const { data } = primal;
  for (const x of data) if (x - x !== 0) return false;
  return true;
}

/** The first element of `result` that is not finite, with the operands that broadcast to it. */
export function badElement(result: Primal, inputs: readonly Primal[]): BadElement {
  const at = firstBad(result);
  const shape = typeof result === "number" ? [] : result.shape;
  const index = indexAt(shape, at);
  const operands = inputs.map((input) => elementAt(input, index));
  return {
    index,
    result: dataOf(result)[at]!,
    operands: operands.every((x) => x !== undefined) ? operands : extremesOf(inputs),
  };
}

/** The element that broadcasts to `index`; undefined where the shapes do not correspond. */
function elementAt(primal: Primal, index: readonly number[]): number | undefined {
  if (typeof primal === "number") return primal;
  const { shape, data } = primal;
  if (shape.length > index.length) return undefined;
  let at = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    const extent = shape[axis]!;
    const position = extent === 1 ? 0 : index[axis + index.length - shape.length]!;
    if (position >= extent) return undefined;
    at = at * extent + position;
  }
  return data[at];
}

/** Of operations whose elements do not correspond: of each input the element that is not finite, else the largest. */
function extremesOf(inputs: readonly Primal[]): number[] {
  return inputs.map((input) => {
    const data = dataOf(input);
    const bad = firstBad(input);
    return bad >= 0 ? data[bad]! : data.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  });
}

const logarithms: ReadonlySet<string> = new Set(["log", "log2", "log10"]);

/** The kind of a forward operation that gave a value that is not finite. */
export function forwardKind(operation: string, { result, operands }: BadElement): NonFiniteKind {
  const [a = 0, b = 0] = operands;
  const infinite = operands.some((x) => Math.abs(x) === Infinity);
  if (operands.some(Number.isNaN)) return "operand";
  if (operation === "div" && b === 0) return a === 0 ? "0/0" : "division by zero";
  if (Number.isNaN(result)) {
    if ((operation === "mod" || operation === "remainder") && b === 0) return "division by zero";
    if (!infinite)
      return ["sum", "matmul", "cumsum", "prod", "cumprod", "linearRecurrence"].includes(operation)
        ? "overflow"
        : "domain";
    if (operation === "div") return "∞/∞";
    if (["mul", "matmul", "prod"].includes(operation)) return "0·∞";
    return ["sin", "cos", "tan", "mod"].includes(operation) ? "domain" : "∞−∞";
  }
  if (infinite) return "operand";
  const atPole =
    (logarithms.has(operation) && a === 0) ||
    (operation === "log1p" && a === -1) ||
    ((operation === "atanh" || operation === "erfinv") && Math.abs(a) === 1) ||
    (["reciprocal", "rsqrt", "digamma"].includes(operation) && a === 0) ||
    (operation === "lgamma" && a <= 0) ||
    (operation === "polygamma" && b <= 0) ||
    (operation === "xlogy" && b === 0) ||
    (operation === "xlog1py" && b === -1) ||
    (["gamma", "expi", "exp1"].includes(operation) && a === 0) ||
    (operation === "ndtri" && (a === 0 || a === 1)) ||
    (["besselY", "besselK", "besselKe"].includes(operation) && b === 0) ||
    (operation === "pow" && a === 0);
  return atPole ? "pole" : "overflow";
}

/** The kind of a backward step: from what it passed on, and what it passes on for a cotangent of ones. */
export function backwardKind(passed: number, derivative: number): NonFiniteKind {
  if (Number.isNaN(derivative)) return "domain";
  if (Number.isNaN(passed)) return "0·∞";
  return Math.abs(derivative) === Infinity ? "pole" : "overflow";
}
