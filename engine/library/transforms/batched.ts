import { broadcastTo } from "../../primitives/broadcasting.ts";
import { custom, customRuleOf } from "../../primitives/custom.ts";
import { slice } from "../../primitives/indexing.ts";
import { apply, shapeOf, type Rule } from "../../primitives/rule.ts";
import { reshape, stack } from "../../primitives/shaping.ts";
import type { Shape } from "../../tape/shape.ts";
import type { Attributes } from "../../tape/tape.ts";
import type { Value } from "../../tape/tensor.ts";

/** A value of one element of a batch: the same for all of them, or with the batch as its first axis. */
export interface Batched {
  readonly value: Value;
  readonly isBatched: boolean;
}

export interface Operation {
  readonly operation: number;
  readonly operands: readonly Batched[];
  readonly attributes: Attributes;
  /** Of the result, for one element of the batch. */
  readonly shape: Shape;
  readonly size: number;
}

export type BatchingRule = (given: Operation, rule: Rule) => Value;

/** Shape of an operand for one element of the batch. */
export const own = ({ value, isBatched }: Batched): Shape => (isBatched ? shapeOf(value).slice(1) : shapeOf(value));

/** Unit axes after the batch, so that an operand has `rank` axes of its own. */
export function raised(operand: Batched, rank: number): Value {
  const shape = own(operand);
  if (!operand.isBatched || shape.length === rank) return operand.value;
  return reshape(operand.value, [shapeOf(operand.value)[0]!, ...ones(rank - shape.length), ...shape]);
}

export const ones = (count: number): number[] => new Array<number>(count).fill(1);

/** With the batch as the first axis of every operand. */
export const everywhere = ({ value, isBatched }: Batched, size: number): Value =>
  isBatched ? value : broadcastTo(value, [size, ...shapeOf(value)]);

export const shifted = (axis: unknown): number => (axis as number) + 1;

export const alongAxis: BatchingRule = ({ operation, operands, attributes, size }, rule) =>
  apply(
    operation,
    rule,
    operands.map((operand) => everywhere(operand, size)),
    { ...attributes, axis: shifted(attributes["axis"]) },
  );

/** For operations without a rule above, and where indices or kernels differ: element by element of the batch. */
export const oneByOne: BatchingRule = ({ operation, operands, attributes, size }, rule) => {
  const call = (inputs: readonly Value[]): Value =>
    operation === custom.code ? customRuleOf(attributes).apply(inputs) : apply(operation, rule, inputs, attributes);
  return stack(
    Array.from({ length: size }, (_, k) =>
      call(operands.map(({ value, isBatched }) => (isBatched ? slice(value, [k]) : value))),
    ),
  );
};
