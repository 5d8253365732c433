/** Where a run used custom rules: on its tape, and inside of library operations that leave nothing of it there. */
import { insideOfCustomFunctions } from "../differentiate/custom.ts";
import type { Adjoints } from "../differentiate/reverse.ts";
import type { SourceRange } from "../language/instrument/sourceReport.ts";
import { customRuleOf, type CustomRule } from "../primitives/custom.ts";
import { codeOf } from "../primitives/names.ts";
import { dataOf, type Primal } from "../primitives/rule.ts";
import { withoutRecording } from "../tape/recording.ts";
import { constantOperation, Tape } from "../tape/tape.ts";
import { Tensor } from "../tape/tensor.ts";
import { aloneWith, still, variesOn } from "./alone.ts";
import type { Evaluate, Evaluation } from "./evaluation.ts";
import { madeLike } from "./survey.ts";

export type UsedRule = Pick<CustomRule, "apply" | "evaluate" | "pullback" | "definition">;

/** One execution of a custom rule. */
export interface RuleUse {
  readonly rule: UsedRule;
  readonly inputs: readonly Primal[];
  /** Of each input, whether it hangs on a parameter. */
  readonly varies: readonly boolean[];
  readonly site: number;
  /** False inside of a library operation that records nothing of it. */
  readonly onTape: boolean;
}

/** Of one rule: so many executions that are not on the tape are kept, the last one besides. */
const keptEach = 3;

const custom = codeOf("custom");

/** Notes every use of a custom rule while `run` goes on, by definition. */
export async function noteUses<T>(
  run: () => T | Promise<T>,
): Promise<{ readonly result: T; readonly uses: ReadonlyMap<number, readonly RuleUse[]> }> {
  const uses = new Map<number, RuleUse[]>();
  insideOfCustomFunctions.used = (rule, inputs, site) => {
    const known = uses.get(rule.definition) ?? [];
    uses.set(rule.definition, known);
    known[Math.min(known.length, keptEach)] = {
      rule,
      inputs: inputs.map(still),
      varies: inputs.map(() => true),
      site,
      onTape: false,
    };
  };
  try {
    return { result: await run(), uses };
  } finally {
    insideOfCustomFunctions.used = undefined;
  }
}

/** Every rule that a run used, by definition: its executions on the tape, ends of the run first, or else those noted. */
export function usesOf(
  { tape, output }: Evaluation,
  adjoints: Adjoints,
  noted: ReadonlyMap<number, readonly RuleUse[]>,
): Map<number, readonly RuleUse[]> {
  const nodes = new Map<number, number[]>();
  for (let node = 0; node <= output; node++) {
    if (tape.operation[node] !== custom || !adjoints.reached(node)) continue;
    const { definition, name } = customRuleOf(tape.attributes(node));
    // The library's own are known at the point where they ran, and cannot be moved alone.
    if (name !== undefined) continue;
    const found = nodes.get(definition);
    if (found === undefined) nodes.set(definition, [node]);
    else found.push(node);
  }
  const uses = new Map<number, readonly RuleUse[]>(noted);
  for (const [definition, found] of nodes)
    uses.set(
      definition,
      endsFirst(found).map((node) => ({
        rule: customRuleOf(tape.attributes(node)),
        inputs: tape.inputPrimals(node).map(still),
        varies: variesOn(tape, node),
        site: tape.site[node]!,
        onTape: true,
      })),
    );
  return uses;
}

function endsFirst(nodes: readonly number[]): number[] {
  return nodes.map((_, k) => (k % 2 === 0 ? nodes[k / 2]! : nodes[nodes.length - (k + 1) / 2]!));
}

/** ⟨cotangent, rule(inputs)⟩ as a function of the inputs. */
export function useAlone({ rule, inputs, varies }: RuleUse, cotangent: Primal, alive?: () => unknown): Evaluate {
  return aloneWith((values) => rule.apply(values), inputs, varies, cotangent, alive);
}

/** A cotangent of the use's value, made element by element; undefined where it has no finite value. */
export function cotangentFor(use: RuleUse, make: () => number): Primal | undefined {
  const value = valueOf(use);
  return value !== undefined && dataOf(value).every(Number.isFinite) ? madeLike(value, make) : undefined;
}

/** Undefined where the function throws. */
export function valueOf({ rule, inputs }: RuleUse): Primal | undefined {
  try {
    return withoutRecording(new Tape(), () => rule.evaluate(inputs));
  } catch {
    return undefined;
  }
}

/**
 * What a custom function computed with and has not as an input, though it hangs on parameters: its rule gives it no
 * cotangent. The site where it is used.
 */
export function capturedIn({
  tape,
  output,
}: Evaluation): { readonly site: number; readonly definition: number } | undefined {
  for (let node = 0; node <= output; node++) {
    if (tape.operation[node] !== custom) continue;
    const { inside, definition, name } = customRuleOf(tape.attributes(node));
    if (inside === undefined || name !== undefined) continue;
    for (let inner = inside.from; inner < inside.to; inner++) {
      const words: number[] = [];
      tape.forEachWord(inner, (word) => words.push(word));
      if (words.some((word) => word >= 0 && word < inside.from && tape.operation[word] !== constantOperation))
        return { site: tape.site[inner]!, definition };
    }
  }
  return undefined;
}

/** Whether a rule gives something else once the function has been called with other inputs: it kept what a call left behind. */
export function keepsState({ rule, inputs }: RuleUse): boolean {
  try {
    return withoutRecording(new Tape(), () => {
      const result = rule.evaluate(inputs);
      const cotangent = madeLike(result, () => 1);
      const pulled = (): readonly Primal[] => {
        const list = inputs.slice();
        return list.map((_, k) => rule.pullback(cotangent, list, result, k) as Primal);
      };
      const before = pulled();
      rule.evaluate(inputs.map((input) => (typeof input === "number" ? changed(input) : elsewhere(input))));
      const after = pulled();
      return before.some((one, k) => dataOf(one).some((x, i) => !Object.is(x, dataOf(after[k]!)[i])));
    });
  } catch {
    return false;
  }
}

const changed = (x: number): number => 0.9 * x + 0.01;
const elsewhere = ({ shape, data }: Tensor): Tensor => new Tensor(shape, data.map(changed));

/** A use that left no site stands where its rule is defined. */
export function usePlaces(
  { rule: { definition }, site }: RuleUse,
  placeOf: (site: number) => SourceRange,
): { readonly source: SourceRange; readonly definition: SourceRange } {
  return { source: placeOf(site === 0 ? definition : site), definition: placeOf(definition) };
}
