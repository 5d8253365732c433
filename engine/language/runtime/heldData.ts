import { operationName } from "../../primitives/names.ts";
import { recording } from "../../tape/recording.ts";
import { describeShape } from "../../tape/shape.ts";
import type { Tape } from "../../tape/tape.ts";

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

/** The tensors of a tape by their data, as far as they have been looked at. */
interface Index {
  readonly byData: Map<object, number>;
  seen: number;
}

const indices = new WeakMap<Tape, Index>();

/** Refuses to change the data of a tensor on the tape at hand, or on one around it. Costs nothing where there are no tensors. */
export function refuseHeld(view: object, index?: number, value?: number): void {
  if (!recording.on) return;
  for (let tape: Tape | undefined = recording.tape; tape !== undefined; tape = tape.parent) {
    if (tape.tensors.length === 0) continue;
    const place = indexOf(tape).byData.get(view);
    if (place !== undefined) throw refusal(tape, place, index, value);
  }
}

function indexOf(tape: Tape): Index {
  let index = indices.get(tape);
  if (index === undefined) indices.set(tape, (index = { byData: new Map(), seen: 0 }));
  for (const { tensors } = tape; index.seen < tensors.length; index.seen++)
    index.byData.set(tensors[index.seen]!.data, index.seen);
  return index;
}

function refusal(tape: Tape, place: number, index: number | undefined, value: number | undefined): Error {
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
