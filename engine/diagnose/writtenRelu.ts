import { dataOf } from "../primitives/rule.ts";
import type { Site } from "../tape/site.ts";
import type { Subject } from "./subject.ts";

/** One execution of a rectifier that is written with a comparison. */
export interface WrittenRelu {
  /** Of the comparison. */
  readonly site: number;
  /** The node that is compared with 0. */
  readonly argument: number;
}

/**
 * The executions of `z > 0 ? z : 0`, `if (z < 0) z = 0` and `if (z > 0) return z; return 0`, which leave no operation on the
 * tape: a comparison of what was computed last with 0, and one of these texts.
 */
export function* writtenRelus({ tape, sites, sources }: Subject): Generator<WrittenRelu> {
  const known = new Map<number, boolean>();
  for (let k = 0; k < tape.branches.length; k++) {
    const { site, node, outcome } = tape.branches.at(k);
    let isRelu = known.get(site);
    if (isRelu === undefined) {
      const { file, start, end } = sites.get(site);
      known.set(site, (isRelu = isWrittenRelu(sources.get(file)?.text ?? "", { start, end })));
    }
    const argument = node - 1;
    if (!isRelu || argument < 0 || tape.isTensor(argument)) continue;
    const [value] = dataOf(tape.primalOf(argument));
    const text = sources.get(sites.get(site).file)!.text.slice(sites.get(site).start, sites.get(site).end);
    // The value that was computed last need not be the one that is compared.
    if ((outcome === 1) === (text.includes(">") ? value! > 0 : value! < 0) || value === 0) yield { site, argument };
  }
}

const comparison = /^([\w.[\]$]+)\s*([<>])=?\s*0(?:\.0*)?$/;

function isWrittenRelu(text: string, { start, end }: Pick<Site, "start" | "end">): boolean {
  const found = comparison.exec(text.slice(start, end));
  if (found === null) return false;
  const [, value, sign] = found;
  const rest = text.slice(end, end + 200).replace(/\s+/g, "");
  const bare = value!.replace(/\s+/g, "");
  const begins = (...texts: readonly string[]): boolean => texts.some((each) => startsWith(rest, each));
  return sign === ">"
    ? begins(`?${bare}:0`, `)?${bare}:0`, `)return${bare};return0`, `)return${bare};elsereturn0`)
    : begins(
        `?0:${bare}`,
        `)?0:${bare}`,
        `)${bare}=0`,
        `){${bare}=0`,
        `)return0;return${bare}`,
        `)return0;elsereturn${bare}`,
      );
}

/** Whether a text begins with another, which ends there: not `0.1` for `0`. */
function startsWith(text: string, beginning: string): boolean {
  return text.startsWith(beginning) && !/^[\w.$([*]/.test(text.slice(beginning.length));
}
