/**
 * A value as text in which everything that a program can tell apart is told apart: −0 from 0, types, holes, prototypes,
 * member order, cycles. `plain` turns what stands for a number into that number.
 */
export function describe(value: unknown, plain: (value: unknown) => unknown = (same) => same): string {
  const seen = new Map<object, number>();
  const text = (given: unknown): string => {
    const item = plain(given);
    if (typeof item === "number") return Object.is(item, -0) ? "-0" : `${item}`;
    if (typeof item === "string") return JSON.stringify(item);
    if (typeof item === "bigint") return `${item}n`;
    if (typeof item === "symbol") return item.toString();
    if (typeof item === "function") return `function ${item.name}/${item.length}`;
    if (typeof item !== "object" || item === null) return `${item as undefined}`;
    const known = seen.get(item);
    if (known !== undefined) return `#${known}`;
    seen.set(item, seen.size);
    return `${kind(item)}${contents(item)}${members(item)}`;
  };
  const contents = (item: object): string => {
    if (item instanceof Map) return `(${[...item].map(([key, held]) => `${text(key)} => ${text(held)}`).join(", ")})`;
    if (item instanceof Set) return `(${[...item].map(text).join(", ")})`;
    if (item instanceof Error) return `(${text(item.message)})`;
    if (item instanceof Date) return `(${item.getTime()})`;
    if (item instanceof Number || item instanceof String || item instanceof Boolean) return `(${text(item.valueOf())})`;
    return "";
  };
  const members = (item: object): string => {
    const keys = Reflect.ownKeys(item).filter((key) => isShown(item, key));
    const named = keys.map((key) => {
      const descriptor = Object.getOwnPropertyDescriptor(item, key)!;
      const marks = `${descriptor.writable === false ? "readonly " : ""}${descriptor.enumerable === true ? "" : "hidden "}`;
      const shown = descriptor.get === undefined ? text(descriptor.value) : "getter";
      return `${marks}${typeof key === "symbol" ? key.toString() : key}: ${shown}`;
    });
    return `{${named.join(", ")}}${Object.isExtensible(item) ? "" : " sealed"}`;
  };
  return text(value);
}

function kind(item: object): string {
  const prototype = Object.getPrototypeOf(item) as { constructor?: { name?: unknown } } | null;
  return prototype === null ? "null" : `${String(prototype.constructor?.name)} `;
}

/** The message and stack of an error are told of apart, or of its surroundings. */
function isShown(item: object, key: PropertyKey): boolean {
  if (item instanceof Error) return key !== "stack" && key !== "message";
  return !(Array.isArray(item) && key === "length") || hasHoles(item as unknown[]);
}

function hasHoles(array: readonly unknown[]): boolean {
  return Object.keys(array).filter((key) => /^\d+$/.test(key)).length !== array.length;
}
