import { operationName } from "../../primitives/names.ts";
import { recording } from "../../tape/recording.ts";
import { describeShape } from "../../tape/shape.ts";
import type { Tape } from "../../tape/tape.ts";
import { OwnMap, OwnWeakMap } from "./intrinsics.ts";

/** The program writes into a tensor that an operation has used: its derivative would be taken at another value. */
export class ChangedInPlaceError extends Error {
  override name = "ChangedInPlaceError";
  /** What is being done to the tensor: `element 2 cannot become 5`. */
  readonly what: string;
  /** The operation that used it, or whose result it is, and its site. */
  readonly operation: string;
  readonly isResult: boolean;
  readonly site: number;

  constructor(what: string, { operation, isResult, site }: Use) {
    super(`${what}, because ${operation} ${isResult ? "gave it" : "has used it"}: make a new tensor instead`);
    this.what = what;
    this.operation = operation;
    this.isResult = isResult;
    this.site = site;
  }
}

interface Use {
  readonly operation: string;
  readonly isResult: boolean;
  readonly site: number;
}

/** The tensors of a tape by the buffers of their data, as far as they have been looked at. */
interface Index {
  readonly byBuffer: Map<ArrayBufferLike, number[]>;
  seen: number;
}

const indices = new OwnWeakMap<Tape, Index>();

/** The view that was found free last: a loop that fills an array asks about it again and again. */
let free: { readonly view: object; readonly tape: Tape; readonly tensors: number } | undefined;

/**
 * Refuses to change the data of a tensor on the tape at hand, or on one around it, through whatever view of its buffer.
 * Costs nothing where there are no tensors. Without an index the whole of the view is to be changed.
 */
export function refuseHeld(view: ArrayBufferView, index?: number, value?: unknown): void {
  if (!recording.on) return;
  const { tape } = recording;
  if (free?.view === view && free.tape === tape && free.tensors === tape.tensors.length) return;
  const { buffer } = view;
  for (let holder: Tape | undefined = tape; holder !== undefined; holder = holder.parent) {
    if (holder.tensors.length === 0) continue;
    for (const place of indexOf(holder).byBuffer.get(buffer) ?? []) {
      const { data } = holder.tensors[place]!;
      const width = index === undefined ? view.byteLength : (view as Float64Array).BYTES_PER_ELEMENT;
      const from = view.byteOffset + (index ?? 0) * width - data.byteOffset;
      if (from + width <= 0 || from >= data.byteLength) continue;
      const isElement = index !== undefined && view instanceof Float64Array;
      throw isElement ? refusal(holder, place, from / width, value) : refusal(holder, place);
    }
    // A part of a tensor's buffer may be free while the rest is not.
    if (indexOf(holder).byBuffer.has(buffer)) return;
  }
  free = { view, tape, tensors: tape.tensors.length };
}

function indexOf(tape: Tape): Index {
  let index = indices.get(tape);
  if (index === undefined) indices.set(tape, (index = { byBuffer: new OwnMap(), seen: 0 }));
  for (const { tensors } = tape; index.seen < tensors.length; index.seen++) {
    const { buffer } = tensors[index.seen]!.data;
    const places = index.byBuffer.get(buffer);
    if (places === undefined) index.byBuffer.set(buffer, [index.seen]);
    else places.push(index.seen);
  }
  return index;
}

function refusal(tape: Tape, place: number, index?: number, value?: unknown): Error {
  const { shape, data } = tape.tensors[place]!;
  const tensor = `tensor of shape ${describeShape(shape)}`;
  const what =
    index === undefined
      ? `the data of this ${tensor} cannot be changed in place`
      : `element ${index} of the data of this ${tensor} cannot change from ${data[index]!} to ${String(value)}`;
  return new ChangedInPlaceError(what, useOf(tape, place));
}

/** The first operation that took the tensor, otherwise the one that made it. */
function useOf(tape: Tape, place: number): Use {
  let node = 0;
  while (!tape.isTensor(node) || tape.primal[node] !== place) node++;
  for (let reader = node + 1; reader < tape.length; reader++)
    if (tape.inputsOf(reader).includes(node))
      return { operation: operationName(tape.operation[reader]!), isResult: false, site: tape.site[reader]! };
  return { operation: operationName(tape.operation[node]!), isResult: true, site: tape.site[node]! };
}
