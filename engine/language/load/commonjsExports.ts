import { initSync, parse } from "cjs-module-lexer";

let ready = false;

/**
 * Node reads the names that a CommonJS module exports from its text, by the patterns that compilers write. Rewriting
 * breaks some of those, so what the original text tells is said once more, in code that never runs.
 */
export function commonjsExportHints(text: string): string {
  if (!/\b(?:exports|__export)/.test(text)) return "";
  if (!ready) initSync();
  ready = true;
  let found: { readonly exports: readonly string[]; readonly reexports: readonly string[] };
  try {
    found = parse(text);
  } catch {
    // Node then finds no names either.
    return "";
  }
  const { exports, reexports } = found;
  if (exports.length === 0 && reexports.length === 0) return "";
  const spread = reexports.map((name) => `...require(${JSON.stringify(name)})`);
  const names = exports.map((name) => `exports[${JSON.stringify(name)}] = 0`);
  const whole = spread.length > 0 ? [`module.exports = { ${spread.join(", ")} }`] : [];
  return `\n0 && (${[...whole, ...names].join(", ")});`;
}
