/**
 * The safetensors format (https://github.com/huggingface/safetensors): eight bytes with the length of a JSON header, the
 * header with the place of each tensor, then the data. Only float32 and float64 are written and read.
 */
import type { Shape } from "../tape/shape.ts";

export interface NamedTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array | Float64Array;
}

export interface TensorFile {
  readonly tensors: readonly NamedTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

export function encodeTensors({ tensors, metadata }: TensorFile): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const { name, shape, data } of tensors)
    header[name] = {
      dtype: data instanceof Float32Array ? "F32" : "F64",
      shape,
      data_offsets: [end, (end += data.byteLength)],
    };
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Data begin at a multiple of eight, as the format's own writer has them.
  const padded = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + padded + end).fill(0x20, 8, 8 + padded);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.set(text, 8);
  let at = 8 + padded;
  for (const { data } of tensors) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/** @throws Error where the bytes are no safetensors file, or hold another type of numbers. */
export function decodeTensors(file: Uint8Array): TensorFile {
  const broken = (): Error => new Error("it is no safetensors file");
  if (file.length < 8) throw broken();
  const headerLength = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const begin = 8 + headerLength;
  if (begin > file.length) throw broken();
  let header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
  try {
    header = JSON.parse(new TextDecoder().decode(file.subarray(8, begin))) as typeof header;
  } catch {
    throw broken();
  }
  const { __metadata__: metadata = {}, ...entries } = header as Record<string, unknown>;
  const tensors = Object.entries(entries as typeof header).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [from, to],
      },
    ]) => {
      if (begin + to > file.length) throw broken();
      // A copy: a Buffer's own slice would be a view of whatever stands around it.
      const bytes = new Uint8Array(file.subarray(begin + from, begin + to)).buffer;
      if (dtype !== "F32" && dtype !== "F64") throw new Error(`${name} holds numbers of type ${dtype}, not F32 or F64`);
      return { name, shape, data: dtype === "F32" ? new Float32Array(bytes) : new Float64Array(bytes) };
    },
  );
  return { tensors, metadata: metadata as Record<string, string> };
}
