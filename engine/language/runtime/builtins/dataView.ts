import { f16round, fround } from "../../../primitives/rounding.ts";
import { recording } from "../../../tape/recording.ts";
import { TracedNumber } from "../../../tape/tensor.ts";
import { isObject, primal, toElement } from "../primals.ts";
import { replaceMethods, type Callable } from "./replace.ts";

/** A traced number as it was written into a buffer. It is read again while the bytes still spell its primal. */
interface Written {
  readonly element: TracedNumber;
  readonly method: string;
  readonly littleEndian: boolean;
}

/** By buffer and by byte. */
const written = new WeakMap<ArrayBufferLike, Map<number, Written>>();

const formats = {
  Float64: (value: TracedNumber) => value,
  Float32: (value: TracedNumber) => fround(value) as TracedNumber,
  Float16: (value: TracedNumber) => f16round(value) as TracedNumber,
};

/** `DataView` gives back the traced numbers that were written through it in the same format. */
export function installDataView(): void {
  const { prototype } = DataView as { prototype: object };
  for (const [format, round] of Object.entries(formats)) {
    if (!(`set${format}` in prototype)) continue;
    replaceMethods(prototype, (native) => ({
      ...writing(`set${format}`, native(`set${format}`), format, round),
      ...reading(`get${format}`, native(`get${format}`), format),
    }));
  }
}

function writing(name: string, native: Callable, format: string, round: (value: TracedNumber) => TracedNumber): object {
  return {
    [name](this: DataView, offset: unknown, value: unknown, littleEndian: unknown): void {
      const position = primal(offset);
      let element = value;
      // An object is converted after the position was looked at.
      const later = { valueOf: () => primal((element = toElement(value))) };
      native.call(
        this,
        position,
        isObject(value) && !(value instanceof TracedNumber) ? later : primal(value),
        littleEndian,
      );
      if (!(element instanceof TracedNumber)) return;
      let elements = written.get(this.buffer);
      if (elements === undefined) written.set(this.buffer, (elements = new Map<number, Written>()));
      const place = this.byteOffset + Math.trunc(Number(position) || 0);
      elements.set(place, { element: round(element), method: format, littleEndian: Boolean(littleEndian) });
    },
  };
}

function reading(name: string, native: Callable, format: string): object {
  return {
    [name](this: DataView, offset: unknown, littleEndian: unknown): unknown {
      const position = primal(offset);
      const number = native.call(this, position, littleEndian);
      const elements = recording.on ? written.get(this.buffer) : undefined;
      const found = elements?.get(this.byteOffset + Math.trunc(Number(position) || 0));
      if (found?.method !== format || found.littleEndian !== Boolean(littleEndian)) return number;
      const { element } = found;
      return element.tape === recording.tape && Object.is(element.primal, number) ? element : number;
    },
  };
}
