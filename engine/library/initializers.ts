import { ShapeError } from "../primitives/broadcastShapes.ts";
import { describeShape } from "../tape/shape.ts";
import { KindError } from "../primitives/argumentErrors.ts";
import { Random } from "./random.ts";
import type { Shape, Shaped } from "./types.ts";
import { asShape, describe } from "./values.ts";

/**
 * Weights that a layer of shape [inputs, outputs], or a kernel [filters, channels, …], begins with; their standard deviation
 * is multiplied by `gain`, 1 when left out.
 */
export type Initializer = <const S extends Shape>(
  rng: Random,
  shape: S,
  options?: { readonly gain?: number },
) => Shaped<S>;

/** `variance` is that of one weight, from the numbers of inputs and outputs. */
function initializer(name: string, kind: "normal" | "uniform", variance: (inputs: number, outputs: number) => number) {
  return <const S extends Shape>(rng: Random, shape: S, { gain = 1 }: { readonly gain?: number } = {}): Shaped<S> => {
    if (!((rng as unknown) instanceof Random))
      throw new KindError(`${name}: give the random numbers first, such as random(0), not ${describe(rng)}`);
    const [inputs, outputs] = fans(name, asShape(name, shape));
    const scale = gain * Math.sqrt(variance(inputs, outputs));
    const weights =
      kind === "normal"
        ? rng.normal(shape as Shape, { scale })
        : rng.uniform(shape as Shape, { low: -scale * Math.sqrt(3), high: scale * Math.sqrt(3) });
    return weights as Shaped<S>;
  };
}

/** Of a matrix the axes are inputs and outputs; of a kernel of `conv` filters, channels and its places, which all count. */
function fans(name: string, shape: Shape): [inputs: number, outputs: number] {
  if (shape.length < 2)
    throw new ShapeError(`${name} of ${describeShape(shape)}: give [inputs, outputs] or [filters, channels, …]`);
  const [first, second, ...places] = shape as readonly [number, number, ...number[]];
  if (places.length === 0) return [first, second];
  const count = places.reduce((product, extent) => product * extent, 1);
  return [second * count, first * count];
}

/** Normal with variance 2/inputs, for relu: signals keep their size from layer to layer (He et al. 2015). */
export const heNormal: Initializer = initializer("heNormal", "normal", (inputs) => 2 / inputs);
/** Uniform with variance 2/inputs, for relu (He et al. 2015). */
export const heUniform: Initializer = initializer("heUniform", "uniform", (inputs) => 2 / inputs);
/** Normal with variance 2/(inputs + outputs), for tanh and sigmoid (Glorot and Bengio 2010). */
export const glorotNormal: Initializer = initializer("glorotNormal", "normal", (i, o) => 2 / (i + o));
/** Uniform with variance 2/(inputs + outputs), for tanh and sigmoid (Glorot and Bengio 2010). */
export const glorotUniform: Initializer = initializer("glorotUniform", "uniform", (i, o) => 2 / (i + o));
/** Normal with variance 1/inputs, for selu (LeCun et al. 1998). */
export const lecunNormal: Initializer = initializer("lecunNormal", "normal", (inputs) => 1 / inputs);
