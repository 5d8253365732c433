/** Shapes of what is rearranged, as far as TypeScript can tell. */
import type { Diagonal, Reduced, Shape } from "./types.ts";

type Known<S extends Shape> = number extends S["length"] ? false : true;

/** The shape S with a new axis of this extent at place A of the result, which may count from the end. */
export type Inserted<S extends Shape, A extends number, Extent extends number> =
  Known<S> extends false ? Shape : number extends A ? Shape : InsertedAt<S, A, Extent, []>;

type InsertedAt<S extends Shape, A extends number, Extent extends number, Seen extends 0[]> =
  IsPlace<S, A, Seen> extends true
    ? readonly [Extent, ...S]
    : S extends readonly [infer First extends number, ...infer Rest extends Shape]
      ? readonly [First, ...InsertedAt<Rest, A, Extent, [...Seen, 0]>]
      : Shape;

/** Whether A is the place before what remains of a shape, S, after Seen. */
type IsPlace<S extends Shape, A extends number, Seen extends 0[]> = Seen["length"] extends A
  ? true
  : S extends readonly [...infer Rest]
    ? `-${[...Rest, 0]["length"] & number}` extends `${A}`
      ? true
      : false
    : false;

/** The shape S without axes A, or without all axes of extent 1 when undefined. */
export type Squeezed<S extends Shape, A> = [A] extends [undefined]
  ? Known<S> extends false
    ? Shape
    : WithoutOnes<S>
  : Reduced<S, A, false>;

type WithoutOnes<S extends Shape> = number extends S[number]
  ? Shape
  : S extends readonly [infer First extends number, ...infer Rest extends Shape]
    ? First extends 1
      ? WithoutOnes<Rest>
      : readonly [First, ...WithoutOnes<Rest>]
    : readonly [];

/** The shape S with axes A and B in each other's place. */
export type Exchanged<S extends Shape, A extends number, B extends number> =
  Known<S> extends false
    ? Shape
    : `${A}` extends keyof S
      ? `${B}` extends keyof S
        ? {
            readonly [K in keyof S]: K extends `${A}`
              ? S[`${B}` & keyof S]
              : K extends `${B}`
                ? S[`${A}` & keyof S]
                : S[K];
          } extends infer T extends Shape
          ? T
          : never
        : SameRank<S>
      : SameRank<S>;

/** As many axes as S, of any extents. */
export type SameRank<S extends Shape> = { readonly [K in keyof S]: number };

/** The shape of what `diag` makes of S. */
export type Diag<S extends Shape> = S extends readonly [infer N extends number]
  ? readonly [N, N]
  : S extends readonly [number, number]
    ? Diagonal<S>
    : Shape;

/** The shape of the matrices with S on their diagonals. */
export type Embedded<S extends Shape> = S extends readonly [...infer Batch extends Shape, infer N extends number]
  ? readonly [...Batch, N, N]
  : Shape;

// ---------------------------------------------------------------------------------------------------------------- einsum

/**
 * The shape that `einsum` gives, from subscripts such as "ij,jk->ik" and the shapes of the operands. Shape where it is
 * not a text that TypeScript knows, has no arrow, or has dots or blanks in it.
 */
export type Contracted<Text extends string, Shapes extends readonly Shape[]> = string extends Text
  ? Shape
  : Text extends `${string}.${string}` | `${string} ${string}`
    ? Shape
    : Text extends `${infer Inputs}->${infer Output}`
      ? Read<Inputs, Shapes> extends infer Extents
        ? ShapeOfLetters<Output, Extents>
        : Shape
      : Shape;

type Read<Inputs extends string, Shapes extends readonly Shape[]> = Inputs extends `${infer First},${infer Rest}`
  ? Shapes extends readonly [infer S extends Shape, ...infer Others extends readonly Shape[]]
    ? Letters<First, S> & Read<Rest, Others>
    : unknown
  : Shapes extends readonly [infer S extends Shape]
    ? Letters<Inputs, S>
    : unknown;

type Letters<Text extends string, S extends Shape> = Text extends `${infer Letter}${infer Rest}`
  ? S extends readonly [infer Extent extends number, ...infer Others extends Shape]
    ? Readonly<Record<Letter, Extent>> & Letters<Rest, Others>
    : unknown
  : unknown;

type ShapeOfLetters<Text extends string, Extents> = Text extends `${infer Letter}${infer Rest}`
  ? readonly [Letter extends keyof Extents ? Extents[Letter] & number : number, ...ShapeOfLetters<Rest, Extents>]
  : readonly [];
