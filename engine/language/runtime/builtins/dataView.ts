import { f16round, fround } from "../../../primitives/rounding.ts";
import { recording } from "../../../tape/recording.ts";
import { TracedNumber } from "../../../tape/tensor.ts";
import type { Findings } from "../findings.ts";
import { refuseHeld } from "../heldData.ts";
import { reportBytes } from "../members.ts";
import { isObject, primal, toElement } from "../primals.ts";
import { floatArrayConstructors, hasShadows, noteElement, tracedElement, type FloatArray } from "../typedArrays.ts";
import { primals, replaceMethods, type Callable } from "./replace.ts";
import { OwnMap, OwnWeakMap, apply, is, trunc } from "../intrinsics.ts";

/** A traced number as it was written into a buffer. It is read again while the bytes still spell its primal. */
interface Written {
  readonly element: TracedNumber;
  readonly format: string;
  readonly littleEndian: boolean;
}

/** By buffer and by byte. */
const written = new OwnWeakMap<ArrayBufferLike, Map<number, Written>>();

const formats: Readonly<Record<string, (value: TracedNumber) => TracedNumber>> = {
  Float64: (value) => value,
  Float32: (value) => fround(value) as TracedNumber,
  Float16: (value) => f16round(value) as TracedNumber,
};

/** `DataView` gives back the traced numbers that were written through it, or through an array, in the same format. */
export function installDataView(findings: Findings): void {
  const { prototype } = DataView as { prototype: object };
  for (const [format, round] of Object.entries(formats)) {
    if (`set${format}` in prototype)
      replaceMethods(prototype, (native) => writing(`set${format}`, native(`set${format}`), format, round));
  }
  for (const name of Object.getOwnPropertyNames(prototype)) {
    if (name.startsWith("get")) replaceMethods(prototype, (native) => reading(name, native(name), findings));
    else if (name.startsWith("set") && !(name.slice("set".length) in formats))
      replaceMethods(prototype, (native) => writingBytes(name, native(name)));
  }
}

/** Whole numbers: their bytes may be those of a tensor. */
function writingBytes(name: string, native: Callable): object {
  return {
    [name](this: DataView, ...values: unknown[]): unknown {
      if (recording.on && recording.tape.tensors.length > 0) refuseHeld(this);
      return apply(native, this, primals(values));
    },
  };
}

const placeOf = (view: DataView, position: unknown): number => view.byteOffset + trunc(+(position as string)) || 0;

function writing(name: string, native: Callable, format: string, round: (value: TracedNumber) => TracedNumber): object {
  return {
    [name](this: DataView, offset: unknown, value: unknown, littleEndian: unknown): void {
      const position = primal(offset);
      if (recording.on && recording.tape.tensors.length > 0) refuseHeld(this);
      let element = value;
      // An object is converted after the position was looked at.
      const later = { valueOf: () => primal((element = toElement(value))) };
      native.call(this, position, isObject(value) && !TracedNumber.is(value) ? later : primal(value), littleEndian);
      if (!TracedNumber.is(element)) return;
      let elements = written.get(this.buffer);
      if (elements === undefined) written.set(this.buffer, (elements = new OwnMap<number, Written>()));
      const place = placeOf(this, position);
      const kept = round(element);
      elements.set(place, { element: kept, format, littleEndian: Boolean(littleEndian) });
      const array = arrayAt(this.buffer, place, format, littleEndian);
      if (array !== undefined && TracedNumber.is(kept)) noteElement(array, 0, kept.node);
    },
  };
}

/** The array whose only element is the number at `place`, where one could be there. */
function arrayAt(
  buffer: ArrayBufferLike,
  place: number,
  format: string,
  littleEndian: unknown,
): FloatArray | undefined {
  const constructor = floatArrayConstructors.find(({ name }) => name === `${format}Array`);
  if (constructor === undefined || !littleEndian || place % constructor.BYTES_PER_ELEMENT !== 0) return undefined;
  return new constructor(buffer as ArrayBuffer, place, 1);
}

function reading(name: string, native: Callable, findings: Findings): object {
  const format = name.slice("get".length);
  const width = Number(/\d+/.exec(format)) / 8;
  return {
    [name](this: DataView, offset: unknown, littleEndian: unknown): unknown {
      const position = primal(offset);
      const value = apply(native, this, [position, littleEndian]);
      if (!recording.on) return value;
      const place = placeOf(this, position);
      const elements = written.get(this.buffer);
      const found = elements?.get(place);
      if (found?.format === format && found.littleEndian === Boolean(littleEndian)) return current(found, value);
      const array = hasShadows() ? arrayAt(this.buffer, place, format, littleEndian) : undefined;
      if (array !== undefined) return tracedElement(array, 0, value as number);
      if (elements !== undefined && spellsTraced(this.buffer, elements, place, width))
        reportBytes(findings, recording.site);
      return value;
    },
  };
}

/** What was written, where the number read is still that one. */
function current({ element }: Written, number: unknown): unknown {
  return element.tape === recording.tape && is(element.primal, number) ? element : number;
}

/** Whether one of the `width` bytes from `place` on is part of a traced number. */
function spellsTraced(
  buffer: ArrayBufferLike,
  elements: ReadonlyMap<number, Written>,
  place: number,
  width: number,
): boolean {
  for (let start = place - 7; start < place + width; start++) {
    const found = elements.get(start);
    if (found?.element.tape !== recording.tape) continue;
    const { format, littleEndian, element } = found;
    if (start + Number(/\d+/.exec(format)) / 8 <= place) continue;
    const bytes = new DataView(buffer) as unknown as Record<string, (place: number, little: boolean) => unknown>;
    const held = bytes[`get${format}`]!(start, littleEndian);
    if (held === element || is(primal(held), element.primal)) return true;
  }
  return false;
}
