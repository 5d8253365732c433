import type { Program, ProgramValue } from "../program.ts";

/**
 * The single numbers of a program that hang on neither the batch nor anything that is on the GPU, such as a count of steps
 * and the corrections of Adam: computed in float64, and given to the kernels as arguments.
 */
export class HostNumbers {
  /** Leaves of the state that are kept as a number. */
  readonly leaves: ReadonlySet<number>;
  readonly #program: Program;
  /** Of every value: whether it is one of these numbers. */
  readonly #isHost: Uint8Array;
  /** What is computed anew in each step, in order. */
  readonly #computed: readonly number[];

  constructor(program: Program) {
    this.#program = program;
    const { values, outputs } = program;
    const leaves = new Set<number>();
    for (const value of values) if (value.kind === "state" && value.shape.length === 0) leaves.add(value.leaf);
    let isHost = classified(values, leaves);
    // A number that comes to hang on the batch is kept on the GPU, and then so is what hangs on it.
    for (;;) {
      const moved = [...leaves].filter((leaf) => outputs.state.length > 0 && isHost[outputs.state[leaf]!] === 0);
      if (moved.length === 0) break;
      for (const leaf of moved) leaves.delete(leaf);
      isHost = classified(values, leaves);
    }
    this.leaves = leaves;
    this.#isHost = isHost;
    this.#computed = values.flatMap((_, id) => (isHost[id] === 1 ? [id] : []));
  }

  has(id: number): boolean {
    return this.#isHost[id] === 1;
  }

  /** By value. `state` gives a number that is kept between steps. */
  compute(state: (leaf: number) => number): Float64Array {
    const { values } = this.#program;
    const numbers = new Float64Array(values.length);
    for (const id of this.#computed) {
      const value = values[id]!;
      if (value.kind === "constant") numbers[id] = value.data as number;
      else if (value.kind === "state") numbers[id] = state(value.leaf);
      else if (value.kind === "operation") {
        const inputs = value.inputs.map((input) => numbers[input]!);
        numbers[id] = hostFunctions[value.name]?.(...inputs) ?? inputs[0]!;
      }
    }
    return numbers;
  }
}

function classified(values: readonly ProgramValue[], leaves: ReadonlySet<number>): Uint8Array {
  const isHost = new Uint8Array(values.length);
  values.forEach((value, id) => {
    if (value.kind === "constant") isHost[id] = typeof value.data === "number" ? 1 : 0;
    else if (value.kind === "state") isHost[id] = value.shape.length === 0 && leaves.has(value.leaf) ? 1 : 0;
    else if (value.kind === "operation" && value.shape.length === 0) {
      const known = Object.hasOwn(hostFunctions, value.name) || identities.has(value.name);
      isHost[id] = known && value.inputs.every((input) => isHost[input] === 1) ? 1 : 0;
    }
  });
  return isHost;
}

/** What does nothing to a single number. */
const identities = new Set<string>(["reshape", "broadcastTo", "sumTo", "transpose", "stopGradient", "identity"]);

type NumberFunction = (...inputs: number[]) => number;

const ofMath =
  "exp expm1 log log1p log2 log10 sqrt cbrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh atan2 hypot floor ceil round trunc sign fround abs max min pow".split(
    " ",
  );

/**
 * The primitives as functions of numbers. The table of primitives itself compiles code from text, which a page under a
 * content security policy may not; a primitive that is missing here is computed on the GPU.
 */
export const hostFunctions: Readonly<Record<string, NumberFunction | undefined>> = {
  ...Object.fromEntries(ofMath.map((name) => [name, (Math as unknown as Record<string, NumberFunction>)[name]])),
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  mod: (a, b) => a % b,
  neg: (a) => -a,
  reciprocal: (a) => 1 / a,
  square: (a) => a * a,
  rsqrt: (a) => 1 / Math.sqrt(a),
  equal: (a, b) => Number(a === b),
  notEqual: (a, b) => Number(a !== b),
  less: (a, b) => Number(a < b),
  lessEqual: (a, b) => Number(a <= b),
  greater: (a, b) => Number(a > b),
  greaterEqual: (a, b) => Number(a >= b),
  winsMax: (a, b) => Number(a >= b || Number.isNaN(a)),
  winsMin: (a, b) => Number(a <= b || Number.isNaN(a)),
  where: (condition, a, b) => (condition === 0 ? b : a),
  clip: (x, low, high) => Math.min(Math.max(x, low), high),
  relu: (x) => Math.max(x, 0),
};
