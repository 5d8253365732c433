import { broadcastTo } from "../primitives/broadcasting.ts";
import { custom, type CustomRule } from "../primitives/custom.ts";
import { slice } from "../primitives/indexing.ts";
import { isTraced, shapeOf, type Primal } from "../primitives/rule.ts";
import { concat, reshape } from "../primitives/shaping.ts";
import { recording } from "../tape/recording.ts";
import { sizeOf, type Shape } from "../tape/shape.ts";
import type { Attributes } from "../tape/tape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { lastCallKept } from "./custom.ts";

/** How a function that is one operation on the tape is differentiated. Undefined is zero. */
export interface CompositeRule {
  /** What people call it. */
  readonly name: string;
  /** The cotangents of the inputs, from those of the outputs. */
  readonly pull: (
    cotangents: readonly Value[],
    inputs: readonly Value[],
    outputs: readonly Value[],
  ) => readonly (Value | undefined)[];
  /** The tangents of the outputs, from those of the inputs. */
  readonly push: (
    tangents: readonly (Value | undefined)[],
    inputs: readonly Value[],
    outputs: readonly Value[],
  ) => readonly (Value | undefined)[];
  /** What it keeps for its derivative besides inputs and outputs. */
  readonly kept?: readonly Tensor[];
  readonly accuracy?: CustomRule["accuracy"];
}

/**
 * One operation from `inputs` to `outputs`, which have been computed already. What happened in between is not on the tape.
 * Several outputs stand on the tape as one vector, and are parts of it.
 */
export function composite(rule: CompositeRule, inputs: readonly Value[], outputs: readonly Primal[]): readonly Value[] {
  if (outputs.length === 0 || !recording.on || !inputs.some(isTraced)) return outputs;
  const { tape, site, scope } = recording;
  const shapes = outputs.map(shapeOf);
  const packed = packing(shapes);
  const whole = packed.join(outputs) as Primal;
  const pullAll = lastCallKept((cotangent, values, result) =>
    rule.pull(packed.split(cotangent), values, packed.split(result)),
  );
  const attributes: CustomRule = {
    name: rule.name,
    shape: shapeOf(whole),
    definition: 0,
    evaluate: () => whole,
    jvp: (tangents, values, result) => {
      const moved = rule.push(tangents, values, packed.split(result));
      return packed.join(shapes.map((shape, k) => moved[k] ?? broadcastTo(0, shape)));
    },
    pullback: (cotangent, values, result, position) =>
      pullAll(cotangent, values, result)[position] ?? broadcastTo(0, shapeOf(values[position]!)),
    apply: () => {
      throw new Error(`${rule.name} is known at one point only`);
    },
    ...(rule.kept === undefined ? {} : { kept: rule.kept }),
    ...(rule.accuracy === undefined ? {} : { accuracy: rule.accuracy }),
  };
  if (rule.kept !== undefined) tape.keep(bytesOf(rule.kept));
  const node = tape.add(custom.code, whole, inputs, attributes as unknown as Attributes, site, scope);
  return packed.split(node);
}

interface Packing {
  readonly join: (values: readonly Value[]) => Value;
  readonly split: (whole: Value) => readonly Value[];
}

/** Several values as one vector. A single one stays what it is. */
function packing(shapes: readonly Shape[]): Packing {
  if (shapes.length === 1) return { join: ([value]) => value!, split: (whole) => [whole] };
  return {
    join: (values) =>
      concat(
        values.map((value) => reshape(value, [sizeOf(shapeOf(value))])),
        0,
      ),
    split(whole) {
      let from = 0;
      return shapes.map((shape) => {
        const size = sizeOf(shape);
        const part = slice(whole, [[from, (from += size)]]);
        return reshape(part, shape);
      });
    },
  };
}

/** The bytes of the data of values. */
export function bytesOf(values: readonly Primal[]): number {
  return values.reduce<number>((sum, value) => sum + (value instanceof Tensor ? value.data.byteLength : 8), 0);
}
