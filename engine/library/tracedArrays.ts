import { slice } from "../primitives/indexing.ts";
import { f16round, fround } from "../primitives/rounding.ts";
import { isTraced, primalOf } from "../primitives/rule.ts";
import { Tensor, TracedNumber, type Value } from "../tape/tensor.ts";

/** A typed array of floating-point or whole numbers. */
export type NumberArray = ArrayLike<number> & ArrayBufferView & { readonly [Symbol.toStringTag]: string };
type Constructor = new (elements: ArrayLike<number>) => NumberArray;

/** How elements of typed arrays are read and made. Who keeps traced values beside typed arrays has ways of its own. */
export const typedArrayElements: {
  read: (array: ArrayLike<number>) => Iterable<number | TracedNumber>;
  /** An array like `like`, of as many elements as `whole`, a vector, has. */
  make: (like: NumberArray, whole: Value) => unknown;
} = {
  read: (array) => array as unknown as Iterable<number>,
  make(like, whole) {
    const { data } = primalOf(whole) as Tensor;
    if (!isTraced(whole)) return new (constructorOf(like))(data);
    const held = rounded(like, whole);
    const array = new Proxy(new (constructorOf(like))(data), new Elements(held));
    wholes.set(array, held);
    return array;
  },
};

/** Of the whole numbers and floats that JavaScript has arrays of; bigints are no numbers here. */
export function isNumberArray(x: unknown): x is NumberArray {
  return ArrayBuffer.isView(x) && !(x instanceof DataView) && !x.constructor.name.startsWith("Big");
}

/** Whether its elements can be anything between whole numbers. */
export function isFloatArray(x: NumberArray): boolean {
  return x[Symbol.toStringTag].startsWith("Float");
}

/** The vector that a typed array stands for in code that is not instrumented; undefined of anything else. */
export function wholeOf(x: unknown): Value | undefined {
  return typeof x === "object" && x !== null ? wholes.get(x) : undefined;
}

/** A typed array with the numbers that this one holds, if it is one with traced elements. */
export function plainArray(x: object): unknown {
  const whole = wholes.get(x);
  return whole === undefined ? x : new (constructorOf(x as NumberArray))((primalOf(whole) as Tensor).data);
}

const wholes = new WeakMap<object, Value>();

function constructorOf(like: NumberArray): Constructor {
  return (globalThis as unknown as Record<string, Constructor>)[like[Symbol.toStringTag]]!;
}

/** Narrower arrays round what they are given; the derivative passes straight through. */
function rounded(like: NumberArray, whole: Value): Value {
  const kind = like[Symbol.toStringTag];
  if (kind === "Float64Array") return whole;
  return kind === "Float32Array" ? fround(whole) : f16round(whole);
}

/**
 * A typed array cannot hold traced numbers. In code that is not instrumented a function that is differentiated gets
 * something that reads like one, element by element, and is refused where it is written to.
 */
class Elements implements ProxyHandler<NumberArray> {
  readonly #whole: Value;

  constructor(whole: Value) {
    this.#whole = whole;
  }

  get(target: NumberArray, key: string | symbol): unknown {
    const index = typeof key === "string" ? Number(key) : NaN;
    if (Number.isInteger(index) && index >= 0 && index < target.length) return slice(this.#whole, [index]);
    const member: unknown = Reflect.get(target, key, target);
    if (typeof member !== "function" || key === "constructor") return member;
    const generic: unknown = Reflect.get(Array.prototype, key);
    if (typeof generic !== "function" || writing.has(key)) throw refusal(String(key));
    return (...args: unknown[]): unknown => generic.apply(this.#elements(target.length), args) as unknown;
  }

  set(_: NumberArray, key: string | symbol): never {
    throw refusal(String(key));
  }

  #elements(count: number): Value[] {
    return Array.from({ length: count }, (_, k) => slice(this.#whole, [k]));
  }
}

const writing: ReadonlySet<string | symbol> = new Set(["copyWithin", "fill", "reverse", "set", "sort", "subarray"]);

function refusal(member: string): TypeError {
  return new TypeError(
    `a typed array with traced elements is only read outside of traced code, so ${member} is not there: use the functions from adjoint, such as add, slice and stack`,
  );
}
