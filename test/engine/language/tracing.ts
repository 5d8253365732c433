import assert from "node:assert/strict";
import { createRuntime } from "../../../engine/language/runtime/createRuntime.ts";
import { reverse } from "../../../engine/differentiate/reverse.ts";
import { recordOn } from "../../../engine/tape/recording.ts";
import { Tape } from "../../../engine/tape/tape.ts";
import { Tensor, TracedNumber } from "../../../engine/tape/tensor.ts";

/** One runtime for the process of a test file: it replaces builtins, so the assertions above are taken first. */
export const installed = createRuntime();
export const $ = installed.runtime;

/** Makes an input on the tape at hand. */
export type Input = (primal: number, name?: string) => TracedNumber;

/** Runs `body` recorded on a fresh tape. */
export function traced<T>(body: (input: Input, tape: Tape) => T): T {
  const tape = new Tape();
  return recordOn(tape, () =>
    body((primal, name = "x") => new TracedNumber(tape.addInput(primal, name, 0).node, tape), tape),
  );
}

/** The value of a function of numbers, and its gradient. */
export function gradient(
  f: (...values: never[]) => unknown,
  at: readonly number[],
): { value: number; gradient: number[] } {
  return traced((input, tape) => {
    const inputs = at.map((primal, k) => input(primal, `x${k}`));
    const result = f(...(inputs as never[]));
    if (!(result instanceof TracedNumber)) return { value: result as number, gradient: at.map(() => 0) };
    const adjoints = reverse(tape, result.node);
    return { value: tape.primal[result.node]!, gradient: inputs.map(({ node }) => adjoints.scalar(node)) };
  });
}

/** What a traced result holds, nested arrays included. */
export function held(value: unknown): unknown {
  if (value instanceof TracedNumber) return $.primal(value);
  if (value instanceof Tensor) return { shape: value.shape, data: [...value.data] };
  return Array.isArray(value) ? value.map(held) : value;
}

/** A thunk's value, or the error that it throws, as text that tells −0, BigInt and types apart. */
export function outcome(thunk: () => unknown): string {
  try {
    const value = held(thunk());
    return `${typeof value} ${Object.is(value, -0) ? "-0" : typeof value === "symbol" ? value.toString() : String(value)}`;
  } catch (error) {
    assert.ok(error instanceof Error);
    return `${error.name}: ${error.message}`;
  }
}
