import type { Reason } from "../../memory/report.ts";
import type { Reader } from "../../memory/residuals.ts";
import { customRuleOf, custom } from "../../primitives/custom.ts";
import { constantOperation, type Tape } from "../../tape/tape.ts";
import type { FunctionRun } from "./functionRun.ts";

/** Why a value is kept, one sentence for each reader. */
export function reasonsOf(run: FunctionRun, readers: readonly Reader[]): Reason[] {
  return readers.map((reader) => {
    const { node, role } = reader;
    return {
      text: sentence(run, reader),
      op: run.operation(node),
      source: run.source(node),
      node,
      checkpoint: role === "kept" || isNamed(run, node, "checkpoint"),
    };
  });
}

function sentence(run: FunctionRun, { node, role, targets }: Reader): string {
  const where = placeOf(run, node);
  if (role === "kept") return `the policy of the checkpoint ${where} keeps it`;
  if (isNamed(run, node, "checkpoint"))
    return role === "result"
      ? `the checkpoint ${where} holds its result against what it computes again`
      : `the checkpoint ${where} computes again from it`;
  const count = run.tape.inputPrimals(node).length;
  const ofTheModel = isCustom(run, node) && customRuleOf(run.tape.attributes(node)).name === undefined;
  const reader = ofTheModel ? `the rule of \`${run.text(node, 32)}\`` : `\`${run.operation(node)}\``;
  const what = role === "result" ? "its result" : inputName(role, count);
  if (isCustom(run, node) || count === 1) return `${reader} ${where} reads ${what}`;
  const others = targets
    .filter((target) => isVariable(run.tape, node, target))
    .map((target) => inputName(target, count));
  if (others.length === 0) return `${reader} ${where} reads ${what}`;
  const [only] = others;
  const adjoints =
    others.length > 1
      ? "the adjoints of its inputs"
      : only === what
        ? "that input's adjoint"
        : `the adjoint of ${String(only)}`;
  return `${reader} ${where} reads ${what} for ${adjoints}`;
}

function inputName(position: number, count: number): string {
  if (count === 1) return "its input";
  if (count === 2) return position === 0 ? "its left input" : "its right input";
  const ordinal = ["first", "second", "third"][position];
  return ordinal === undefined ? `its input ${position + 1}` : `its ${ordinal} input`;
}

function isVariable(tape: Tape, node: number, position: number): boolean {
  let found = false;
  tape.forEachWord(node, (word, at) => {
    if (at === position) found = word >= 0 && tape.operation[word] !== constantOperation;
  });
  return found;
}

function isCustom({ tape }: FunctionRun, node: number): boolean {
  return tape.operation[node] === custom.code;
}

function isNamed({ tape }: FunctionRun, node: number, name: string): boolean {
  return tape.operation[node] === custom.code && customRuleOf(tape.attributes(node)).name === name;
}

/** "on line 13", "on line 13 of layers.ts" elsewhere than in the model file. */
function placeOf(run: FunctionRun, node: number): string {
  const { line, file } = run.source(node);
  return `on line ${line}${file === run.outline.source.file ? "" : ` of ${file.replace(/^.*[/\\]/, "")}`}`;
}
