import type { Decoration, ExperimentalDecoration } from "./decorators.ts";

/**
 * What instrumented code calls. The instrumenter (instrument.ts) writes these calls, operators.ts and its neighbours
 * answer them; this page is their contract. In instrumented text the object is named by `runtimeName`.
 *
 * Every function behaves as the language does when no operand is traced, BigInt, strings, objects with `valueOf`,
 * Symbols and exceptions included, and evaluates its operands exactly once, in the language's order.
 * Sites come first, so that spread arguments can follow.
 */
export interface Runtime {
  // ---- operators: a ∘ b
  add(site: number, a: unknown, b: unknown): unknown;
  sub(site: number, a: unknown, b: unknown): unknown;
  mul(site: number, a: unknown, b: unknown): unknown;
  div(site: number, a: unknown, b: unknown): unknown;
  mod(site: number, a: unknown, b: unknown): unknown;
  pow(site: number, a: unknown, b: unknown): unknown;
  neg(site: number, a: unknown): unknown;
  /** Unary `+`. */
  plus(site: number, a: unknown): unknown;
  /** `x++` and `x--`: the operand as number or BigInt (ToNumeric), then one more or one less than that. */
  numeric(a: unknown): unknown;
  increment(site: number, a: unknown): unknown;
  decrement(site: number, a: unknown): unknown;
  /** Bitwise operators work on primals and end the gradient, which is reported once per site when an operand is traced. */
  bitAnd(site: number, a: unknown, b: unknown): unknown;
  bitOr(site: number, a: unknown, b: unknown): unknown;
  bitXor(site: number, a: unknown, b: unknown): unknown;
  shiftLeft(site: number, a: unknown, b: unknown): unknown;
  shiftRight(site: number, a: unknown, b: unknown): unknown;
  shiftRightUnsigned(site: number, a: unknown, b: unknown): unknown;
  bitNot(site: number, a: unknown): unknown;

  // ---- comparisons and truth, on primals; each outcome that hangs on a traced value is noted among the tape's branches
  less(site: number, a: unknown, b: unknown): boolean;
  lessEqual(site: number, a: unknown, b: unknown): boolean;
  greater(site: number, a: unknown, b: unknown): boolean;
  greaterEqual(site: number, a: unknown, b: unknown): boolean;
  looseEqual(site: number, a: unknown, b: unknown): boolean;
  strictEqual(site: number, a: unknown, b: unknown): boolean;
  /** ToBoolean. `a && b` is written `truth(site, t = a) ? b : t`. */
  truth(site: number, a: unknown): boolean;
  typeOf(a: unknown): string;
  /** What `switch` and `case` compare. */
  primal(a: unknown): unknown;

  // ---- members with computed keys. Elements of typed arrays carry their nodes in a shadow.
  /** A traced number as property key; everything else unchanged. */
  key(k: unknown): unknown;
  /** ToPropertyKey: for keys that are used twice, as in `o[k] += v`. An `object` that has no members is refused before. */
  propertyKey(k: unknown, object?: unknown): unknown;
  get(site: number, object: unknown, key: unknown): unknown;
  /** Gives `value`, as an assignment does. `strict` as the code around it is: a failed assignment then throws. */
  set(site: number, object: unknown, key: unknown, value: unknown, strict: boolean): unknown;
  /** What an object pattern takes apart or an object spread copies: typed arrays give their elements traced. */
  parts(object: unknown): unknown;
  /** The same for a pattern that has others in it; `taking` is a `Taking` as JSON. */
  taken(value: unknown, taking: string): unknown;
  /** An iterable whose values a pattern takes apart, one in each turn of a loop. */
  each(iterable: unknown, taking: string): unknown;
  /** A key that no array has. */
  readonly nothing: symbol;
  /** A key by which an array gives itself. */
  itself(): symbol;
  /** An assignment target inside a destructuring pattern: assigning to its `value` sets object[key]. */
  target(site: number, object: unknown, key: unknown, strict: boolean): { value: unknown };

  // ---- calls
  /** `Math.f(…)` where `Math` is the global one. Falls back to Math.f when the program has replaced it. */
  readonly math: Readonly<Record<string, (site: number, ...values: unknown[]) => unknown>>;
  /** Calls of global functions by name: Number, String, Boolean, BigInt, parseInt, parseFloat, isNaN, isFinite, Array, Object. */
  readonly globals: Readonly<Record<string, (site: number, ...values: unknown[]) => unknown>>;
  /** The text that is handed to `eval`, instrumented; anything else, or where `callee` is no longer the language's own, as it is. */
  evaluated(site: number, callee: unknown, strict: boolean, text: unknown): unknown;
  /** Wraps the last argument of any other call: notes the call's site for what the callee records itself. */
  last<T>(site: number, argument: T): T;
  /** `new callee(...values)`: typed arrays, Array, Number … take traced values; everything else is Reflect.construct. */
  construct(site: number, callee: unknown, ...values: unknown[]): unknown;

  /** A package's function that gives a number back with another exponent or sign. */
  scaling(native: unknown): unknown;

  // ---- classes with decorators
  decoration(decorators: readonly unknown[]): Decoration;
  /** The same for an expression: what `make` gives. */
  decorate<T>(decorators: readonly unknown[], make: (decoration: Decoration) => T): T;
  experimentalDecoration(): ExperimentalDecoration;

  // ---- scopes
  /** The current scope; kept at a function's start, put back by `leave` in its `finally`. */
  scope(): number;
  enter(site: number): void;
  leave(scope: number): void;
  /** At the start of each turn of a loop. `outer` is the scope around it; `iteration` is its counter, or counts from 0. */
  iterate(outer: number, site: number, iteration: number): void;
  /** The scope kept by generators and async functions across `yield` and `await`. */
  frame(site: number): Frame;
  /**
   * `resume(frame, yield suspend(frame, v))`, and the same around `await`. What is suspended stays so when suspended again;
   * what runs stays so when resumed, as at the head of each `catch`.
   */
  suspend<T>(frame: Frame, value: T): T;
  resume<T>(frame: Frame, value: T): T;
  /** Nothing where the frame is suspended: whoever ended it goes on in its own scope. */
  leaveFrame(frame: Frame): void;

  // ---- what people see
  /** Notes what a variable holds; the site is of kind "binding". Gives the value back. */
  observe<T>(site: number, value: T): T;
  /** A default of a traceable function's parameter: when the engine itself calls that function, an independent variable. */
  parameter(functionId: number, index: number, name: string, site: number, value: unknown): unknown;
}

/**
 * What a pattern takes apart. 0: nothing that could be a typed array. 1: its own keys could be those of elements. Of a
 * pattern that has others in it: what its members or items are, in their order, and for an object pattern which of the
 * two it is itself.
 */
export type Taking =
  0 | 1 | { readonly members: readonly Taking[]; readonly elements: 0 | 1 } | { readonly items: readonly Taking[] };

/** The scope of a suspended function. */
export interface Frame {
  scope: number;
  /** The scope of whoever resumed it. */
  outer: number;
  suspended: boolean;
}

/** An identifier that no program uses: the instrumented text reads it from globalThis. */
export const runtimeName = "$adjoint";
