import { ShapeError } from "../primitives/broadcastShapes.ts";
import { add } from "../primitives/arithmetic.ts";
import * as convolution from "../primitives/convolution.ts";
import { reshape } from "../primitives/shaping.ts";
import { operationOn, paddingOf, perAxis, reach, windowsOver, type Padding } from "../primitives/windows.ts";
import { describeShape, sizeOf } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";
import type { Convolvable, Convolved, ConvolvedBack, Operand, ShapeOf, Shaped } from "./types.ts";
import { alone, mostSpatialAxes } from "./spatialAxes.ts";
import { asValue, fixed, shapeOf } from "./values.ts";

export type { Padding } from "../primitives/windows.ts";

/** One number for all spatial axes, or one for each. */
export type PerAxis = number | readonly number[];

export interface ConvOptions {
  /** From one position of the kernel to the next; 1 when left out. */
  readonly stride?: PerAxis;
  /**
   * Zeros around the input: a number, one for each spatial axis, [before, after] for each; "valid" (none, as when left
   * out); "same" (⌈input/stride⌉ positions, an odd one after).
   */
  readonly padding?: Padding;
  /** From one element of the kernel to the next; 1 when left out. */
  readonly dilation?: PerAxis;
  /** Groups of channels that are convolved apart from each other; 1 when left out. */
  readonly groups?: number;
  /** One number for each channel of the result, added to it. */
  readonly bias?: Operand;
}

/**
 * The convolution of x with a kernel over 1, 2 or 3 spatial axes, as PyTorch's conv1d, conv2d and conv3d have it (the kernel
 * is not flipped): y[n, f, p] = Σ x[n, c, p·stride + e·dilation − padding] · kernel[f, c, e].
 *
 * @param x [batch, channels, …spatial], or one example [channels, …spatial]
 * @param kernel [filters, channels/groups, …window]
 * @returns [batch, filters, …positions], with ⌊(input + padding − dilation·(window − 1) − 1)/stride⌋ + 1 positions
 * @example relu(conv(images, w, { padding: "same", bias: b }))
 * @throws ShapeError where channels, groups or extents do not fit.
 */
export function conv<
  const X extends Operand,
  const K extends Operand,
  const O extends ConvOptions | undefined = undefined,
>(x: X, kernel: Convolvable<X, K, O>, options?: O): Shaped<Convolved<ShapeOf<X>, ShapeOf<K>>> {
  const { input, weights, stride, padding, dilation, groups, bias, lone } = operands("conv", x, kernel, options ?? {});
  const [from, to] = [shapeOf(input), shapeOf(weights)];
  const names = `${operationOn("conv", shapeOf(asValue("conv", x)))} with kernel ${describeShape(to)}`;
  const [channels, filters] = [from[1]!, to[0]!];
  checkGroups(names, groups, channels, "channels");
  checkGroups(names, groups, filters, "filters");
  if (to[1] !== channels / groups)
    throw new ShapeError(
      `${names}: the kernel takes ${to[1]} channels where each of ${groups} group${groups === 1 ? "" : "s"} has ${channels / groups}; its shape is [filters, channels/groups, …window]`,
    );
  const windows = windowsOver(names, from.slice(2), to.slice(2), { stride, padding, dilation });
  const result = convolution.conv(input, weights, { ...windows, groups });
  return finished(names, result, bias, lone) as Shaped<Convolved<ShapeOf<X>, ShapeOf<K>>>;
}

export interface ConvTransposeOptions extends ConvOptions {
  /** Elements added after the result, fewer than the stride: they choose among the extents that the stride rounds to one. */
  readonly outputPadding?: PerAxis;
}

/**
 * The transposed convolution, the adjoint of `conv` with respect to its input: each element of x puts a copy of the kernel
 * into the result, stride apart. As PyTorch's conv_transpose1d, 2d and 3d.
 *
 * @param x [batch, channels, …spatial], or one example [channels, …spatial]
 * @param kernel [channels, filters/groups, …window]
 * @param options padding is taken off the result; "same" gives input·stride elements
 * @returns [batch, filters, …], with (input − 1)·stride − padding + dilation·(window − 1) + outputPadding + 1 elements
 * @throws ShapeError where channels, groups or extents do not fit.
 */
export function convTranspose<const X extends Operand, const K extends Operand>(
  x: X,
  kernel: K,
  options: ConvTransposeOptions = {},
): Shaped<ConvolvedBack<ShapeOf<X>, ShapeOf<K>>> {
  const { input, weights, stride, padding, dilation, groups, bias, lone } = operands(
    "convTranspose",
    x,
    kernel,
    options,
  );
  const [from, to] = [shapeOf(input), shapeOf(weights)];
  const names = `${operationOn("convTranspose", shapeOf(asValue("convTranspose", x)))} with kernel ${describeShape(to)}`;
  const channels = from[1]!;
  checkGroups(names, groups, channels, "channels");
  if (to[0] !== channels)
    throw new ShapeError(
      `${names}: the kernel takes ${to[0]} channels, the input has ${channels}; its shape is [channels, filters/groups, …window]`,
    );
  const window = to.slice(2);
  const rank = window.length;
  const strides = perAxis(names, "stride", stride ?? 1, rank, 1);
  const dilations = perAxis(names, "dilation", dilation ?? 1, rank, 1);
  const over = reach({ window, dilations });
  const same = padding === "same";
  const pads = paddingOf(names, padding ?? 0, rank, (axis) => Math.max(0, over[axis]! - strides[axis]!));
  const extra = perAxis(names, "outputPadding", fixed(options.outputPadding) ?? 0, rank, 0).map((given, axis) =>
    same ? Math.max(0, strides[axis]! - over[axis]!) : given,
  );
  const wide = extra.findIndex((elements, axis) => elements >= strides[axis]! && elements > 0);
  if (wide >= 0)
    throw new ShapeError(
      `${names}: the outputPadding ${extra[wide]} along spatial axis ${wide} is not smaller than the stride ${strides[wide]}; give one from 0 to ${strides[wide]! - 1}`,
    );
  const extents = over.map(
    (elements, axis) =>
      (from[axis + 2]! - 1) * strides[axis]! - pads[axis]![0] - pads[axis]![1] + elements + extra[axis]!,
  );
  const empty = extents.findIndex((extent) => extent < 1);
  if (empty >= 0)
    throw new ShapeError(
      `${names}: the padding takes all elements off the result along spatial axis ${empty}; make it smaller`,
    );
  const windows = { input: extents, window, strides, padding: pads, dilations };
  const result = convolution.convTranspose(input, weights, { ...windows, groups });
  return finished(names, result, bias, lone) as Shaped<ConvolvedBack<ShapeOf<X>, ShapeOf<K>>>;
}

// ---------------------------------------------------------------------------------------------------------- arguments

function operands(operation: string, x: unknown, kernel: unknown, options: ConvOptions) {
  const [input, weights] = [asValue(operation, x), asValue(operation, kernel)];
  const [from, to] = [shapeOf(input), shapeOf(weights)];
  const spatial = to.length - 2;
  if (spatial < 1 || spatial > mostSpatialAxes || (from.length !== to.length && from.length !== to.length - 1))
    throw new ShapeError(
      `${operationOn(operation, from)} with kernel ${describeShape(to)}: give an input [batch, channels, …spatial] and a kernel of as many axes, 1 to ${mostSpatialAxes} of them spatial`,
    );
  const { stride, padding, dilation, groups, bias } = options;
  const count: unknown = fixed(groups) ?? 1;
  if (!Number.isInteger(count) || (count as number) < 1)
    throw new ShapeError(
      `${operationOn(operation, from)}: the number of groups is ${JSON.stringify(count)}; give a whole number from 1 on`,
    );
  const lone = from.length === to.length - 1;
  return {
    input: lone ? reshape(input, [1, ...from]) : input,
    weights,
    stride: fixed(stride),
    padding: fixed(padding),
    dilation: fixed(dilation),
    groups: count as number,
    bias: bias === undefined ? undefined : asValue(operation, bias),
    lone,
  };
}

function checkGroups(names: string, groups: number, count: number, what: string): void {
  if (count % groups !== 0) throw new ShapeError(`${names}: ${groups} groups do not divide ${count} ${what}`);
}

/** With the bias, and without the batch axis that one example was given for the while. */
function finished(names: string, result: Value, bias: Value | undefined, lone: boolean): Value {
  const shape = shapeOf(result);
  if (bias === undefined) return alone(result, lone);
  if (sizeOf(shapeOf(bias)) !== shape[1] || shapeOf(bias).length !== 1)
    throw new ShapeError(
      `${names}: the bias has shape ${describeShape(shapeOf(bias))}; give one number for each of ${shape[1]} filters`,
    );
  return alone(add(result, reshape(bias, [shape[1], ...shape.slice(2).map(() => 1)])), lone);
}
