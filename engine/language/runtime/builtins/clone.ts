import { TracedNumber } from "../../../tape/tensor.ts";
import { replaceMethods } from "./replace.ts";
import { elementNodes, isFloatArray, mayBeTraced, noteElements, type FloatArray } from "../typedArrays.ts";

/** `structuredClone` passes traced numbers on, as it does numbers, instead of copying the objects that stand for them. */
export function installStructuredClone(): void {
  replaceMethods(globalThis, (native) => {
    const clone = native("structuredClone");
    return {
      structuredClone(value: unknown, ...options: unknown[]) {
        if (options.length > 0 || !holdsTraced(value, new Set())) return clone(value, ...options);
        return cloneOf(value, new Map(), clone);
      },
    };
  });
}

function holdsTraced(value: unknown, seen: Set<unknown>): boolean {
  if (typeof value !== "object" || value === null || seen.has(value)) return false;
  if (TracedNumber.is(value)) return true;
  seen.add(value);
  if (isFloatArray(value)) return mayBeTraced(value);
  return membersOf(value).some((member) => holdsTraced(member, seen));
}

function membersOf(value: object): unknown[] {
  if (value instanceof Map) return [...value].flat();
  if (value instanceof Set) return [...value];
  return isCopied(value) ? Object.values(value) : [];
}

function isCopied(value: object): boolean {
  return Array.isArray(value) || Object.prototype.toString.call(value) === "[object Object]";
}

/** As the structured clone algorithm of HTML: classes lose their prototype, only own enumerable members are copied. */
function cloneOf(value: unknown, clones: Map<object, unknown>, native: (value: unknown) => unknown): unknown {
  if (typeof value !== "object" || value === null) return native(value);
  if (TracedNumber.is(value)) return value;
  if (clones.has(value)) return clones.get(value);
  const keep = <T extends object>(copy: T): T => (clones.set(value, copy), copy);
  const inner = (member: unknown): unknown => cloneOf(member, clones, native);
  if (isFloatArray(value)) {
    const copy = keep(native(value) as FloatArray);
    noteElements(copy, 0, elementNodes(value, 0, value.length));
    return copy;
  }
  if (value instanceof Map) {
    const copy = keep(new Map<unknown, unknown>());
    for (const [key, member] of value) copy.set(inner(key), inner(member));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set<unknown>());
    for (const member of value) copy.add(inner(member));
    return copy;
  }
  if (!isCopied(value)) return keep(native(value) as object);
  const copy = keep(Array.isArray(value) ? new Array<unknown>(value.length) : {});
  for (const [key, member] of Object.entries(value)) Reflect.set(copy, key, inner(member));
  return copy;
}
