/** Keeps numbers that JSON has no word for. Pure: runs in the page and in the extension. */

const key = "$number";

/** A copy of `value` that survives JSON, so without what is undefined. Typed arrays and buffers pass as they are. */
export function pack(value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : { [key]: String(value) };
  return walk(value, pack);
}

/** What `pack` was given. */
export function unpack(value: unknown): unknown {
  if (typeof value === "object" && value !== null && key in value) return Number(value[key]);
  return walk(value, unpack);
}

function walk(value: unknown, each: (value: unknown) => unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value;
  if (Array.isArray(value)) return value.map(each);
  const given = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(given.map(([name, part]) => [name, each(part)]));
}
