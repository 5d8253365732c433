/** The type of a function as a person would write it. */
export interface Signature {
  readonly parameters: readonly { readonly name: string; readonly type: string }[];
  readonly returns: string;
}

/**
 * Reads TypeScript's one-line description of a function, e.g. `function f(x?: number): number` or `const f: (x?: number) => number`.
 * Undefined for what is not a function, and for a type so long that TypeScript shortened it.
 */
export function readSignature(description: string): Signature | undefined {
  const text = description
    .replace(/^\(alias\) /, "")
    .replace(/\nexport [\s\S]*$|\nimport [\s\S]*$/, "")
    .replace(/ \(\+\d+ overloads?\)$/, "");
  const head = /^(?:async )?function [^(<]*|^(?:const|let|var) [^:]*: /.exec(text);
  if (!head || /\.\.\. \d+ more \.\.\./.test(text)) return undefined;
  let at = head[0].length;
  if (text[at] === "<") at = closing(text, at) + 1;
  if (text[at] !== "(") return undefined;
  const end = closing(text, at);
  const returns = /^\s*(?::|=>)\s*/.exec(text.slice(end + 1));
  if (end < 0 || !returns) return undefined;
  const parameters = split(text.slice(at + 1, end)).map((parameter) => {
    const [, name = "", type = "any"] = /^(\.{0,3}[^:?]*)\??(?::\s*([\s\S]*))?$/.exec(parameter) ?? [];
    return { name, type };
  });
  return { parameters, returns: text.slice(end + 1 + returns[0].length).trim() };
}

/** Whether a value of the type `returns` can be differentiated: a number, or a tensor without axes. */
export type Result = "number" | "other" | "unknown";

/** What can be said of the type without asking TypeScript again: an alias or a type parameter may be anything. */
export function resultOf({ returns }: Signature): Result {
  if (/^(number|Scalar|-?\d[\d._e+-]*)$/.test(returns) || /^Tensor<(readonly )?\[\]>$/.test(returns)) return "number";
  if (split(returns, "|").length > 1 || split(returns, "&").length > 1) return "unknown";
  if (/^(string|boolean|void|undefined|null|never|bigint|symbol|object|true|false|`.*`|".*")$/s.test(returns))
    return "other";
  if (/^Tensor<readonly \[.+\]>$/s.test(returns)) return "other";
  if (returns.endsWith("[]") || /^(readonly )?\[/.test(returns) || returns.startsWith("{")) return "other";
  if (/^(new )?\(/.test(returns) && returns.includes("=>")) return "other";
  if (/^(Map|Set|Array|ReadonlyArray|Record|Date|RegExp|Function|Uint8Array|Float32Array|Float64Array)\b/.test(returns))
    return "other";
  return "unknown";
}

const closers: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}", "<": ">" };

/** The index of the bracket that closes the one at `open`; −1 when there is none. */
function closing(text: string, open: number): number {
  const expected: string[] = [];
  for (let at = open; at < text.length; at = next(text, at)) {
    const character = text[at]!;
    const closer = closers[character];
    if (closer) expected.push(closer);
    else if (character === expected.at(-1)) {
      expected.pop();
      if (expected.length === 0) return at;
    }
  }
  return -1;
}

/** The parts of `text` between separators that stand in no bracket. */
function split(text: string, separator = ","): string[] {
  const parts: string[] = [];
  let begin = 0;
  for (let at = 0; at < text.length; at = next(text, at)) {
    if (closers[text[at]!]) {
      const end = closing(text, at);
      if (end > at) at = end;
    } else if (text[at] === separator) {
      parts.push(text.slice(begin, at).trim());
      begin = at + 1;
    }
  }
  parts.push(text.slice(begin).trim());
  return parts.filter((part) => part !== "");
}

/** The index after the character at `at`, or after the string or arrow that begins there. */
function next(text: string, at: number): number {
  if (text.startsWith("=>", at)) return at + 2;
  const quote = text[at]!;
  if (!"\"'`".includes(quote)) return at + 1;
  let end = at + 1;
  while (end < text.length && text[end] !== quote) end += text[end] === "\\" ? 2 : 1;
  return end + 1;
}
