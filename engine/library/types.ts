/** Extents of a tensor, outermost axis first. */
export type Shape = readonly number[];

declare const shapeOf: unique symbol;

/**
 * A row-major array of float64 numbers with at least one axis.
 *
 * To TypeScript a tensor is also a `number`, so that operators take it: `relu(matmul(x, w) + b)`, `(y - t) ** 2 / n`, `-x`
 * type-check, and Adjoint decides at run time what each operator does, element by element and with broadcasting. What
 * an operator gives is a plain `number` to TypeScript: it no longer knows the shape (`ensureShape` tells it again).
 * Outside of a traced file operators do not work on tensors and say so: there use `add`, `sub`, `mul`, `div`, `pow`.
 */
export type Tensor<S extends Shape = Shape> = number & TensorMembers<S>;

export interface TensorMembers<S extends Shape> {
  readonly [shapeOf]: S;
  /** Extents, outermost axis first. */
  readonly shape: S;
  /** Nested arrays of the elements. Inside a traced function they are traced: gradients flow through them. */
  toArray(): NestedArray;
  /** The element at one index per axis; negative ones count from the end. A part where fewer are given. */
  at(...indices: readonly number[]): number;
}

/** What a model computes with: a number, or a tensor of any shape. The result of an operator. */
export type Value = number;

export type TypedArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray;

/** Arrays of numbers or tensors, nested to any depth; all of one level have the same length. */
export type Nested = TypedArray | readonly (number | Nested)[];

/** Nested arrays of numbers. */
export type NestedArray = (number | NestedArray)[];

/** What functions take: a number, a tensor, or nested arrays. */
export type Operand = number | Nested;

/** One axis or several; negative ones count from the last. All of them when left out. */
export type Axes = number | readonly number[];

/** Shown where shapes do not fit: the text says how. */
export interface ShapeMismatch<Message extends string> {
  readonly shapesDoNotFit: Message;
}

/** The shape of an operand, as far as TypeScript knows it: `readonly []` for a literal number, Shape where it does not know. */
export type ShapeOf<X> =
  X extends Tensor<infer S>
    ? S
    : X extends number
      ? number extends X
        ? Shape
        : readonly []
      : X extends TypedArray
        ? readonly [number]
        : X extends readonly (infer Element)[]
          ? readonly [X["length"], ...ElementShape<Element>]
          : X extends ComplexParts<infer S>
            ? S
            : Shape;

/** A complex number to the types of functions that take one. */
export interface ComplexParts<S extends Shape = Shape> {
  readonly re: number;
  readonly im: number;
  readonly shape: S;
}

/** Stops at eight levels: of arrays nested to any depth no shape is known. */
type ElementShape<Element, Depth extends 0[] = []> = Depth["length"] extends 8
  ? Shape
  : Element extends Tensor<infer S>
    ? S
    : Element extends number
      ? readonly []
      : Element extends TypedArray
        ? readonly [number]
        : Element extends readonly (infer Inner)[]
          ? readonly [Element["length"], ...ElementShape<Inner, [...Depth, 0]>]
          : Shape;

/** A tensor of a shape, a number where the shape is empty or unknown. */
export type Shaped<S extends Shape> = number extends S["length"] ? number : S extends readonly [] ? number : Tensor<S>;

/** A value of the shape of X. */
export type Like<X> = Shaped<ShapeOf<X>>;

// ------------------------------------------------------------------------------------------------------ broadcasting

type Known<S extends Shape> = number extends S["length"] ? false : true;

type BroadcastExtent<A extends number, B extends number> = A extends 1
  ? B
  : B extends 1
    ? A
    : number extends A
      ? B
      : number extends B
        ? A
        : A extends B
          ? A
          : never;

type BroadcastShapes<A extends Shape, B extends Shape> = A extends readonly [
  ...infer LeadA extends Shape,
  infer LastA extends number,
]
  ? B extends readonly [...infer LeadB extends Shape, infer LastB extends number]
    ? readonly [...BroadcastShapes<LeadA, LeadB>, BroadcastExtent<LastA, LastB>]
    : A
  : B;

/** The shape to which A and B broadcast; Shape where one is unknown. */
export type Broadcast<A extends Shape, B extends Shape> =
  Known<A> extends true ? (Known<B> extends true ? BroadcastShapes<A, B> : Shape) : Shape;

/** B, if its shape broadcasts against A's. */
export type Broadcastable<A, B> = [HasNever<Broadcast<ShapeOf<A>, ShapeOf<B>>>] extends [true]
  ? ShapeMismatch<`shapes ${Show<ShapeOf<A>>} and ${Show<ShapeOf<B>>} do not broadcast`>
  : B;

type HasNever<S extends Shape> = S extends readonly [infer First, ...infer Rest extends Shape]
  ? [First] extends [never]
    ? true
    : HasNever<Rest>
  : false;

/** A shape as text: `[2, 3]`. */
export type Show<S extends Shape> = `[${Join<S>}]`;
type Join<S extends Shape> = S extends readonly [infer First extends number, ...infer Rest extends Shape]
  ? Rest extends readonly []
    ? `${First}`
    : `${First}, ${Join<Rest>}`
  : "";

// ------------------------------------------------------------------------------------------------------------ products

/** B, if the matrix product of A and B exists. */
export type Multipliable<A, B> =
  InnerOf<ShapeOf<A>> extends infer K extends number
    ? MatchingOf<ShapeOf<B>> extends infer L extends number
      ? number extends K | L
        ? B
        : K extends L
          ? B
          : ShapeMismatch<`matmul of ${Show<ShapeOf<A>>} and ${Show<ShapeOf<B>>}: the inner dimensions ${K} and ${L} differ`>
      : B
    : B;

type InnerOf<A extends Shape> = A extends readonly [...Shape, infer K extends number] ? K : number;
type MatchingOf<B extends Shape> = B extends readonly [infer L extends number]
  ? L
  : B extends readonly [...Shape, infer L extends number, number]
    ? L
    : number;

/** The shape of the matrix product of A and B. */
export type Product<A extends Shape, B extends Shape> = A extends readonly [number]
  ? B extends readonly [number]
    ? readonly []
    : B extends readonly [...infer Lead extends Shape, number, infer N extends number]
      ? readonly [...Lead, N]
      : Shape
  : A extends readonly [...infer LeadA extends Shape, infer M extends number, number]
    ? B extends readonly [number]
      ? readonly [...LeadA, M]
      : B extends readonly [...infer LeadB extends Shape, number, infer N extends number]
        ? readonly [...BroadcastShapes<LeadA, LeadB>, M, N]
        : Shape
    : Shape;

// ---------------------------------------------------------------------------------------------------------------- axes

/** The shape S after reducing over axes A (undefined: all), which stay with extent 1 when Keep. */
export type Reduced<S extends Shape, A, Keep extends boolean> =
  Known<S> extends false
    ? Shape
    : [A] extends [undefined]
      ? Keep extends true
        ? { readonly [K in keyof S]: 1 }
        : readonly []
      : AxisUnion<A> extends infer Union extends number
        ? number extends Union
          ? Shape
          : ReducedAt<S, Union, Keep>
        : Shape;

type AxisUnion<A> = A extends readonly (infer Axis extends number)[] ? Axis : A;

type ReducedAt<S extends Shape, A extends number, Keep extends boolean, Seen extends 0[] = []> = S extends readonly [
  infer First extends number,
  ...infer Rest extends Shape,
]
  ? IsAxis<S, A, Seen> extends true
    ? readonly [...(Keep extends true ? [1] : []), ...ReducedAt<Rest, A, Keep, [...Seen, 0]>]
    : readonly [First, ...ReducedAt<Rest, A, Keep, [...Seen, 0]>]
  : readonly [];

/** Whether the first axis of what remains of a shape, after Seen, is among axes A, which may count from the end. */
type IsAxis<S extends Shape, A extends number, Seen extends 0[]> = Seen["length"] extends A
  ? true
  : `-${S["length"]}` extends `${A}`
    ? true
    : false;

/** The shape S with the extent along axis A replaced. */
export type WithExtent<S extends Shape, A extends number, Extent extends number, Seen extends 0[] = []> =
  Known<S> extends false
    ? Shape
    : number extends A
      ? { readonly [K in keyof S]: number }
      : S extends readonly [infer First extends number, ...infer Rest extends Shape]
        ? readonly [IsAxis<S, A, Seen> extends true ? Extent : First, ...WithExtent<Rest, A, Extent, [...Seen, 0]>]
        : readonly [];

/** The shape S with its axes in another order; reversed when undefined. */
export type Transposed<S extends Shape, A extends Shape | undefined> =
  Known<S> extends false
    ? Shape
    : A extends Shape
      ? { readonly [K in keyof A]: A[K] extends number ? ExtentAt<S, A[K]> : never }
      : Reversed<S>;

type Reversed<S extends Shape> = S extends readonly [infer First extends number, ...infer Rest extends Shape]
  ? readonly [...Reversed<Rest>, First]
  : readonly [];

type ExtentAt<S extends Shape, A extends number> = `${A}` extends keyof S ? S[`${A}` & keyof S] & number : number;

/** The shape given to `reshape`, with what −1 stands for left open. */
export type Reshaped<S extends Shape> = { readonly [K in keyof S]: S[K] extends -1 ? number : S[K] };

/** What to take along one axis; see `slice`. */
export type Range = null | number | readonly [start: number | null, stop?: number | null, step?: number];

/** The shape of the region of S that ranges R name. */
export type Sliced<S extends Shape, R extends readonly Range[]> =
  Known<S> extends false
    ? Shape
    : S extends readonly [infer First extends number, ...infer Rest extends Shape]
      ? R extends readonly [infer Head, ...infer Tail extends readonly Range[]]
        ? Head extends null
          ? readonly [First, ...Sliced<Rest, Tail>]
          : Head extends number
            ? Sliced<Rest, Tail>
            : readonly [number, ...Sliced<Rest, Tail>]
        : number extends R["length"]
          ? Shape
          : S
      : readonly [];

/** The shape of the elements that `take` finds in S at indices of shape I along axis A. */
export type Taken<S extends Shape, I extends Shape, A extends number> =
  Known<S> extends false
    ? Shape
    : Known<I> extends false
      ? Shape
      : A extends 0
        ? S extends readonly [number, ...infer Rest extends Shape]
          ? readonly [...I, ...Rest]
          : Shape
        : Shape;

// -------------------------------------------------------------------------------------------------------- convolutions

type Tail<S extends Shape> = S extends readonly [unknown, ...infer Rest extends Shape] ? Rest : readonly [];
type Opened<S extends Shape> = { readonly [K in keyof S]: number };

/** K, if it is a kernel for X: of as many axes (one more for a single example), and of as many channels where there are no groups. */
export type Convolvable<X, K, O> = "groups" extends keyof O
  ? K
  : ChannelsOf<ShapeOf<X>, ShapeOf<K>> extends infer C extends number
    ? ShapeOf<K> extends readonly [number, infer L extends number, ...Shape]
      ? number extends C | L
        ? K
        : C extends L
          ? K
          : ShapeMismatch<`conv of ${Show<ShapeOf<X>>} with kernel ${Show<ShapeOf<K>>}: the input has ${C} channels, the kernel takes ${L}`>
      : K
    : K;

type ChannelsOf<X extends Shape, K extends Shape> =
  Known<X> extends false ? number : Known<K> extends false ? number : X["length"] extends K["length"] ? X[1] : X[0];

/** The shape of the convolution of X with K; extents along spatial axes are left open. */
export type Convolved<X extends Shape, K extends Shape> = ConvolvedTo<X, K, K[0]>;
/** The same for the transposed convolution without groups; the number of filters is left open where there may be some. */
export type ConvolvedBack<X extends Shape, K extends Shape> = ConvolvedTo<X, K, number>;

type ConvolvedTo<X extends Shape, K extends Shape, Filters extends number> =
  Known<X> extends false
    ? Shape
    : Known<K> extends false
      ? Shape
      : X["length"] extends K["length"]
        ? readonly [X[0], Filters, ...Opened<Tail<Tail<X>>>]
        : readonly [Filters, ...Opened<Tail<X>>];

/** The shape after pooling; the extents along spatial axes are left open. */
export type Pooled<X extends Shape> = X extends readonly [
  infer Batch extends number,
  infer Channels extends number,
  ...infer Spatial extends Shape,
]
  ? Known<X> extends true
    ? Spatial extends readonly [number]
      ? readonly [Batch, Channels | number, number]
      : readonly [Batch, Channels, ...Opened<Spatial>]
    : Shape
  : Shape;

// ------------------------------------------------------------------------------------------------------------- matrices

/** The axes before those of the matrix. */
export type BatchOf<S extends Shape> = S extends readonly [...infer Batch extends Shape, number, number]
  ? Batch
  : Shape;

/** The shape S with one axis more. */
export type WithLast<S extends Shape, N extends number> = Known<S> extends true ? readonly [...S, N] : Shape;

/** The shape of the transposed matrix. */
export type Swapped<S extends Shape> = S extends readonly [
  ...infer Batch extends Shape,
  infer M extends number,
  infer N extends number,
]
  ? readonly [...Batch, N, M]
  : Shape;

/** The smaller of two extents, where they are equal to TypeScript. */
export type Smaller<M extends number, N extends number> = number extends M | N ? number : M extends N ? M : number;

/** The shape of the diagonals of S. */
export type Diagonal<S extends Shape> = S extends readonly [
  ...infer Batch extends Shape,
  infer M extends number,
  infer N extends number,
]
  ? readonly [...Batch, Smaller<M, N>]
  : Shape;

/** A, if its matrices are square as far as TypeScript knows. */
export type SquareMatrix<A, Operation extends string> =
  ShapeOf<A> extends readonly [...Shape, infer M extends number, infer N extends number]
    ? number extends M | N
      ? A
      : M extends N
        ? A
        : ShapeMismatch<`${Operation} of ${Show<ShapeOf<A>>}: the matrix has ${M} rows and ${N} columns; give a square one`>
    : A;

/** B, if it is a right side for the matrix A. */
export type Solvable<A, B> =
  InnerOf<ShapeOf<A>> extends infer K extends number
    ? MatchingOf<ShapeOf<B>> extends infer L extends number
      ? number extends K | L
        ? B
        : K extends L
          ? B
          : ShapeMismatch<`solve of ${Show<ShapeOf<A>>} and ${Show<ShapeOf<B>>}: the matrix has ${K} rows, so the right side must have ${K}`>
      : B
    : B;
