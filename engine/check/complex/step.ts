import { customRuleOf } from "../../primitives/custom.ts";
import { codeOf, isPiecewiseConstant, operationName } from "../../primitives/names.ts";
import { dataOf, type Primal } from "../../primitives/rule.ts";
import { rules } from "../../primitives/table.ts";
import { withoutRecording } from "../../tape/recording.ts";
import { Tensor, type Value } from "../../tape/tensor.ts";
import type { Direction, Evaluation } from "../evaluation.ts";
import { WayThrough } from "../wayThrough.ts";
import { smallestNormal } from "../rounding.ts";
import { complexOperation } from "./operations.ts";

/** Binary orders below the smallest of the moved inputs: its square is then far below any rounding. */
const stepOrder = 60;
/** With smaller steps a factor or two underflows. */
const smallestStep = 1e-140;

const custom = codeOf("custom");
// As it is before traced code runs: then `Math` itself takes traced values.
const { abs } = Math;

/** Where the run is not analytic along a direction. */
export interface NotAnalytic {
  readonly op: string;
  readonly site: number;
}

/**
 * The derivative along a direction as Im f(x + ih)/h: the recorded operations carried out in complex numbers, custom
 * functions by what they do inside. There is no subtraction, hence no rounding that grows as h shrinks; and no rule of
 * differentiation is used. W. Squire, G. Trapp, Using complex variables to estimate derivatives of real functions, SIAM
 * Review 40 (1998) 110–112.
 */
export class ComplexStep {
  readonly #run: Evaluation;
  readonly #way: WayThrough;
  /** Whether a node's value has lost digits next to 0. */
  readonly #subnormal = new Map<number, boolean>();

  constructor(run: Evaluation) {
    this.#run = run;
    this.#way = new WayThrough(run);
  }

  /** The derivative, or the first operation along the direction that is not analytic. */
  along(direction: Direction): number | NotAnalytic {
    const { tape, output } = this.#run;
    if (output < 0) return 0;
    const tangents = direction.tangents(tape);
    const step = this.#stepOf(tangents);
    const moving = new Map<number, Primal>();
    for (const [node, tangent] of tangents) moving.set(node, scaled(tangent, step));
    return withoutRecording(tape, () => {
      for (let node = 0; node <= output; node++) {
        if (!this.#way.needs(node)) continue;
        const found = this.#imaginaryOf(node, moving);
        if (found === "not analytic") return { op: operationName(tape.operation[node]!), site: tape.site[node]! };
        if (found === undefined) continue;
        // What lost its digits there does not get them back.
        if (hasSubnormal(found) || this.#isSubnormal(node)) return { op: "underflow", site: tape.site[node]! };
        moving.set(node, found);
      }
      const imaginary = moving.get(output);
      if (imaginary === undefined) return 0;
      const [y] = dataOf(imaginary);
      // What underflowed says nothing.
      if (Math.abs(y!) < smallestNormal && (y !== 0 || step < smallestStep))
        return { op: "underflow", site: tape.site[output]! };
      return y! / step;
    });
  }

  #imaginaryOf(node: number, moving: ReadonlyMap<number, Primal>): Primal | "not analytic" | undefined {
    const { tape } = this.#run;
    const code = tape.operation[node]!;
    if (this.#way.isInput(node)) return this.#way.entering(node, moving);
    const attributes = tape.attributes(node);
    if (code === custom) {
      // It may use values that are none of its inputs.
      const { inside } = customRuleOf(attributes);
      return inside === undefined ? "not analytic" : this.#imaginaryOfValue(inside.result, moving);
    }
    const imaginary: (Primal | undefined)[] = [];
    tape.forEachWord(node, (word) => imaginary.push(word < 0 ? undefined : moving.get(word)));
    if (imaginary.every((part) => part === undefined)) return undefined;
    const name = operationName(code);
    if (name === "stopGradient") return undefined;
    const operation = complexOperation(name);
    const inputs = { real: tape.inputPrimals(node), imaginary, result: tape.primalOf(node) };
    const found = operation?.({ ...inputs, attributes, rule: rules[code]! });
    return found ?? "not analytic";
  }

  #isSubnormal(node: number): boolean {
    let known = this.#subnormal.get(node);
    if (known === undefined) this.#subnormal.set(node, (known = hasSubnormal(this.#run.tape.primalOf(node))));
    return known;
  }

  #imaginaryOfValue(value: Value, moving: ReadonlyMap<number, Primal>): Primal | undefined {
    return typeof value === "number" ? undefined : moving.get(value.node);
  }

  /** Small against the smallest input that moves. */
  #stepOf(tangents: ReadonlyMap<number, Primal>): number {
    const { tape } = this.#run;
    let smallest = 1;
    for (const [node, tangent] of tangents) {
      const [at, by] = [dataOf(tape.primalOf(node)), dataOf(tangent)];
      for (let k = 0; k < at.length; k++) {
        const size = abs(at[k]!);
        if (size < smallest && size !== 0 && by[k] !== 0) smallest = size;
      }
    }
    return 2 ** (Math.floor(Math.log2(smallest)) - stepOrder);
  }
}

function hasSubnormal(primal: Primal): boolean {
  for (const x of dataOf(primal)) if (x < smallestNormal && x > -smallestNormal && x !== 0) return true;
  return false;
}

function scaled(tangent: Primal, step: number): Primal {
  if (typeof tangent === "number") return tangent * step;
  const data = tangent.data.slice();
  for (let k = 0; k < data.length; k++) data[k]! *= step;
  return new Tensor(tangent.shape, data);
}

/** Their factors are orthogonal, or sizes of vectors: with conjugates, which are not analytic. */
const orthogonal: ReadonlySet<string> = new Set(["qr", "eigh", "eigvalsh", "svd", "svdvals", "pinv", "gapQuotient"]);
const unknown: ReadonlySet<string> = new Set(["custom", "polygamma", "cofactors"]);

/** Why there is no derivative by a complex step, in words. */
export function notAnalyticBecause({ op }: NotAnalytic): string {
  if (op === "underflow") return "its imaginary part underflows";
  if (isPiecewiseConstant(op)) return `${op} is constant by pieces`;
  if (orthogonal.has(op)) return `${op} is about lengths and angles, which complex numbers do not keep`;
  if (unknown.has(op)) return `no complex form of ${op} is known here`;
  return `${op} is not analytic there, or made of pieces`;
}
