import { TracedNumber } from "../../tape/tensor.ts";
import { primal } from "./primals.ts";

/**
 * A value for eyes outside the trace (printing, asserting): arrays and plain objects with traced numbers in them are
 * copied with what those hold. Everything else is the value itself.
 */
export function plainCopy(value: unknown): unknown {
  return TracedNumber.is(value) ? primal(value) : copyOf(value, new Map());
}

function copyOf(value: unknown, copies: Map<object, unknown>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (TracedNumber.is(value)) return primal(value);
  if (copies.has(value)) return copies.get(value);
  copies.set(value, value);
  const descriptors = isContainer(value) ? Object.getOwnPropertyDescriptors(value) : {};
  let copy: object | undefined;
  for (const key of Reflect.ownKeys(descriptors)) {
    const descriptor = (descriptors as Record<PropertyKey, PropertyDescriptor>)[key]!;
    const inner = copyOf(descriptor.value, copies);
    if (inner === descriptor.value || typeof descriptor.value === "number") continue;
    copy ??= emptyLike(value);
    (descriptors as Record<PropertyKey, PropertyDescriptor>)[key] = { ...descriptor, value: inner };
  }
  if (copy === undefined) return value;
  Object.defineProperties(copy, descriptors);
  copies.set(value, copy);
  return copy;
}

/** Objects whose members are all there is to them. */
function isContainer(value: object): boolean {
  return Array.isArray(value) || Object.prototype.toString.call(value) === "[object Object]";
}

function emptyLike(value: object): object {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return Array.isArray(value) ? (Object.setPrototypeOf([], prototype) as object) : (Object.create(prototype) as object);
}
