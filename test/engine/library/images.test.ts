import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { shapeOf } from "../../../engine/primitives/rule.ts";
import type { Tensor } from "../../../engine/tape/tensor.ts";
import { checkDerivatives, near, tensorOf } from "../primitives/checkDerivatives.ts";
import { close, f, random } from "./calls.ts";

describe("images of other extents", () => {
  const row = tensorOf([1, 1, 2], 1, 2);

  test("are made up of lines between areas, or between middles", () => {
    close(f.resize(row, 4), [1, 1.25, 1.75, 2]);
    close(f.resize(row, 4, { alignCorners: true }), [1, 4 / 3, 5 / 3, 2]);
    close(f.resize(tensorOf([1, 1, 4], 1, 2, 3, 4), 2), [1.5, 3.5]);
    close(f.resize(row, 1, { alignCorners: true }), [1]);
  });

  test("of the nearest elements", () => {
    close(f.resize(tensorOf([1, 1, 3], 1, 2, 3), 5, { method: "nearest" }), [1, 1, 2, 2, 3]);
    close(f.resize(tensorOf([1, 1, 4], 1, 2, 3, 4), 2, { method: "nearest" }), [1, 3]);
  });

  test("of cubics by Keys, continued at the edges", () => {
    const resized = f.resize(tensorOf([1, 1, 4], 1, 0, 0, 0), 8, { method: "cubic" });
    // The weights at distances 1¼, ¼, ¾ and 1¾.
    const [w5, w1, w3, w7] = [-0.10546875, 0.87890625, 0.26171875, -0.03515625] as const;
    close(resized, [w7 + w3 + w1, w5 + w1, w7 + w3, w5, w7, 0, 0, 0], 1e-15);
    close(f.resize(tensorOf([1, 1, 4], 2, 2, 2, 2), 7, { method: "cubic" }), new Array<number>(7).fill(2));
  });

  test("are differentiated along every axis", () => {
    for (const method of ["nearest", "linear", "cubic"])
      checkDerivatives((x) => f.square(f.resize(x, [5, 2], { method })), [random(2, 2, 3, 4)]);
    assert.deepEqual(shapeOf(f.resize(random(2, 3, 4), [6, 8])), [2, 6, 8]);
  });

  test("what does not fit is told", () => {
    assert.throws(() => f.resize(row, 4, { method: "lanczos" }), {
      message: 'resize of [1, 1, 2]: the method is "lanczos"; give nearest, linear or cubic',
    });
    assert.throws(
      () => f.resize(row, 0),
      /^ShapeError: resize of \[1, 1, 2\]: the size is 0; give a whole number from 1 on/,
    );
  });
});

/** What four elements around give, one place after the other. */
function sampled(image: Tensor, grid: Tensor, edge: boolean, alignCorners: boolean): number[] {
  const [batch, channels, height, width] = image.shape as [number, number, number, number];
  const [, rows, columns] = grid.shape as [number, number, number];
  const values: number[] = [];
  for (let b = 0; b < batch; b++)
    for (let c = 0; c < channels; c++)
      for (let place = 0; place < rows * columns; place++) {
        const [u, v] = [0, 1].map((k) => grid.data[(b * rows * columns + place) * 2 + k]!) as [number, number];
        const at = (centred: number, extent: number): number => {
          const where = alignCorners ? ((centred + 1) / 2) * (extent - 1) : ((centred + 1) * extent - 1) / 2;
          return edge ? Math.min(extent - 1, Math.max(0, where)) : where;
        };
        const [x, y] = [at(u, width), at(v, height)];
        let value = 0;
        for (let r = 0; r < height; r++)
          for (let k = 0; k < width; k++)
            value +=
              Math.max(0, 1 - Math.abs(x - k)) *
              Math.max(0, 1 - Math.abs(y - r)) *
              image.data[((b * channels + c) * height + r) * width + k]!;
        values.push(value);
      }
  return values;
}

describe("images sampled at places", () => {
  const image = random(2, 3, 4, 5);
  const grid = tensorOf([2, 1, 3, 2], -0.9, -1.2, 0.13, 0.4, 0.95, 0.99, 1.4, 0.2, -0.31, -0.77, 3, -3);

  test("are lines between the four elements around, and zeros or the edge outside", () => {
    for (const outside of ["zeros", "edge"])
      for (const alignCorners of [false, true])
        close(
          f.gridSample(image, grid, { outside, alignCorners }),
          sampled(image, grid, outside === "edge", alignCorners),
          1e-13,
        );
  });

  test("stay as they are at their own places", () => {
    const own = tensorOf([1, 2, 2, 2], -0.5, -0.5, 0.5, -0.5, -0.5, 0.5, 0.5, 0.5);
    close(f.gridSample(tensorOf([1, 1, 2, 2], 1, 2, 3, 4), own), [1, 2, 3, 4]);
  });

  test("are differentiated by image and by place", () => {
    for (const outside of ["zeros", "edge"])
      checkDerivatives((x, g) => f.gridSample(x, g, { outside }), [image, grid], 1e-6);
  });
});

describe("windows", () => {
  const x = random(2, 3, 5, 4);
  const options = { stride: [2, 1], padding: [1, [0, 1]], dilation: [1, 2] };

  test("a convolution is a product with what lies under them", () => {
    const kernel = random(4, 3, 3, 2);
    const patches = f.unfold(x, [3, 2], options);
    const product = f.matmul(f.reshape(kernel, [4, 18]), patches);
    const expected = f.conv(x, kernel, options) as Tensor;
    close(f.reshape(product, expected.shape), [...expected.data], 1e-13);
  });

  test("added at their places again are the adjoint", () => {
    const patches = f.unfold(x, [3, 2], options) as Tensor;
    const y = random(...patches.shape);
    const [left, right] = [f.sum(f.mul(patches, y)), f.sum(f.mul(x, f.fold(y, [5, 4], [3, 2], options)))];
    near(left, right, 1e-12);
    checkDerivatives((v) => f.square(f.unfold(v, [3, 2], options)), [x]);
    checkDerivatives((v) => f.square(f.fold(v, [5, 4], [3, 2], options)), [y]);
    assert.throws(() => f.fold(x, [5, 4], 2), {
      message: "fold of [2, 3, 5, 4]: windows of 4 elements lie at 12 places over [5, 4]; give [batch, channels·4, 12]",
    });
  });

  test("channels become pixels", () => {
    const shuffled = f.pixelShuffle(tensorOf([1, 4, 1, 2], 1, 2, 3, 4, 5, 6, 7, 8), 2) as Tensor;
    assert.deepEqual(shuffled.shape, [1, 1, 2, 4]);
    close(shuffled, [1, 3, 2, 4, 5, 7, 6, 8]);
    assert.throws(() => f.pixelShuffle(random(3, 2, 2), 2), /a multiple of 4 channels$/);
  });
});
