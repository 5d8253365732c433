/**
 * The inner part of the matrix product, as a WebAssembly module of one function: C = A·B of panels that were packed so that
 * every access is to the next 16 bytes. A is in panels of 4 rows, B in panels of 8 columns, both depth by depth.
 *
 * SIMD of 128 bits with fused multiply-add where the engine has it (relaxed SIMD), else with a product and a sum. The
 * blocking is that of Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008).
 */

export const tileRows = 4;
export const tileColumns = 8;

/** Addresses in bytes; `stride` is the distance in bytes of rows of C. All of `rows`/4, `columns`/8 and `depth` are ≥ 1. */
export type MultiplyPanels = (
  a: number,
  b: number,
  c: number,
  rowTiles: number,
  columnTiles: number,
  depth: number,
  stride: number,
) => void;

/** What is used of WebAssembly's own interface, which the types of Node leave out. */
interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

interface Assembly {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
}

export interface PanelModule {
  readonly memory: Memory;
  readonly multiply: MultiplyPanels;
}

/** Undefined where the engine has no WebAssembly SIMD. */
export function panelModule(): PanelModule | undefined {
  const { WebAssembly: assembly } = globalThis as unknown as { WebAssembly?: Assembly };
  if (assembly === undefined) return undefined;
  for (const fused of [true, false]) {
    const bytes = moduleBytes(fused);
    if (!assembly.validate(bytes)) continue;
    const { exports } = new assembly.Instance(new assembly.Module(bytes));
    return { memory: exports["memory"] as Memory, multiply: exports["multiply"] as MultiplyPanels };
  }
  return undefined;
}

// ------------------------------------------------------------------------------------------------------- assembler

type Code = readonly number[];

/** Unsigned LEB128. */
function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

const i32 = 0x7f;
const v128 = 0x7b;
const get = (local: number): Code => [0x20, ...leb(local)];
const set = (local: number): Code => [0x21, ...leb(local)];
/** Constants below 64, whose signed encoding is one byte. */
const constant = (value: number): Code => [0x41, value];
const add: Code = [0x6a];
const subtract: Code = [0x6b];
const simd = (code: number, ...more: number[]): Code => [0xfd, ...leb(code), ...more];
const load = (offset: number): Code => simd(0x00, 2, ...leb(offset));
const loadSplat = (offset: number): Code => simd(0x09, 2, ...leb(offset));
const store = (offset: number): Code => simd(0x0b, 2, ...leb(offset));
const zero: Code = simd(0x0c, ...new Array<number>(16).fill(0));
const floatAdd = simd(0xe4);
const floatMultiply = simd(0xe6);
const fusedMultiplyAdd = simd(0x105);
const loop = (body: Code): Code => [0x03, 0x40, ...body, 0x0b];
const advance = (local: number, amount: Code): Code => [...get(local), ...amount, ...add, ...set(local)];
/** Counts a local down by one, and begins the loop again while it is not 0. */
const again = (local: number): Code => [...get(local), ...constant(1), ...subtract, 0x22, ...leb(local), 0x0d, 0];

function moduleBytes(fused: boolean): Uint8Array<ArrayBuffer> {
  const [a, b, c, rowTiles, columnTiles, depth, stride, atA, atB, atC, turns, tiles] = Array.from(
    { length: 12 },
    (_, local) => local,
  ) as [number, number, number, number, number, number, number, number, number, number, number, number];
  const accumulator = (row: number, half: number): number => 12 + 2 * row + half;
  const [left, right, splat] = [20, 21, 22];
  const rows = [0, 1, 2, 3];
  const halves = [0, 1];

  const accumulate = (row: number, half: number): Code => {
    const operand = get(half === 0 ? left : right);
    const sum = get(accumulator(row, half));
    const product = fused
      ? [...get(splat), ...operand, ...sum, ...fusedMultiplyAdd]
      : [...get(splat), ...operand, ...floatMultiply, ...sum, ...floatAdd];
    return [...product, ...set(accumulator(row, half))];
  };
  const inner = loop([
    ...get(atB),
    ...load(0),
    ...set(left),
    ...get(atB),
    ...load(16),
    ...set(right),
    ...rows.flatMap((row) => [
      ...get(atA),
      ...loadSplat(4 * row),
      ...set(splat),
      ...halves.flatMap((half) => accumulate(row, half)),
    ]),
    ...advance(atA, constant(16)),
    ...advance(atB, constant(32)),
    ...again(turns),
  ]);
  const tile = loop([
    ...get(b),
    ...set(atB),
    ...get(depth),
    ...set(turns),
    ...rows.flatMap((row) => halves.flatMap((half) => [...zero, ...set(accumulator(row, half))])),
    ...inner,
    ...rows.flatMap((row) => [
      ...halves.flatMap((half) => [...get(atC), ...get(accumulator(row, half)), ...store(16 * half)]),
      ...advance(atC, get(stride)),
    ]),
    ...again(tiles),
  ]);
  const body = loop([
    ...get(a),
    ...set(atA),
    ...get(c),
    ...set(atC),
    ...get(rowTiles),
    ...set(tiles),
    ...tile,
    ...get(atB),
    ...set(b),
    ...advance(c, constant(32)),
    ...again(columnTiles),
  ]);
  const locals = [2, ...leb(5), i32, ...leb(11), v128];
  const code = [...locals, ...body, 0x0b];
  const section = (id: number, content: Code): Code => [id, ...leb(content.length), ...content];
  const name = (text: string): Code => [text.length, ...Array.from(text, (character) => character.charCodeAt(0))];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 7, ...new Array<number>(7).fill(i32), 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...name("memory"), 2, 0, ...name("multiply"), 0, 0]),
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
}
