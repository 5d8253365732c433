/** Values between the test and the page, which pass as JSON: arrays of numbers as their bytes. */
const kinds = { Float32Array, Float64Array, Int32Array };

export function packed(value: unknown): unknown {
  for (const [kind, Kind] of Object.entries(kinds))
    if (value instanceof Kind) {
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      let text = "";
      for (const byte of bytes) text += String.fromCharCode(byte);
      return { [kind]: btoa(text) };
    }
  if (typeof value === "number" && !Number.isFinite(value)) return { number: String(value) };
  if (Array.isArray(value)) return value.map(packed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, packed(part)]));
}

export function unpacked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpacked);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value) as [string, unknown][];
  const [[name, content] = []] = entries;
  if (entries.length === 1 && typeof content === "string") {
    if (name === "number") return Number(content);
    const Kind = kinds[name as keyof typeof kinds] as (typeof kinds)["Float32Array"] | undefined;
    if (Kind !== undefined) return new Kind(Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0)).buffer);
  }
  return Object.fromEntries(entries.map(([key, part]) => [key, unpacked(part)]));
}
