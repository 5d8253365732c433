import type { Complex } from "../complex/number.ts";
import type { Shape, ShapeOf, Tensor, TypedArray } from "../types.ts";

/** The type of the gradient with respect to a T: built like it, with its numbers as `number`. */
export type Gradient<T> =
  T extends Tensor<infer S>
    ? Tensor<S>
    : T extends number
      ? number
      : T extends TypedArray | Complex
        ? T
        : T extends readonly unknown[]
          ? { -readonly [K in keyof T]: Gradient<T[K]> }
          : T extends object
            ? { -readonly [K in keyof T]: Gradient<T[K]> }
            : T;

/** What the values of all turns of a loop, or of all calls, are together: tensors with those as one axis more, the first. */
export type Stacked<Y> = Y extends number
  ? Tensor<ShapeOf<Y> extends readonly [] ? readonly [number] : Shape>
  : Y extends undefined | null
    ? Y
    : Y extends Complex
      ? Complex
      : Y extends TypedArray
        ? Tensor
        : Y extends readonly unknown[] | object
          ? { -readonly [K in keyof Y]: Stacked<Y[K]> }
          : never;

/** Which arguments a derivative is taken with respect to, counted from 0. */
export interface Argnums {
  /** The first argument when left out. An array of several gives an array of derivatives, in its order. */
  readonly argnums?: number | readonly number[];
}

export interface GradOptions extends Argnums {
  /** The function returns `[value, aux]`: `aux` is anything else that is wanted of it, and is handed on. */
  readonly hasAux?: boolean;
}

type ArgumentAt<Args extends readonly unknown[], K> = K extends number ? Exclude<Args[K], undefined> : never;

/** The gradient with respect to what `argnums` names. */
export type Wrt<Args extends readonly unknown[], Options> = Options extends { readonly argnums: infer N }
  ? N extends readonly number[]
    ? { -readonly [K in keyof N]: Gradient<ArgumentAt<Args, N[K]>> }
    : Gradient<ArgumentAt<Args, N>>
  : Gradient<ArgumentAt<Args, 0>>;

/** A tuple of values built like the arguments. */
export type Tangents<Args extends readonly unknown[]> = { -readonly [K in keyof Args]-?: Gradient<Args[K]> };

type Joined<Out extends Shape, In extends Shape> = number extends Out["length"] | In["length"]
  ? number
  : Out extends readonly []
    ? In extends readonly []
      ? number
      : Tensor<In>
    : Tensor<readonly [...Out, ...In]>;

/** The Jacobian of one leaf of the result with respect to a tree: of the result's shape followed by the argument's. */
type Row<Out, In> = In extends number
  ? Joined<LeafShape<Out>, LeafShape<In>>
  : In extends TypedArray
    ? LeafShape<Out> extends readonly []
      ? In
      : Joined<LeafShape<Out>, readonly [number]>
    : In extends Complex
      ? Complex
      : In extends object
        ? { -readonly [K in keyof In]: Row<Out, In[K]> }
        : never;

type LeafShape<X> = X extends Tensor<infer S> ? S : X extends number ? readonly [] : ShapeOf<X>;

/** The result's tree, with a tree like the argument's in the place of each leaf. */
export type Jacobian<Out, In> = Out extends number
  ? Row<Out, In>
  : Out extends TypedArray
    ? Row<Tensor<readonly [number]>, In>
    : Out extends Complex
      ? { readonly re: Row<number, In>; readonly im: Row<number, In> }
      : Out extends object
        ? { -readonly [K in keyof Out]: Jacobian<Out[K], In> }
        : never;

/** With respect to what `argnums` names; of several arguments, an array in the place of each part of the result. */
export type JacobianWrt<Out, Args extends readonly unknown[], Options> = Options extends { readonly argnums: infer N }
  ? N extends readonly number[]
    ? Jacobian<Out, { -readonly [K in keyof N]: ArgumentAt<Args, N[K]> }>
    : Jacobian<Out, ArgumentAt<Args, N>>
  : Jacobian<Out, ArgumentAt<Args, 0>>;
