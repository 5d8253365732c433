import { ValueError } from "../primitives/argumentErrors.ts";
import { add, div, mul, sub } from "../primitives/arithmetic.ts";
import { axisOf } from "../primitives/axes.ts";
import { ShapeError } from "../primitives/broadcastShapes.ts";
import { square } from "../primitives/arithmetic.ts";
import { mean } from "../primitives/reduction.ts";
import * as normalization from "../primitives/normalization.ts";
import { reshape } from "../primitives/shaping.ts";
import { standardize } from "../primitives/standardize.ts";
import { rsqrt } from "../primitives/transcendental.ts";
import { describeShape, sizeOf } from "../tape/shape.ts";
import type { Value } from "../tape/tensor.ts";
import { KindError } from "../primitives/argumentErrors.ts";
import { Random } from "./random.ts";
import type { Axes, Like, Operand } from "./types.ts";
import { asValue, fixed, shapeOf, calledAs, describe, asFinite, asWhole } from "./values.ts";

/** eˣ/Σeˣ along an axis (the last when left out): positive, and adding up to 1. */
export function softmax<const X extends Operand>(x: X, axis = -1): Like<X> {
  return normalization.softmax(asValue("softmax", x), fixed(axis)) as Like<X>;
}

/** ln softmax(x) along an axis (the last when left out), without underflow. */
export function logSoftmax<const X extends Operand>(x: X, axis = -1): Like<X> {
  return normalization.logSoftmax(asValue("logSoftmax", x), fixed(axis)) as Like<X>;
}

/** What the normalised values are multiplied with, and what is added to them. */
export interface Affine {
  readonly scale?: Operand;
  readonly bias?: Operand;
}

export interface LayerNormOptions extends Affine {
  /** Axes over which each example is normalised; the last when left out. */
  readonly axes?: Axes;
  /** Added to the variance; 1e-5 when left out. */
  readonly epsilon?: number;
}

/**
 * (x − mean)/√(variance + ε) over axes, the last when left out, times `scale` plus `bias`, which broadcast (Ba et al. 2016). The
 * adjoints of x add up to 0 over the axes.
 */
export function layerNorm<const X extends Operand>(x: X, options: LayerNormOptions = {}): Like<X> {
  return calledAs("layerNorm", () => {
    const { axes = -1, epsilon = 1e-5, scale, bias } = options;
    const normal = standardize(asValue("layerNorm", x), fixed(axes), fixed(epsilon));
    return affine("layerNorm", normal, scale, bias) as Like<X>;
  });
}

export interface RmsNormOptions extends LayerNormOptions {
  /** Added to the mean square; 1e-6 when left out. */
  readonly epsilon?: number;
}

/** x/√(mean x² + ε) over axes, the last when left out, times `scale` plus `bias` (Zhang and Sennrich 2019). */
export function rmsNorm<const X extends Operand>(x: X, options: RmsNormOptions = {}): Like<X> {
  return calledAs("rmsNorm", () => {
    const { axes = -1, epsilon = 1e-6, scale, bias } = options;
    const value = asValue("rmsNorm", x);
    const power = mean(square(value), fixed(axes), true);
    return affine("rmsNorm", mul(value, rsqrt(add(power, fixed(epsilon)))), scale, bias) as Like<X>;
  });
}

export interface BatchNormOptions extends Affine {
  /** The axis of the channels, 1 when left out; all others are normalised over. `scale` and `bias` have a number for each channel. */
  readonly axis?: number;
  /** Added to the variance; 1e-5 when left out. */
  readonly epsilon?: number;
  /** Of each channel, kept from training: then x is normalised by these, not by its own. Give both. */
  readonly mean?: Operand;
  readonly variance?: Operand;
}

/**
 * Each channel normalised over the batch (Ioffe and Szegedy 2015): (x − mean)/√(variance + ε) times `scale` plus `bias`. The
 * statistics are those of x, and gradients flow through them, unless they are given. For running averages take `mean` and
 * `variance` of x over the same axes.
 *
 * @param x [batch, channels, …]
 */
export function batchNorm<const X extends Operand>(x: X, options: BatchNormOptions = {}): Like<X> {
  return calledAs("batchNorm", () => {
    const { axis = 1, epsilon = 1e-5, scale, bias, mean: kept, variance } = options;
    const value = asValue("batchNorm", x);
    const shape = shapeOf(value);
    const channels = axisOf("batchNorm", fixed(axis), shape);
    const perChannel = (name: string, given: Operand | undefined): Value | undefined =>
      given === undefined
        ? undefined
        : alongChannels(`batchNorm of ${describeShape(shape)}`, name, asValue("batchNorm", given), shape, channels);
    if ((kept === undefined) !== (variance === undefined))
      throw new ShapeError(`batchNorm of ${describeShape(shape)}: give mean and variance, or none of them`);
    const others = shape.map((_, k) => k).filter((k) => k !== channels);
    const normal =
      kept === undefined
        ? standardize(value, others, fixed(epsilon))
        : mul(sub(value, perChannel("mean", kept)!), rsqrt(add(perChannel("variance", variance)!, fixed(epsilon))));
    return scaled(normal, perChannel("scale", scale), perChannel("bias", bias)) as Like<X>;
  });
}

export interface GroupNormOptions extends Affine {
  /** Added to the variance; 1e-5 when left out. */
  readonly epsilon?: number;
}

/**
 * Each example normalised over groups of its channels (Wu and He 2018); with as many groups as channels it is instance
 * normalisation.
 *
 * @param x [batch, channels, …]; `scale` and `bias` have a number for each channel
 */
export function groupNorm<const X extends Operand>(x: X, groups: number, options: GroupNormOptions = {}): Like<X> {
  return calledAs("groupNorm", () => {
    const value = asValue("groupNorm", x);
    const shape = shapeOf(value);
    const [count, names] = [
      asWhole("groupNorm", "the number of groups", groups),
      `groupNorm of ${describeShape(shape)}`,
    ];
    if (shape.length < 2) throw new ShapeError(`${names}: give it [batch, channels, …]`);
    const channels = shape[1]!;
    if (count < 1 || channels % count !== 0)
      throw new ShapeError(`${names}: ${channels} channels cannot be cut into ${count} equal groups`);
    const grouped = reshape(value, [shape[0]!, count, -1]);
    const normal = reshape(standardize(grouped, -1, fixed(options.epsilon ?? 1e-5)), shape);
    const [scale, bias] = [options.scale, options.bias].map((given, k) =>
      given === undefined
        ? undefined
        : alongChannels(names, k === 0 ? "scale" : "bias", asValue("groupNorm", given), shape, 1),
    );
    return scaled(normal, scale, bias) as Like<X>;
  });
}

/** A number for each channel, in a shape that broadcasts against x. */
function alongChannels(names: string, what: string, given: Value, shape: readonly number[], channels: number): Value {
  const size = sizeOf(shapeOf(given));
  if (size === 1) return given;
  if (size !== shape[channels])
    throw new ShapeError(
      `${names}: ${what} has shape ${describeShape(shapeOf(given))}; give a number for each of the ${shape[channels]} channels`,
    );
  return reshape(
    given,
    shape.map((extent, k) => (k === channels ? extent : 1)),
  );
}

function affine(name: string, x: Value, scale: Operand | undefined, bias: Operand | undefined): Value {
  const value = (given: Operand | undefined): Value | undefined =>
    given === undefined ? undefined : asValue(name, given);
  return scaled(x, value(scale), value(bias));
}

function scaled(x: Value, scale: Value | undefined, bias: Value | undefined): Value {
  const stretched = scale === undefined ? x : mul(x, scale);
  return bias === undefined ? stretched : add(stretched, bias);
}

/**
 * x with each element put to 0 with probability `rate`, the others divided by 1 − rate so that the mean stays (Srivastava et
 * al. 2014). Leave it out where the model is evaluated.
 *
 * @param rng what draws; the same seed drops the same elements
 * @throws RangeError where the rate is not from 0 up to, but not including, 1.
 */
export function dropout<const X extends Operand>(x: X, rate: number, rng: Random): Like<X> {
  const value = asValue("dropout", x);
  const probability = asFinite("dropout", "the rate", rate);
  if (!(probability >= 0 && probability < 1))
    throw new ValueError(`dropout: the rate is ${probability}; give one from 0 up to, but not including, 1`);
  if (probability === 0) return value as Like<X>;
  if (!((rng as unknown) instanceof Random))
    throw new KindError(`dropout: give random numbers such as random(0), not ${describe(rng)}`);
  const kept = rng.bernoulli(shapeOf(value), 1 - probability) as unknown as Value;
  return mul(value, div(kept, 1 - probability)) as Like<X>;
}
