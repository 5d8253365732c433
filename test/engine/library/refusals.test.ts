import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as adjoint from "../../../engine/library/index.ts";
import { isArgumentError } from "../../../engine/primitives/argumentErrors.ts";

const { ShapeError, zeros } = adjoint;
const x = zeros([2, 3]);
const wrong = (value: unknown): never => value as never;

/** What is refused, with the sentence that says so. */
const refusals: Readonly<Record<string, readonly (readonly [run: () => unknown, message: string])[]>> = {
  axes: [
    [() => adjoint.cumprod(x, 2), "cumprod of [2, 3]: there is no axis 2; give one from -2 to 1"],
    [() => adjoint.moveAxis(x, 0, 5), "moveAxis of [2, 3]: there is no axis 5; give one from -2 to 1"],
    [() => adjoint.diagonal(x, 0, 1, -1), "diagonal of [2, 3]: axis 1 is given twice"],
    [() => adjoint.median(x, 3), "median of [2, 3]: there is no axis 3; give one from -2 to 1"],
    [() => adjoint.any(x, [0, 0]), "any of [2, 3]: axis 0 is given twice"],
    [() => adjoint.flatten(x, 1, 0), "flatten of [2, 3]: axis 1 comes after axis 0"],
  ],
  shapes: [
    [
      () => adjoint.einsum("ij,jk->ik", x, zeros([4, 5])),
      'einsum "ij,jk->ik" of [2, 3] and [4, 5]: j is 3 in operand 1 and 4 in operand 2',
    ],
    [() => adjoint.einsum("ijk", x), 'einsum "ijk" of [2, 3]: operand 1 has 2 axes, its subscripts "ijk" name 3'],
    [
      () => adjoint.einsum("ij,jk", x),
      'einsum "ij,jk" of [2, 3]: 2 subscripts for 1 operand; give one for each, separated by commas',
    ],
    [() => adjoint.einsum("ij->iz", x), 'einsum "ij->iz" of [2, 3]: the output names z, which no operand has'],
    [() => adjoint.einsum("ij->ii", x), 'einsum "ij->ii" of [2, 3]: the output names i twice'],
    [
      () => adjoint.einsum("i-j", x),
      'einsum "i-j" of [2, 3]: subscripts are letters, "..." for any axes, a comma between operands, and one arrow before the output',
    ],
    [
      () => adjoint.tensordot(x, x, 1),
      "tensordot of [2, 3] and [2, 3]: axis 1 of the first has 3 elements, axis 0 of the second 2",
    ],
    [
      () => adjoint.tensordot(x, x, 3),
      "tensordot of [2, 3] and [2, 3]: both have no 3 axes; give a whole number from 0 to 2",
    ],
    [
      () => adjoint.scatterSet(x, [0, 1], zeros([2, 4]), 1),
      "scatterSet of [2, 3] along axis 1 at indices [2]: the updates have shape [2, 4]; give [2, 2]",
    ],
    [
      () => adjoint.scatterAddAlongAxis(x, zeros([3, 1]), 1, 1),
      "scatterAddAlongAxis of [2, 3] along axis 1 at indices [3, 1]: they must be equal except along axis 1",
    ],
    [() => adjoint.segmentSum(x, [0], 2), "segmentSum of [2, 3] by segments [1]: give a segment for each of its rows"],
    [() => adjoint.topK(x, 4), "topK of [2, 3]: k is 4; axis 1 has 3 elements, give a whole number from 0 to that"],
    [
      () => adjoint.repeat(x, [1], 1),
      "repeat of [2, 3] along axis 1: give one count, or 3 of them, whole numbers from 0 on",
    ],
    [() => adjoint.roll(x, [1, 2], 0), "roll of [2, 3]: 2 shifts for 1 axis; give one for each"],
    [
      () => adjoint.diag(zeros([2, 2, 2])),
      "diag of [2, 2, 2]: give it a vector or a matrix; diagonal and diagEmbed take stacks of them",
    ],
    [() => adjoint.trace(wrong(3)), "trace of scalar: give it a matrix"],
    [() => adjoint.glu(x), "glu of [2, 3]: axis 1 has 3 elements; an even number is cut into halves"],
    [() => adjoint.select([x], []), "select: 1 condition for 0 choices; give one for each"],
    [
      () => adjoint.attention(x, zeros([2, 4]), x),
      "attention of query [2, 3], key [2, 4] and value [2, 3]: queries have 3 features, keys 4",
    ],
    [
      () => adjoint.attention(x, x, zeros([5, 3])),
      "attention of query [2, 3], key [2, 3] and value [5, 3]: there are 2 keys for 5 values",
    ],
    [
      () => adjoint.batchNorm(x, { scale: [1, 2] }),
      "batchNorm of [2, 3]: scale has shape [2]; give a number for each of the 3 channels",
    ],
    [() => adjoint.batchNorm(x, { mean: 0 }), "batchNorm of [2, 3]: give mean and variance, or none of them"],
    [() => adjoint.groupNorm(x, 2), "groupNorm of [2, 3]: 3 channels cannot be cut into 2 equal groups"],
    [() => adjoint.std([1], 0, { ddof: 1 }), "std of [1] with ddof 1: it has 1 element; it takes more than ddof"],
    [() => adjoint.median([]), "median of [0]: there is no element to choose from"],
    [
      () => adjoint.crossEntropy(x, [0, 1, 2], { reduction: "none" }),
      "crossEntropy of logits [2, 3] and labels [3]: give class indices of shape [2] or probabilities of shape [2, 3]",
    ],
  ],
  choices: [
    [
      () => adjoint.pad(x, 1, { mode: wrong("mirror") }),
      'pad: the mode is "mirror"; give constant, edge, reflect, symmetric or wrap',
    ],
    [
      () => adjoint.meanSquaredError(x, x, { reduction: wrong("avg") }),
      'meanSquaredError: the reduction is "avg"; give mean, sum or none',
    ],
    [
      () => adjoint.norm(x, 0, { ord: wrong("fro") }),
      'norm of [2, 3]: the order is "fro"; give a number such as 1, 2 or Infinity (matrixNorm has others)',
    ],
  ],
  values: [
    [
      () => adjoint.scatterSet(x, [0, 5], 1, 1),
      "scatterSet: index 5 is not a whole number from -3 to 2 along an axis of 3 elements",
    ],
    [
      () => adjoint.gather(x, [[0.5], [0]], 1),
      "gather: index 0.5 is not a whole number from -3 to 2 along an axis of 3 elements",
    ],
    [
      () => adjoint.crossEntropy(x, [0, 3]),
      "crossEntropy: index 3 is not a whole number from -3 to 2 along an axis of 3 elements",
    ],
    [
      () => adjoint.dynamicSlice(x, [0, 2], [1, 2]),
      "dynamicSlice of [2, 3]: 2 elements from 2 on are not within axis 1, which has 3; give a whole number from 0 to 1",
    ],
    [
      () => adjoint.asInt32([1, 3e9]),
      "asInt32 of 3000000000: int32 holds whole numbers from −2147483648 to 2147483647",
    ],
    [() => adjoint.polygamma(1.5, x), "polygamma: the order is 1.5; give a whole number from 0 on"],
    [
      () => adjoint.dropout(x, 1, adjoint.random(1)),
      "dropout: the rate is 1; give one from 0 up to, but not including, 1",
    ],
    [() => adjoint.erf(wrong("1")), 'erf takes numbers, tensors and nested arrays of numbers, not the text "1"'],
    [() => adjoint.einsum(wrong(x)), 'einsum: give the subscripts as a text first, as in einsum("ij,jk->ik", a, b)'],
  ],
};

describe("refused in one sentence that names function, shapes and places, are wrong", () => {
  for (const [kind, list] of Object.entries(refusals))
    test(kind, () => {
      for (const [run, message] of list)
        assert.throws(run, (thrown: unknown) => {
          assert.equal((thrown as Error).message, message);
          return thrown instanceof ShapeError || isArgumentError(thrown);
        });
    });
});
