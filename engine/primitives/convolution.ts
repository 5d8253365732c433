import { sizeOf, type Shape } from "../tape/shape.ts";
import type { Attributes } from "../tape/tape.ts";
import { Tensor, type Value } from "../tape/tensor.ts";
import { add } from "./arithmetic.ts";
import { multiply } from "./matmulKernel.ts";
import type { PrimitiveName } from "./names.ts";
import { dataOf, primitive, type Primitive, type Pullback } from "./rule.ts";
import { fold, isWhole, turned, unfold } from "./unfold.ts";
import { placesOf, positions, splitChannels, type Windows } from "./windows.ts";

/**
 * A convolution pairs an input x [batch, channels, …], a kernel k [filters, channels/groups, …] and an output y
 * [batch, filters, …]: ⟨y, x ∗ k⟩ is linear in each of the three. The primitives below give one of them from the other two,
 * and so each is the adjoint of both others: Σ over windows p and elements e of y[n, f, p] · x[n, c, place(p, e)] · k[f, c, e].
 */
export interface Convolution extends Windows {
  readonly groups: number;
}

const convolutionOf = (attributes: Attributes): Convolution => attributes as unknown as Convolution;

export type Convolver = (a: Value, b: Value, convolution: Convolution) => Value;
type Adjoint = (cotangent: Value, a: Value, b: Value, convolution: Convolution) => Value;

/** Linear in both of its inputs. */
function bilinear(
  name: PrimitiveName,
  shape: (a: Shape, b: Shape, convolution: Convolution) => Shape,
  evaluate: (a: Float64Array, b: Float64Array, result: Float64Array, sizes: Sizes) => void,
  sizes: (a: Shape, b: Shape, convolution: Convolution) => Sizes,
  adjoints: readonly [Adjoint, Adjoint],
): Primitive<Convolver> {
  const pull = (k: 0 | 1): Pullback => {
    return (cotangent, [a, b], _, attributes) => adjoints[k](cotangent, a!, b!, convolutionOf(attributes));
  };
  const apply: Primitive<Convolver> = primitive<Convolver>(
    name,
    {
      shape: ([a, b], attributes) => shape(a!, b!, convolutionOf(attributes)),
      evaluate([a, b], attributes, to) {
        const data = new Float64Array(sizeOf(to));
        const [x, y] = [a as Tensor, b as Tensor];
        evaluate(dataOf(x), dataOf(y), data, sizes(x.shape, y.shape, convolutionOf(attributes)));
        return new Tensor(to, data);
      },
      // f(a + da, b + db) = f(a, b) + f(da, b) + f(a, db) + …
      jvp: ([da, db], [a, b], _, attributes) => {
        const left = da === undefined ? undefined : apply(da, b!, convolutionOf(attributes));
        const right = db === undefined ? undefined : apply(a!, db, convolutionOf(attributes));
        return left === undefined ? right! : right === undefined ? left : add(left, right);
      },
      vjp: [pull(0), pull(1)],
    },
    (run) => (a, b, convolution) => run([a, b], convolution as unknown as Attributes),
  );
  return apply;
}

/** What the loops need to know; channels and filters are those of one group. */
export interface Sizes {
  readonly batch: number;
  readonly groups: number;
  readonly channels: number;
  readonly filters: number;
  /** Elements of one channel of the input, of one filter of the output. */
  readonly plane: number;
  readonly positions: number;
  /** Elements of the windows of all channels: channels · window. */
  readonly depth: number;
  readonly places: Int32Array;
}

export function sizesOf(batch: number, channels: number, filters: number, convolution: Convolution): Sizes {
  const { groups, input, window } = convolution;
  return {
    batch,
    groups,
    channels: channels / groups,
    filters: filters / groups,
    plane: sizeOf(input),
    positions: sizeOf(positions(convolution)),
    depth: (channels / groups) * sizeOf(window),
    places: placesOf(convolution),
  };
}

/** Calls `visit` for each group of each example, with where it begins in the input, the kernel and the output. */
export function forEachGroup(
  { batch, groups, channels, filters, plane, positions, depth }: Sizes,
  visit: (input: number, kernel: number, output: number) => void,
): void {
  for (let n = 0; n < batch; n++)
    for (let g = 0; g < groups; g++) {
      const group = n * groups + g;
      visit(group * channels * plane, g * filters * depth, group * filters * positions);
    }
}

/** The convolution (cross-correlation, as networks have it) of an input with a kernel. */
export const conv: Primitive<Convolver> = bilinear(
  "conv",
  (x, kernel, convolution) => [x[0]!, kernel[0]!, ...positions(convolution)],
  (x, kernel, y, sizes) => {
    const { channels, filters, plane, depth, places } = sizes;
    const count = sizes.positions;
    const whole = isWhole(places, plane);
    const columns = new Float64Array(whole ? 0 : depth * count);
    forEachGroup(sizes, (input, filter, output) => {
      if (!whole) unfold(x, input, channels, plane, places, columns);
      multiply(
        kernel.subarray(filter, filter + filters * depth),
        whole ? x.subarray(input, input + channels * plane) : columns,
        y.subarray(output, output + filters * count),
        filters,
        depth,
        count,
      );
    });
  },
  (x, kernel, convolution) => sizesOf(x[0]!, x[1]!, kernel[0]!, convolution),
  [
    (cotangent, _, kernel, convolution) => convTranspose(cotangent, kernel, convolution),
    (cotangent, x, _, convolution) => convKernel(x, cotangent, convolution),
  ],
);

/** From an output and the kernel to the input: the transposed convolution. */
export const convTranspose: Primitive<Convolver> = bilinear(
  "convTranspose",
  (y, kernel, { input, groups }) => [y[0]!, kernel[1]! * groups, ...input],
  (y, kernel, x, sizes) => {
    const { channels, filters, plane, depth, places } = sizes;
    const count = sizes.positions;
    const columns = new Float64Array(depth * count);
    const transposed = new Float64Array(depth * filters);
    forEachGroup(sizes, (input, filter, output) => {
      turned(kernel.subarray(filter, filter + filters * depth), filters, depth, transposed);
      columns.fill(0);
      multiply(transposed, y.subarray(output, output + filters * count), columns, depth, filters, count);
      fold(columns, input, channels, plane, places, x);
    });
  },
  (y, kernel, convolution) => sizesOf(y[0]!, kernel[1]! * convolution.groups, kernel[0]!, convolution),
  [
    (cotangent, _, kernel, convolution) => conv(cotangent, kernel, convolution),
    (cotangent, y, _, convolution) => convKernel(cotangent, y, convolution),
  ],
);

/** From an input and an output to the kernel: the adjoint of a convolution with respect to its kernel. */
export const convKernel: Primitive<Convolver> = bilinear(
  "convKernel",
  (x, y, { window, groups }) => [y[1]!, splitChannels(x).channels / groups, ...window],
  (x, y, kernel, sizes) => {
    const { channels, filters, plane, depth, places } = sizes;
    const count = sizes.positions;
    const columns = new Float64Array(depth * count);
    const rows = new Float64Array(count * depth);
    forEachGroup(sizes, (input, filter, output) => {
      unfold(x, input, channels, plane, places, columns);
      turned(columns, depth, count, rows);
      const to = kernel.subarray(filter, filter + filters * depth);
      multiply(y.subarray(output, output + filters * count), rows, to, filters, count, depth);
    });
  },
  (x, y, convolution) => sizesOf(x[0]!, x[1]!, y[1]!, convolution),
  [
    (cotangent, _, y, convolution) => convTranspose(y, cotangent, convolution),
    (cotangent, x, _, convolution) => conv(x, cotangent, convolution),
  ],
);
