import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import * as activation from "../../../engine/primitives/activation.ts";
import { add, div, mod, mul, pow, sub } from "../../../engine/primitives/arithmetic.ts";
import { broadcastTo, sumTo } from "../../../engine/primitives/broadcasting.ts";
import { equal } from "../../../engine/primitives/comparison.ts";
import { matmul } from "../../../engine/primitives/contraction.ts";
import { argmax, reduceMax, reduceMin } from "../../../engine/primitives/extremes.ts";
import { argsort, oneHot, take } from "../../../engine/primitives/gathering.ts";
import { slice } from "../../../engine/primitives/indexing.ts";
import * as rounding from "../../../engine/primitives/rounding.ts";
import * as selection from "../../../engine/primitives/selection.ts";
import * as special from "../../../engine/primitives/special.ts";
import * as transcendental from "../../../engine/primitives/transcendental.ts";
import { logSoftmax, logSumExp, softmax } from "../../../engine/primitives/normalization.ts";
import { cumsum, prod, sum } from "../../../engine/primitives/reduction.ts";
import { shapeOf } from "../../../engine/primitives/rule.ts";
import { concat, reshape, transpose } from "../../../engine/primitives/shaping.ts";
import { recordOn } from "../../../engine/tape/recording.ts";
import { sizeOf, stridesOf, type Shape } from "../../../engine/tape/shape.ts";
import { Tape } from "../../../engine/tape/tape.ts";
import { Tensor, type Value } from "../../../engine/tape/tensor.ts";
import { near, tensorOf } from "./checkDerivatives.ts";

/** What is recorded stands at a node. */
interface Traced {
  readonly node: number;
}

const edges = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3, 1e-310, 710, -746, 1e300, 2 ** 31, Infinity, -Infinity, NaN];

const mathFunctions = Object.fromEntries(
  Object.entries({ ...transcendental, ...rounding, ...selection, pow }).filter(([name]) => name in Math),
) as unknown as Readonly<Record<string, (...values: Value[]) => Value>>;

describe("every function of Math", () => {
  const names = Object.getOwnPropertyNames(Math).filter((name) => name in mathFunctions);

  test("is there, save random", () => {
    const all = Object.getOwnPropertyNames(Math).filter((name) => typeof Math[name as "abs"] === "function");
    assert.deepEqual(
      all.filter((name) => !names.includes(name)),
      ["random"],
    );
  });

  test("gives the native value to the bit, traced or not", () => {
    for (const name of names) {
      const native = (...values: number[]): number => Math[name as "max"](...values);
      const arity = Math[name as "max"].length;
      for (const a of edges)
        for (const b of arity === 1 ? [0] : edges) {
          const expected = arity === 1 ? native(a) : native(a, b);
          const args = arity === 1 ? [a] : [a, b];
          assert.ok(Object.is(mathFunctions[name]!(...args), expected), `${name}(${args.join(", ")})`);
          const tape = new Tape();
          const traced = recordOn(tape, () => mathFunctions[name]!(...args.map((x) => tape.addInput(x, "x", 0))));
          const primal = tape.primalOf((traced as Traced).node) as number;
          assert.ok(Object.is(primal, expected), `traced ${name}(${args.join(", ")}): ${primal}, not ${expected}`);
        }
    }
  });

  test("of no or one value gives what its namesake does", () => {
    assert.equal(selection.max(), -Infinity);
    assert.equal(selection.min(), Infinity);
    assert.equal(transcendental.hypot(), 0);
    assert.equal(transcendental.hypot(-2), 2);
    assert.equal(transcendental.hypot(2, 3, 6), 7);
    assert.equal(selection.max(3, 1, 4, 1), 4);
  });
});

const extents = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 });
/** A shape and two others that broadcast to it. */
const broadcasting = extents.chain((shape) => {
  const part = fc
    .tuple(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.nat(shape.length))
    .map(([ones, drop]): Shape => shape.map((extent, axis) => (ones[axis] ? 1 : extent)).slice(drop));
  return fc.tuple(part, part);
});

function counted(shape: Shape, first = 1): Value {
  if (shape.length === 0) return first;
  return new Tensor(
    shape,
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => first + i),
  );
}

/** The element at the place of `to`, of data that broadcasts to it: the definition, one element at a time. */
function elementAt(x: Value, to: Shape, index: number): number {
  if (!(x instanceof Tensor)) return x as number;
  const strides = stridesOf(x.shape);
  const toStrides = stridesOf(to);
  const offset = to.length - x.shape.length;
  const place = strides.reduce((sum, stride, axis) => {
    const at = Math.floor(index / toStrides[axis + offset]!) % to[axis + offset]!;
    return sum + (x.shape[axis] === 1 ? 0 : at * stride);
  }, 0);
  return x.data[place]!;
}

test("elements meet each other as NumPy broadcasts them, for any shapes", () => {
  fc.assert(
    fc.property(broadcasting, ([a, b]) => {
      const [x, y] = [counted(a), counted(b, 100)];
      const result = sub(x, y);
      const shape = shapeOf(result);
      for (let i = 0; i < sizeOf(shape); i++)
        assert.equal(elementAt(result, shape, i), elementAt(x, shape, i) - elementAt(y, shape, i));
    }),
  );
});

test("summing back undoes broadcasting: ⟨broadcast x, y⟩ = ⟨x, sum y⟩, for any shapes", () => {
  fc.assert(
    fc.property(broadcasting, ([a, b]) => {
      const x = counted(a);
      const y = broadcastTo(counted(b), shapeOf(add(x, counted(b))));
      near(sum(mul(broadcastTo(x, shapeOf(y)), y)) as number, sum(mul(x, sumTo(y, a))) as number, 1e-12);
    }),
  );
});

test("a row transposed twice, cut up and joined again is the same", () => {
  fc.assert(
    fc.property(extents, fc.nat(), (shape, seed) => {
      const x = counted(shape);
      const axis = seed % shape.length;
      const order = shape.map((_, k) => (k + seed) % shape.length);
      const inverse = shape.map((_, k) => order.indexOf(k));
      assert.deepEqual(transpose(transpose(x, order), inverse), x);
      const cut = Math.floor(shape[axis]! / 2);
      const lead = new Array<null>(axis).fill(null);
      const parts = [slice(x, [...lead, [null, cut]]), slice(x, [...lead, [cut, null]])];
      assert.deepEqual(concat(parts, axis), x);
    }),
  );
});

test("reductions over axes apart from each other equal those over one after the other", () => {
  const x = counted([2, 3, 4]);
  for (const reduce of [sum, prod, reduceMax, reduceMin, logSumExp]) {
    const both = reduce(x, [0, 2]) as Tensor;
    const stepwise = reduce(reduce(x, 2), 0) as Tensor;
    both.data.forEach((value, i) => near(value, stepwise.data[i]!, 1e-12));
  }
});

test("the matrix product equals its definition for sizes around the kernel's blocks", () => {
  for (const inner of [1, 3, 4, 5, 8, 11]) {
    const [a, b] = [counted([3, inner]) as Tensor, counted([inner, 2], 5) as Tensor];
    const product = matmul(a, b) as Tensor;
    assert.deepEqual(product.shape, [3, 2]);
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 2; j++) {
        let expected = 0;
        for (let k = 0; k < inner; k++) expected += a.data[i * inner + k]! * b.data[k * 2 + j]!;
        assert.equal(product.data[i * 2 + j], expected);
      }
  }
});

test("shapes follow NumPy in products of vectors, matrices and batches", () => {
  const of = (a: Shape, b: Shape): Shape => shapeOf(matmul(counted(a), counted(b)));
  assert.deepEqual(of([3], [3]), []);
  assert.deepEqual(of([2, 3], [3]), [2]);
  assert.deepEqual(of([3], [3, 4]), [4]);
  assert.deepEqual(of([5, 1, 2, 3], [7, 3, 4]), [5, 7, 2, 4]);
  assert.deepEqual(of([5, 2, 3], [3]), [5, 2]);
  assert.deepEqual(of([2], [5, 2, 3]), [5, 3]);
});

test("softmax and its kin neither overflow nor underflow", () => {
  const x = tensorOf([3], 1000, 1001, -1000);
  near(logSumExp(x) as number, 1001 + Math.log1p(Math.exp(-1)), 1e-15);
  assert.ok((softmax(x) as Tensor).data.every(Number.isFinite));
  assert.equal((logSoftmax(x) as Tensor).data[2], -1000 - (logSumExp(x) as number));
  assert.equal(logSumExp(tensorOf([2], -Infinity, -Infinity)), -Infinity);
  assert.equal(activation.softplus(800), 800);
  near(activation.sigmoid(-745) as number, 5e-324, 0);
  assert.equal(activation.sigmoid(-800), 0);
});

test("erf and gelu have their known values", () => {
  // Abramowitz and Stegun, table 7.1
  near(special.erf(0.5) as number, 0.5204998778130465, 1e-15);
  near(special.erf(2) as number, 0.9953222650189527, 1e-15);
  near(special.erf(3.5) as number, 0.9999992569016276, 1e-15);
  assert.equal(special.erf(-7), -1);
  assert.equal(special.erf(0), 0);
  assert.ok(Number.isNaN(special.erf(NaN)));
  near(activation.gelu(1) as number, 0.8413447460685429, 1e-15);
  near(activation.geluTanh(1) as number, 0.8411919906082768, 1e-15);
});

test("the first of equal elements wins, and NaN before any number", () => {
  assert.equal(argmax(tensorOf([4], 1, 3, 3, 2)), 1);
  assert.equal(argmax(tensorOf([3], 1, NaN, 3)), 1);
  assert.ok(Number.isNaN(reduceMax(tensorOf([3], 1, NaN, 3))));
  assert.deepEqual((argsort(tensorOf([5], 2, NaN, 1, 2, -Infinity), 0) as Tensor).data, Float64Array.of(4, 2, 0, 3, 1));
});

test("what does not fit is refused in one sentence that names function, shapes and places", () => {
  const [a, b] = [counted([2, 3]), counted([4, 5])];
  const refuses = (run: () => unknown, message: RegExp | string): void => {
    assert.throws(run, typeof message === "string" ? { message } : message);
  };
  refuses(() => matmul(a, b), "matmul of [2, 3] and [4, 5]: the inner dimensions 3 and 4 differ");
  refuses(() => matmul(a, 2), "matmul of [2, 3] and scalar: a scalar has no inner dimension; multiply with *");
  refuses(
    () => add(a, b),
    "add of [2, 3] and [4, 5]: they do not broadcast: axis −1 has 3 against 5; make them equal, or one of them 1",
  );
  refuses(() => sum(a, 2), "sum of [2, 3]: there is no axis 2; give one from -2 to 1");
  refuses(
    () => sum(a, { axis: 1 } as never),
    "sum of [2, 3]: axes are a whole number or an array of them, not an object; options such as keepDims come after them",
  );
  refuses(() => softmax(a, { axis: 1 } as never), "softmax of [2, 3]: an axis is a whole number, not an object");
  refuses(() => sum(a, [0, -2]), "sum of [2, 3]: axis 0 is given twice");
  refuses(() => reshape(a, [4, -1]), "reshape of [2, 3] to [4, -1]: 6 elements do not fill it");
  refuses(() => slice(a, [5]), "slice of [2, 3]: index 5 is outside axis 0, which has 2 elements");
  refuses(() => take(a, 3, 1), "take: index 3 is not a whole number from -3 to 2 along an axis of 3 elements");
  refuses(() => oneHot(tensorOf([1], 0.5), 3), /^RangeError: oneHot: index 0.5 is not a whole number/);
  refuses(() => reduceMax(counted([0])), "max of [0]: there is no element to choose from");
  refuses(() => concat([a, b]), "concat of [2, 3] and [4, 5] along axis 0: all other axes must be equal");
});

test("remainders and powers of numbers are JavaScript's", () => {
  for (const a of edges)
    for (const b of edges) {
      assert.ok(Object.is(mod(a, b), a % b));
      assert.ok(Object.is(pow(a, b), a ** b));
      assert.ok(Object.is(div(a, b), a / b));
      assert.equal(equal(a, b), a === b ? 1 : 0);
    }
  assert.deepEqual((cumsum(tensorOf([3], 1, 2, 3), 0) as Tensor).data, Float64Array.of(1, 3, 6));
});
