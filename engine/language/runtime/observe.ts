import { types } from "node:util";
import { recording } from "../../tape/recording.ts";
import type { Tape } from "../../tape/tape.ts";
import { declarationSites, Tensor, TracedNumber, untraced } from "../../tape/tensor.ts";
import { arraysWithGetters } from "./builtins/object.ts";
import { isFloatArray, lengthOf, nodeAt, type FloatArray } from "./typedArrays.ts";
import { OwnMap, isArray } from "./intrinsics.ts";

/** Of larger arrays no snapshot is taken. */
const largestSnapshot = 4096;
/** A place whose arrays keep being untraced is looked at ever more rarely, down to once in so many executions. */
const rarestLook = 1024;

/** What is known of one place where arrays are observed. */
interface Place {
  /** Executions to let pass, and how many to let pass after the next untraced array. */
  skip: number;
  patience: number;
  /** Snapshots taken; the first is kept, the last is overwritten. */
  taken: number;
  /** Where the last snapshot stands in `observations`. */
  entry: number;
  index: number;
}

let places = new OwnMap<number, Place>();
let placesOf: Tape | undefined;

/** Notes what a variable holds: a traced value, or an array with traced values in it. */
export function observe<T>(site: number, value: T): T {
  if (typeof value !== "object" || value === null) return value;
  // The tracer's hot path: variables hold traced numbers first of all.
  if (TracedNumber.is(value)) {
    const { tape } = recording;
    if (recording.on && value.tape === tape) tape.observations.add(site, value.node, recording.scope);
  } else if (Tensor.is(value)) {
    if (!declarationSites.has(value)) declarationSites.set(value, site);
    if (recording.on && recording.tape.holds(value)) recording.tape.observations.add(site, value.node, recording.scope);
  } else if (recording.on) {
    observeObject(site, value);
  }
  return value;
}

/** Where a proxy was revoked, or the program has put something into `Array.prototype`, nothing can be looked at. */
function observeObject(site: number, value: object): void {
  try {
    if (isArray(value) || isFloatArray(value)) observeArray(site, value);
  } catch {
    // To the program it must be as if nobody had looked.
  }
}

function observeArray(site: number, array: object): void {
  if (placesOf !== recording.tape) {
    places = new OwnMap();
    placesOf = recording.tape;
  }
  let place = places.get(site);
  if (place === undefined) places.set(site, (place = { skip: 0, patience: 0, taken: 0, entry: 0, index: 0 }));
  if (place.skip > 0) {
    place.skip--;
    return;
  }
  const shape = fillFrom(array);
  if (shape !== undefined) {
    place.patience = 0;
    keep(site, place, shape);
  } else if (place.taken === 0) {
    place.skip = place.patience;
    const patience = 2 * place.patience + 1;
    place.patience = patience < rarestLook ? patience : rarestLook;
  }
}

function keep(site: number, place: Place, shape: readonly number[]): void {
  const { observations } = recording.tape;
  const size = elementsOf(shape);
  const previous = observations.snapshots[place.index];
  if (place.taken >= 2 && previous?.nodes.length === size) {
    previous.nodes.set(atHand.nodes.subarray(0, size));
    previous.primals.set(atHand.primals.subarray(0, size));
    observations.snapshots[place.index] = { ...previous, shape };
  } else {
    const snapshot = { shape, nodes: atHand.nodes.slice(0, size), primals: atHand.primals.slice(0, size) };
    if (place.taken >= 2) observations.snapshots[place.index] = snapshot;
    else {
      place.entry = observations.length;
      place.index = observations.snapshots.length;
      observations.addSnapshot(site, snapshot, recording.scope);
    }
  }
  observations.move(place.entry, recording.scope);
  place.taken++;
}

/** The elements of the array at hand: their nodes and their primals. */
const atHand = {
  nodes: new Int32Array(largestSnapshot),
  primals: new Float64Array(largestSnapshot),
  length: 0,
};

function elementsOf(shape: readonly number[]): number {
  let elements = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) elements *= shape[axis]!;
  return elements;
}

/** The array's shape, with its elements put above. Undefined where nothing in it is traced, it is ragged or too large. */
function fillFrom(array: object): readonly number[] | undefined {
  const shape = nestedShape(array);
  if (shape === undefined || elementsOf(shape) > largestSnapshot) return undefined;
  atHand.length = 0;
  return fill(array, shape, 0) && anyTraced() ? shape : undefined;
}

function anyTraced(): boolean {
  for (let k = 0; k < atHand.length; k++) if (atHand.nodes[k] !== untraced) return true;
  return false;
}

/** Extents along the first elements. Undefined where those are no numbers. */
function nestedShape(array: object): number[] | undefined {
  const shape: number[] = [];
  for (let value: unknown = array; ; value = (value as unknown[])[0]) {
    if (typeof value === "number" || TracedNumber.is(value)) return shape;
    if (!isFloatArray(value) && !isPlainArray(value)) return undefined;
    const extent = extentOf(value);
    if (extent === 0 || ((shape[shape.length] = extent), shape.length > 8)) return undefined;
  }
}

/** The length, which a program may have replaced where arrays are typed. */
const extentOf = (array: FloatArray | unknown[]): number => (isArray(array) ? array.length : lengthOf(array));

/** Reading a proxy, or an array that was given a getter, would run the program's own code. */
function isPlainArray(value: unknown): value is unknown[] {
  return isArray(value) && !types.isProxy(value) && !arraysWithGetters.has(value);
}

/** False where the array turns out ragged or holds something that is no number. */
function fill(value: unknown, shape: readonly number[], axis: number): boolean {
  if (axis === shape.length) {
    if (typeof value === "number") put(untraced, value);
    else if (TracedNumber.is(value)) put(value.tape === recording.tape ? value.node : untraced, value.primal);
    else return false;
    return true;
  }
  const extent = shape[axis]!;
  if (isFloatArray(value)) {
    if (lengthOf(value) !== extent || axis !== shape.length - 1) return false;
    for (let k = 0; k < extent; k++) put(nodeAt(value, k), value[k]!);
    return true;
  }
  if (!isPlainArray(value) || value.length !== extent) return false;
  for (let k = 0; k < extent; k++) if (!fill(value[k], shape, axis + 1)) return false;
  return true;
}

function put(node: number, primal: number): void {
  atHand.nodes[atHand.length] = node;
  atHand.primals[atHand.length++] = primal;
}
