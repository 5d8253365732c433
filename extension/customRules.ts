/** Where custom rules stand in a text, without running it. Pure. */

export interface CustomRuleOutline {
  /** The name that the rule is given. */
  readonly name: string;
  /** Of the call that makes it, counted from 1. */
  readonly line: number;
  readonly column: number;
}

const definition =
  /\b(?:const|let|var)\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*(?::[^;\n]*?)?=\s*(custom(?:Vjp|Jvp))\s*[(<]/gu;
const notCode = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g;

/** `const softplus = customVjp(…)`, in the order of the text. */
export function customRulesIn(text: string): readonly CustomRuleOutline[] {
  // Comments and strings keep their length, so that places stay where they are.
  const code = text.replace(notCode, (match) => match.replace(/[^\n]/g, " "));
  return [...code.matchAll(definition)].map((match) => {
    const at = match.index + match[0].lastIndexOf(match[2]!);
    const before = code.slice(0, at);
    const begin = before.lastIndexOf("\n") + 1;
    return { name: match[1]!, line: before.split("\n").length, column: at - begin + 1 };
  });
}
