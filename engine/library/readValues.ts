import { CustomRuleError, insideOfCustomFunctions } from "../differentiate/custom.ts";
import { linearize } from "../differentiate/linearize.ts";
import { custom, type CustomRule } from "../primitives/custom.ts";
import { isTraced, primalOf, shapeOf, type Primal } from "../primitives/rule.ts";
import { recording, withoutRecording, type Watcher } from "../tape/recording.ts";
import type { Attributes } from "../tape/tape.ts";
import { Tensor, textsMade, TracedNumber, type Value } from "../tape/tensor.ts";

/** A custom rule as a function of two lists of values: what it is linear in, and where it is taken. */
type RuleAt = (linear: readonly Value[], at: readonly Value[]) => readonly (Value | undefined)[];

/**
 * Custom rules may compute with plain numbers that they read out of traced values, as text or from typed arrays of whole
 * numbers. What they give is then right, but its own derivative would be wrong in silence. Where a rule is found to do so,
 * that derivative is refused.
 */
export class ReadValues {
  readonly #function: string;
  readonly #rule: RuleAt;
  readonly #definition: number;
  /** Found so far: whether what it gives varies with `at`, or with `linear`, beside the tape. */
  readonly #hidden = { at: false, linear: false };
  #looks = 0;

  constructor(name: string, rule: RuleAt, definition: number) {
    this.#function = name;
    this.#rule = rule;
    this.#definition = definition;
  }

  /** What the rule gives. */
  call(linear: readonly Value[], at: readonly Value[]): readonly (Value | undefined)[] {
    const variable = [...linear, ...at].filter(isTraced);
    // A gradient check compares second derivatives itself, and what is compiled has none.
    if (!recording.on || variable.length === 0 || insideOfCustomFunctions.recorded) return this.#rule(linear, at);
    const reads = new Reads();
    const outer = recording.watcher;
    recording.watcher = reads;
    let given: unknown;
    try {
      given = this.#rule(linear, at);
    } finally {
      recording.watcher = outer;
    }
    // What does not fit is refused further down.
    if (!isListOfValues(given)) return given as readonly Value[];
    const suspicious =
      reads.seen ||
      given.some((value) => (value instanceof Tensor ? !isTraced(value) : typeof value === "number" && value !== 0));
    if (suspicious && this.#looks < mostLooks) this.#look(linear.map(primalOf).map(along), at.map(primalOf));
    const hidden = [...(this.#hidden.at ? at : []), ...(this.#hidden.linear ? linear : [])];
    return given.map((value) => (value === undefined ? undefined : this.#guarded(value, hidden)));
  }

  /** Whether the recorded operations have the derivative of what is computed; anywhere in `linear`, since it is that. */
  #look(linear: readonly Primal[], at: readonly Primal[]): void {
    this.#looks++;
    withoutRecording(recording.tape, () => {
      this.#hidden.at ||= differs((values) => this.#rule(linear, values), at);
      this.#hidden.linear ||= differs((values) => this.#rule(values, at), linear);
    });
  }

  #guarded(value: Value, hidden: readonly Value[]): Value {
    if (!recording.on || !hidden.some(isTraced)) return value;
    const refuse = (): never => {
      throw new CustomRuleError(
        `The ${this.#function} function of this custom rule cannot be differentiated again: what it returns hangs on numbers that it reads out of its arguments, which no derivative is known of; write it with operators and functions of adjoint alone.`,
        this.#definition,
      );
    };
    const rule: CustomRule = {
      name: this.#function === "backward" ? "customVjp" : "customJvp",
      shape: shapeOf(value),
      definition: 0,
      evaluate: ([primal]) => primal!,
      // The factors by which it passes on what it is linear in hang on the same numbers.
      jvp: ([tangent, ...others], [, ...at]) =>
        others.some((other) => other !== undefined) ? refuse() : this.#guarded(tangent!, at),
      pullback: (cotangent, [, ...at], _, position) => (position === 0 ? this.#guarded(cotangent, at) : refuse()),
      apply: ([given]) => given!,
    };
    const { tape, site, scope } = recording;
    return tape.add(custom.code, primalOf(value), [value, ...hidden], rule as unknown as Attributes, site, scope);
  }
}

/** A rule may behave at one point. */
const mostLooks = 3;

class Reads implements Watcher {
  #read = false;
  readonly #texts = textsMade.count;
  readonly #outer = recording.watcher;
  readonly compared: Watcher["compared"] = (...comparison) => this.#outer?.compared(...comparison);
  readonly read: Watcher["read"] = (value) => {
    this.#read = true;
    this.#outer?.read(value);
  };

  get seen(): boolean {
    return this.#read || textsMade.count > this.#texts;
  }

  get compiles(): boolean {
    return this.#outer?.compiles === true;
  }
}

function isListOfValues(x: unknown): x is readonly (Value | undefined)[] {
  const isValue = (value: unknown): boolean =>
    value === undefined || typeof value === "number" || value instanceof TracedNumber || value instanceof Tensor;
  return Array.isArray(x) && x.every(isValue);
}

const step = 1e-4;
/** Where differences of two sizes agree this well, the function is smooth; and a derivative that is off by more is another. */
const [agrees, off] = [1e-3, 1e-2];

function differs(f: (values: readonly Value[]) => readonly (Value | undefined)[], at: readonly Primal[]): boolean {
  const directions = at.map((value, k) => along(value, k));
  const moved = (size: number): Float64Array =>
    elements(f(at.map((value, k) => combined(value, directions[k]!, size))));
  const slope = (size: number): Float64Array => {
    const [ahead, behind] = [moved(size), moved(-size)];
    return ahead.map((value, k) => (value - behind[k]!) / (2 * size));
  };
  const [coarse, fine] = [slope(step), slope(step / 2)];
  const largest = size(fine);
  const noise = (1e-9 * size(moved(0))) / step;
  if (!(largest > noise) || !(size(fine.map((value, k) => value - coarse[k]!)) <= agrees * largest)) return false;
  const run = linearize((values) => f(values).map((value) => value ?? 0), at);
  const tangents = run.push(directions);
  const recorded = elements(
    run.outputs.map((output, k) => tangents[k] ?? combined(primalOf(output), primalOf(output), -1)),
  );
  return recorded.length === fine.length && size(fine.map((value, k) => value - recorded[k]!)) > off * largest;
}

const size = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function elements(values: readonly (Value | undefined)[]): Float64Array {
  return Float64Array.from(
    values.flatMap((value) => {
      const primal = primalOf(value ?? 0);
      return typeof primal === "number" ? [primal] : [...primal.data];
    }),
  );
}

/** A direction that favours no element, of the size of a value. */
function along(value: Primal, seed: number): Primal {
  const one = (x: number, k: number): number => (0.5 + Math.abs(Math.sin(3 + 7 * k + 13 * seed))) * (Math.abs(x) || 1);
  return typeof value === "number" ? one(value, 0) : new Tensor(value.shape, value.data.map(one));
}

/** a + size·b. */
function combined(a: Primal, b: Primal, size: number): Primal {
  if (typeof a === "number") return a + size * (b as number);
  return new Tensor(
    a.shape,
    a.data.map((x, k) => x + size * (b as Tensor).data[k]!),
  );
}
