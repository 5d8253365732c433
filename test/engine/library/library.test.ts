import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { reverse } from "../../../engine/differentiate/reverse.ts";
import * as adjoint from "../../../engine/library/index.ts";
import { recordOn } from "../../../engine/tape/recording.ts";
import { Tape } from "../../../engine/tape/tape.ts";
import { near } from "../primitives/checkDerivatives.ts";

const { heNormal, matmul, random, readCsv, relu, slice, stack, sum, tensor, zeros } = adjoint;

/** The gradient of a function of traced numbers. */
function gradient(model: (...x: number[]) => number, ...at: number[]): number[] {
  const tape = new Tape();
  return recordOn(tape, () => {
    const inputs = at.map((x, k) => tape.addInput(x, `x${k}`, 0));
    const result = model(...(inputs as unknown as number[])) as unknown as { readonly node: number };
    const adjoints = reverse(tape, result.node);
    return inputs.map((input) => adjoints.scalar(input.node));
  });
}

describe("tensors", () => {
  test("are made of nested arrays, typed arrays and numbers", () => {
    assert.deepEqual(
      tensor([
        [1, 2],
        [3, 4],
      ]).toArray(),
      [
        [1, 2],
        [3, 4],
      ],
    );
    assert.deepEqual(tensor(new Float64Array([1, 2, 3, 4]), [2, 2]).toArray(), [
      [1, 2],
      [3, 4],
    ]);
    assert.deepEqual(tensor([new Float32Array([1, 2]), [3, 4]]).shape, [2, 2]);
    assert.deepEqual(tensor([zeros([2]), [1, 1]]).toArray(), [
      [0, 0],
      [1, 1],
    ]);
    assert.deepEqual(zeros([0, 3]).toArray(), []);
  });

  test("made of traced numbers hand each its adjoint", () => {
    assert.deepEqual(
      gradient(
        (x, y) =>
          sum(
            adjoint.mul(
              tensor([
                [x, 2],
                [y, x],
              ]),
              [
                [1, 10],
                [100, 1000],
              ],
            ),
          ),
        1,
        1,
      ),
      [1001, 100],
    );
    assert.deepEqual(
      gradient((x, y) => sum([x, y, x]), 1, 1),
      [2, 1],
    );
    assert.deepEqual(
      gradient((x, y) => sum(stack([x, adjoint.mul(x, y)])), 3, 5),
      [6, 3],
    );
  });

  test("give their elements, traced where they are", () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    assert.equal(x.at(-1, 0), 3);
    assert.deepEqual((x.at(1) as adjoint.Tensor).toArray(), [3, 4]);
    const second = (x: number): number => {
      const [, [element]] = tensor([
        [x, 1],
        [adjoint.mul(x, x), 2],
      ]).toArray() as [number[], [number, number]];
      return element;
    };
    assert.deepEqual(gradient(second, 3), [6]);
    assert.deepEqual(
      gradient((x) => tensor([1, adjoint.exp(x)]).at(1), 0),
      [1],
    );
  });

  test("print their shape and elements, long ones shortened", () => {
    assert.equal(
      String(
        tensor([
          [1, 0.5],
          [1 / 3, NaN],
        ]),
      ),
      "tensor [2, 2] [[1, 0.5], [0.333333, NaN]]",
    );
    assert.equal(`${zeros([9])}`, "tensor [9] [0, 0, 0, 0, 0, 0, …]");
  });

  test("refuse operators outside of traced code, naming what to use", () => {
    assert.throws(() => tensor([1, 2]) + 1, {
      name: "TypeError",
      message: /tensor of shape \[2\] outside of traced code: use add/,
    });
    assert.throws(() => 2 * tensor([1, 2]), TypeError);
  });

  test("refuse ragged arrays and what is no number", () => {
    assert.throws(() => tensor([[1, 2], [3]]), {
      name: "ShapeError",
      message: "tensor of nested arrays: elements of shapes [2] and [1] stand beside each other; all must be equal",
    });
    assert.throws(() => relu("3" as unknown as number), {
      name: "TypeError",
      message: 'relu takes numbers, tensors and nested arrays of numbers, not the text "3"',
    });
    assert.throws(() => sum([1, undefined] as unknown as number[]), /not undefined/);
    assert.throws(() => zeros([2, -1]), /zeros: a shape is a list of whole numbers/);
  });
});

test("functions of numbers give numbers", () => {
  assert.equal(relu(-1), 0);
  assert.equal(adjoint.pow(2, 10), 1024);
  assert.equal(sum(3), 3);
  assert.equal(adjoint.maximum(2, 3), 3);
  assert.equal(matmul([1, 2], [3, 4]), 11);
});

test("ranges and grids are NumPy's", () => {
  assert.deepEqual(adjoint.arange(3).toArray(), [0, 1, 2]);
  assert.deepEqual(adjoint.arange(1, 2, 0.25).toArray(), [1, 1.25, 1.5, 1.75]);
  assert.deepEqual(adjoint.linspace(0, 1, 3).toArray(), [0, 0.5, 1]);
  assert.deepEqual(adjoint.linspace(2, 3, 1).toArray(), [2]);
  assert.deepEqual(adjoint.eye(2).toArray(), [
    [1, 0],
    [0, 1],
  ]);
  assert.deepEqual(adjoint.tril(adjoint.ones([2, 3])).toArray(), [
    [1, 0, 0],
    [1, 1, 0],
  ]);
  assert.deepEqual(adjoint.triu(adjoint.ones([2, 3]), 1).toArray(), [
    [0, 1, 1],
    [0, 0, 1],
  ]);
  assert.deepEqual(
    adjoint.split(adjoint.arange(5), [2, 3]).map(({ shape }) => shape),
    [[2], [3]],
  );
  assert.throws(() => adjoint.split(adjoint.arange(5), 2), /axis 0 with 5 elements cannot be cut into 2 equal parts/);
  assert.deepEqual(adjoint.squeeze(adjoint.expandDims([1, 2], [0, -1])), tensor([1, 2]));
  assert.throws(() => adjoint.ensureShape(zeros([2, 3]), [-1, 4]), /the shape is \[2, 3\], not \[-1, 4\]/);
  near(adjoint.std([1, 2, 3, 4], undefined, { ddof: 1 }), Math.sqrt(5 / 3), 1e-15);
});

test("extents, axes and indices may hang on traced parameters", () => {
  const traced = (n: number, x: number): number =>
    adjoint.add(
      sum(adjoint.mul(adjoint.add(zeros([n]), x), adjoint.arange(n))),
      slice(tensor([x, x]), [adjoint.sub(n, 2)]),
    );
  assert.deepEqual(gradient(traced, 3, 5), [0, 4]);
});

describe("random numbers", () => {
  const moments = (x: adjoint.Tensor): [number, number] => [adjoint.mean(x), adjoint.std(x)];

  test("are the same for the same seed and differ for another", () => {
    assert.deepEqual(random(42).normal([5]), random(42).normal([5]));
    assert.notDeepEqual(random(42).normal([5]), random(43).normal([5]));
    assert.notDeepEqual(random(1).uniform([5]), random(1 + 2 ** 32).uniform([5]));
    const rng = random(7);
    assert.notDeepEqual(rng.split().uniform([5]), rng.split().uniform([5]));
  });

  test("pass gradients to the mean and scale that they are drawn with", () => {
    const [z] = random(5).normal([1]).toArray() as [number];
    assert.deepEqual(
      gradient((mean, scale) => sum(random(5).normal([1], { mean, scale })), 2, 3),
      [1, z],
    );
  });

  test("have the moments of their distributions", () => {
    const rng = random(1);
    const [mean, deviation] = moments(rng.normal([100_000], { mean: 3, scale: 2 }));
    near(mean, 3, 0.02);
    near(deviation, 2, 0.02);
    const [middle, width] = moments(rng.uniform([100_000], { low: -1, high: 3 }));
    near(middle, 1, 0.02);
    near(width, 4 / Math.sqrt(12), 0.02);
    near(adjoint.mean(rng.bernoulli([100_000], 0.3)), 0.3, 0.01);
    near(adjoint.std(heNormal(rng, [128, 256])), Math.sqrt(2 / 128), 0.01);
    near(adjoint.std(heNormal(rng, [64, 32, 3, 3])), Math.sqrt(2 / (32 * 9)), 0.01);
    near(adjoint.std(adjoint.glorotNormal(rng, [64, 32, 5])), Math.sqrt(2 / (96 * 5)), 0.01);
    const limit = Math.sqrt(6 / (128 + 256));
    const weights = adjoint.glorotUniform(rng, [128, 256]);
    assert.ok(adjoint.max(weights) <= limit && adjoint.max(weights) > 0.99 * limit);
  });

  test("fill the whole range of integers, and permutations hold each number once", () => {
    const dice = random(3).integers([1000], 1, 7).toArray();
    assert.deepEqual([...new Set(dice)].sort(), [1, 2, 3, 4, 5, 6]);
    const order = random(3).permutation(100).toArray() as number[];
    assert.deepEqual(
      order.toSorted((a, b) => a - b),
      Array.from({ length: 100 }, (_, i) => i),
    );
    assert.notDeepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
  });
});

describe("readCsv", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "adjoint-csv-"));
  after(() => rmSync(folder, { recursive: true }));
  const write = (name: string, content: string | Uint8Array): string => {
    writeFileSync(path.join(folder, name), content);
    return path.join(folder, name);
  };

  test("reads plain and compressed files, by path and by URL, without their heading", () => {
    assert.deepEqual(readCsv(write("a.csv", "x,y\n1,2\r\n3,-4e2\n\n")).toArray(), [
      [1, 2],
      [3, -400],
    ]);
    assert.deepEqual(readCsv(pathToFileURL(write("b.csv.gz", gzipSync("1,2\n3,4")))).toArray(), [
      [1, 2],
      [3, 4],
    ]);
    assert.deepEqual(readCsv(write("c.tsv", "1\t2\nNaN\t4"), { separator: "\t" }).toArray(), [
      [1, 2],
      [NaN, 4],
    ]);
  });

  test("reads the digits of the examples", () => {
    const digits = readCsv(new URL("../../../examples/data/digits.csv.gz", import.meta.url));
    assert.deepEqual(digits.shape, [1797, 65]);
    assert.equal(adjoint.max(slice(digits, [null, [0, 64]])), 16);
    assert.equal(adjoint.max(slice(digits, [null, 64])), 9);
  });

  test("says where a file cannot be read", () => {
    assert.throws(
      () => readCsv(path.join(folder, "none.csv")),
      /readCsv cannot read .*none\.csv: there is no such file/,
    );
    assert.throws(() => readCsv(write("d.csv", "1,2\n3,x")), /line 2, field 2 holds "x", not a number/);
    assert.throws(() => readCsv(write("e.csv", "1,2\n3")), /line 2 has 1 field, those before it 2/);
    assert.throws(() => readCsv(write("f.csv", "a,b\n")), /the file holds no numbers/);
    assert.throws(() => readCsv(write("g.csv.gz", gzipSync("1,2").subarray(0, 12))), /readCsv cannot unpack/);
  });
});
