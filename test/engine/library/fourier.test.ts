import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import * as library from "../../../engine/library/index.ts";
import { Complex } from "../../../engine/library/complex/number.ts";
import { dataOf, type Primal } from "../../../engine/primitives/rule.ts";
import type { Tensor } from "../../../engine/tape/tensor.ts";
import { checkDerivatives, filled, noise, type Model } from "../primitives/checkDerivatives.ts";

type Function = (...args: unknown[]) => never;
type Names = "abs" | "add" | "complex" | "fft" | "fftfreq" | "fftshift" | "fft2" | "ifft" | "ifftn" | "ifftshift";
type More = "angle" | "div" | "pow" | "irfft" | "irfftn" | "mul" | "rfft" | "rfftfreq" | "rfftn" | "sum";

/** The library as tests call it: with tensors of the tape. */
const {
  abs,
  angle,
  div,
  pow,
  add,
  complex,
  fft,
  fftfreq,
  fftshift,
  fft2,
  ifft,
  ifftn,
  ifftshift,
  irfft,
  irfftn,
  mul,
  rfft,
  rfftfreq,
  rfftn,
  sum,
} = library as unknown as Readonly<Record<Names | More, Function>>;

const plain = (x: unknown): number[] => [...dataOf(x as Primal)];
const partsOf = (z: unknown): number[][] => [plain((z as Complex).re), plain((z as Complex).im)];
const random = (shape: readonly number[], seed: number): Tensor => filled(shape, noise(seed)) as Tensor;

function near(actual: readonly number[], expected: readonly number[], tolerance = 1e-12): void {
  assert.equal(actual.length, expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  expected.forEach((value, k) =>
    assert.ok(Math.abs(actual[k]! - value) <= tolerance * scale, `${actual[k]!}, not ${value}`),
  );
}

/** The definition, written out. */
function transformed([re, im]: number[][]): number[][] {
  const n = re!.length;
  const angle = (j: number, k: number): number => (-2 * Math.PI * ((j * k) % n)) / n;
  const term = (k: number, j: number): [number, number] => {
    const [c, s] = [Math.cos(angle(j, k)), Math.sin(angle(j, k))];
    return [re![j]! * c - im![j]! * s, re![j]! * s + im![j]! * c];
  };
  const sums = re!.map((_, k) => re!.reduce(([x, y], __, j) => [x! + term(k, j)[0], y! + term(k, j)[1]], [0, 0]));
  return [sums.map(([x]) => x!), sums.map(([, y]) => y!)];
}

const lengths = fc.integer({ min: 1, max: 150 });

describe("the discrete Fourier transform", () => {
  test("of any length is what its definition says, and its inverse undoes it", () => {
    fc.assert(
      fc.property(lengths, fc.nat(), (n, seed) => {
        const z = complex(random([n], seed + 1), random([n], seed + 2));
        const spectrum = fft(z);
        const expected = transformed(partsOf(z));
        partsOf(spectrum).forEach((part, k) => near(part, expected[k]!, 1e-11));
        partsOf(ifft(spectrum)).forEach((part, k) => near(part, partsOf(z)[k]!));
      }),
      { numRuns: 60 },
    );
  });

  test("of a real signal, and back, of even and odd lengths", () => {
    fc.assert(
      fc.property(lengths, fc.nat(), (n, seed) => {
        const x = random([n], seed + 1);
        const whole = partsOf(fft(x));
        partsOf(rfft(x)).forEach((part, k) => near(part, whole[k]!.slice(0, (n >> 1) + 1)));
        near(plain(irfft(rfft(x), { n })), plain(x));
      }),
      { numRuns: 60 },
    );
    const image = random([3, 5], 4);
    near(plain(irfftn(rfftn(image), { n: 5 })), plain(image));
    near(partsOf(ifftn(fft2(image)))[0]!, plain(image));
  });

  test("of a long signal is exact to rounding, by powers of two and by chirps", () => {
    for (const n of [4096, 4095, 4099]) {
      const x = random([n], n);
      near(partsOf(ifft(fft(x)))[0]!, plain(x), 1e-14);
      const energy = plain(sum(mul(x, x)))[0]!;
      near([plain(sum(mul(abs(fft(x)), abs(fft(x)))))[0]! / n], [energy], 1e-13);
    }
  });

  test("turns a convolution into a product, differentiated as well", () => {
    const model: Model = (x, y) => irfft(mul(rfft(x, { n: 9 }), rfft(y, { n: 9 })), { n: 9 });
    const [x, y] = [random([5], 1), random([5], 2)];
    const product = plain(model(x, y));
    const expected = Array.from({ length: 9 }, (_, k) =>
      x.data.reduce((total, value, j) => total + value * (y.data[k - j] ?? 0), 0),
    );
    near(product, expected);
    checkDerivatives(model, [x, y]);
  });

  test("has right tangents, adjoints and second derivatives through absolute values", () => {
    const model: Model = (x, y) => abs(fft(mul(complex(x, y), complex(y, x)), { norm: "ortho" }));
    checkDerivatives(model, [random([2, 6], 3), random([2, 6], 4)]);
  });

  test("orders its frequencies as NumPy does", () => {
    assert.deepEqual(plain(fftfreq(5)), [0, 0.2, 0.4, -0.4, -0.2]);
    assert.deepEqual(plain(fftfreq(4, 0.5)), [0, 0.5, -1, -0.5]);
    assert.deepEqual(plain(rfftfreq(5)), [0, 0.2, 0.4]);
    assert.deepEqual(plain(fftshift(fftfreq(5))), [-0.4, -0.2, 0, 0.2, 0.4]);
    assert.deepEqual(plain(ifftshift(fftshift(fftfreq(5)))), plain(fftfreq(5)));
    assert.deepEqual(partsOf(fftshift(complex([1, 2, 3], [4, 5, 6]))), [
      [3, 1, 2],
      [6, 4, 5],
    ]);
  });

  test("says what does not fit", () => {
    const says = (f: () => unknown, message: RegExp): void => assert.throws(f, { name: "ShapeError", message });
    says(() => fft(3), /^fft of scalar: a single number has no axis to transform; give it a tensor$/);
    says(() => fft([1, 2], { axis: 1 }), /^fft of \[2\]: there is no axis 1; give one from -1 to 0$/);
    says(
      () => fft([1, 2], { n: 0 }),
      /^fft of \[2\]: the number of elements along axis 0 is 0; give a whole number from 1 on$/,
    );
    says(() => rfft([1, 2], { n: 2.5 }), /the number of elements along axis 0 is 2.5/);
    says(
      () => fft([1, 2], { norm: "unitary" }),
      /^fft: there is no norm "unitary"; give "backward", "ortho" or "forward"$/,
    );
    says(() => fft2([[1], [2]], { axes: [0, 0] }), /^fft2 of \[2, 1\]: axis 0 is given twice$/);
    says(() => ifftn(library.zeros([2, 0])), /^ifftn of \[2, 0\]: axis 1 has no elements$/);
  });
});

describe("a complex number", () => {
  test("shows its parts, and refuses operators by name", () => {
    assert.equal(String(complex(1, -2)), "1 + -2i");
    assert.equal(String(complex([1, 2], 3)), "complex [2]");
    assert.throws(
      () => Number(complex(1, 2)),
      /^TypeError: an operator or conversion met a complex number of shape scalar: use add/,
    );
  });

  test("is rearranged part by part", () => {
    const z = (complex([1, 2, 3], [4, 5, 6]) as Complex).map((part) => library.slice(part, [[1, 3]]));
    assert.deepEqual(partsOf(z), [
      [2, 3],
      [5, 6],
    ]);
    assert.deepEqual(z.shape, [2]);
  });

  test("has an absolute value without a gradient at 0, and powers of whole numbers there", () => {
    checkDerivatives((x, y) => (pow(complex(x, y), 3) as Complex).re, [0, 0]);
    assert.deepEqual(
      partsOf(pow(complex(0, 1), -2 as never)),
      [[-1], [-0]].map((part) => part.map((x) => x)),
    );
  });

  test("has the angle π where a real number is negative", () => {
    assert.deepEqual(plain(angle([-3, 2])), [Math.PI, 0]);
    assert.deepEqual(plain(angle(complex(-3, 0))), [Math.PI]);
  });

  test("mixes with real numbers in sums, products and quotients", () => {
    assert.deepEqual(partsOf(add(complex(1, 2), 3)), [[4], [2]]);
    assert.deepEqual(partsOf(mul(2, complex([1, 2], [3, 4]))), [
      [2, 4],
      [6, 8],
    ]);
    assert.deepEqual(partsOf(div(1, complex(0, 2))), [[0], [-0.5]]);
  });
});
