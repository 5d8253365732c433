import { add } from "../primitives/arithmetic.ts";
import { identity } from "../primitives/identity.ts";
import { isTraced, primalOf } from "../primitives/rule.ts";
import { recordApart, recording } from "../tape/recording.ts";
import { smallCapacity, Tape } from "../tape/tape.ts";
import type { Value } from "../tape/tensor.ts";
import { pullBack, pushForward, type ValueOf } from "./recordedPasses.ts";
import { reverseFrom } from "./reverse.ts";

/** A function as it ran once, with its derivative there. */
export interface Linearized {
  readonly outputs: readonly Value[];
  /** Jᵀ·c: a cotangent for each input, from one for each output. Undefined is zero, on either side. */
  readonly pull: (cotangents: readonly (Value | undefined)[]) => (Value | undefined)[];
  /** J·t: a tangent for each output, from one for each input. Undefined is zero, on either side. */
  readonly push: (tangents: readonly (Value | undefined)[]) => (Value | undefined)[];
}

/** The part of a tape between variables and outputs. */
export interface Stretch {
  readonly tape: Tape;
  /** By input, the node that stands for it. */
  readonly variables: readonly number[];
  /** By output, its node; undefined where the output is a constant. */
  readonly outputs: readonly (number | undefined)[];
  /** Whether the tape holds nothing else: then passes over numbers take the path that allocates nothing per node. */
  readonly whole: boolean;
  readonly at?: ValueOf;
}

/**
 * Runs `f` at a point. While a recording is on, `f` is recorded on its tape, and so are the passes through it: they can be
 * differentiated again, to any order. Each input gets a node of its own first, so that what `f` closes over is never taken
 * for what it is given, also where both are the same value (the perturbation confusion of Siskind and Pearlmutter 2005).
 * While none is on, `f` is recorded on a tape of its own.
 */
export function linearize(f: (inputs: readonly Value[]) => readonly Value[], at: readonly Value[]): Linearized {
  const tape = recording.on ? recording.tape : new Tape(recording.tape.limitBytes, smallCapacity);
  const whole = !recording.on;
  const run = (): Linearized => {
    const { site } = recording;
    const variables = at.map((value) => (whole ? tape.addInput(primalOf(value), "", 0) : asVariable(tape, value)));
    const outputs = f(variables);
    recording.site = site;
    const nodes = variables.map(({ node }) => node);
    return { outputs, ...derivativeOf({ tape, variables: nodes, outputs: nodesOf(tape, outputs), whole }) };
  };
  return whole ? recordApart(tape, run) : run();
}

/** A node of its own for a value, also where that is a constant. It has no place in the text: the value has one. */
function asVariable(tape: Tape, value: Value): Exclude<Value, number> {
  return tape.add(identity.code, primalOf(value), [value], undefined, 0, recording.scope);
}

export function nodesOf(tape: Tape, values: readonly Value[]): (number | undefined)[] {
  return values.map((value) => (typeof value !== "number" && tape.owner(value) === tape ? value.node : undefined));
}

export function derivativeOf(stretch: Stretch): Pick<Linearized, "pull" | "push"> {
  const { tape, variables, outputs, at: valueOf = (node: number) => tape.valueOf(node) } = stretch;
  const plain = (values: Iterable<Value>): boolean =>
    !recording.on || ![...values, ...variables.map(valueOf)].some(isTraced);
  return {
    pull(cotangents) {
      const seeds = new Map<number, Value>();
      outputs.forEach((node, k) => {
        const cotangent = cotangents[k];
        if (node === undefined || cotangent === undefined) return;
        const known = seeds.get(node);
        seeds.set(node, known === undefined ? cotangent : add(known, cotangent));
      });
      if (seeds.size === 0) return variables.map(() => undefined);
      if (!stretch.whole || !plain(seeds.values())) {
        const adjoints = pullBack(tape, seeds, variables, valueOf);
        return variables.map((node) => adjoints.get(node));
      }
      const adjoints = reverseFrom(
        tape,
        new Map([...seeds].map(([node, seed]) => [node, primalOf(seed)])),
        new Set(variables),
      );
      return variables.map((node) => {
        if (!adjoints.reached(node)) return undefined;
        return tape.isTensor(node) ? adjoints.tensor(node) : adjoints.scalar(node);
      });
    },
    push(tangents) {
      const moving = new Map<number, Value>();
      variables.forEach((node, k) => {
        const tangent = tangents[k];
        if (tangent !== undefined) moving.set(node, tangent);
      });
      if (moving.size === 0) return outputs.map(() => undefined);
      const nodes = outputs.filter((node) => node !== undefined);
      const moved = pushForward(tape, moving, nodes, valueOf);
      return outputs.map((node) => (node === undefined ? undefined : moved.get(node)));
    },
  };
}
