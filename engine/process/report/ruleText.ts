/** The adjoint rule of one node, in symbols and with its figures. */
import { formatNumber } from "../format.ts";
import { noInput } from "../../tape/tape.ts";
import type { NodeDetails } from "../protocol.ts";
import type { FunctionRun } from "./functionRun.ts";
import { bar, inputLetter, notationOf, ruleLine, substitute } from "./notation.ts";
import { size } from "./summaries.ts";

/** Names longer than this stay letters. */
const longestTerm = 24;

/** What more than so many letters stand for is not told. */
const mostLetters = 4;

interface Operand {
  readonly letter: string;
  /** Undefined for a constant. */
  readonly node?: number;
  readonly label: string;
  readonly figure: string;
  readonly contribution?: number;
}

export function ruleOf(run: FunctionRun, node: number): NodeDetails["rule"] {
  const operands = operandsOf(run, node);
  if (operands.length === 0) return { title: run.operation(node), letters: [], symbolic: [], numeric: [] };
  const notation = notationOf(run.operation(node), operands.length);
  const symbolic =
    notation.lines ??
    operands.flatMap((operand, k) =>
      operand.node === undefined ? [] : [ruleLine(bar(operand.letter), "v̄", notation.factors![k]!)],
    );
  const letters = operands.length > mostLetters ? [] : lettersOf(operands, run.label(node, longestTerm));
  return {
    title: notation.title,
    letters,
    symbolic,
    numeric: operands.flatMap((operand, k) => numericLine(run, node, operands, operand, notation.factors?.[k])),
  };
}

/** "x̄ −= 0.881 · 2/1² = −1.762"; of tensors only the size of what is added. */
function numericLine(
  run: FunctionRun,
  node: number,
  operands: readonly Operand[],
  operand: Operand,
  factor: string | undefined,
): string[] {
  const { contribution } = operand;
  if (operand.node === undefined || contribution === undefined) return [];
  const adjoint = bar(operand.label);
  const scalar =
    !run.tape.isTensor(node) && operands.every((other) => other.node === undefined || !run.tape.isTensor(other.node));
  if (!scalar) return [`${adjoint} += … of norm ${formatNumber(contribution)}`];
  if (factor === undefined || factor.includes("∂")) return [`${adjoint} += ${formatNumber(contribution)}`];
  const figures = new Map(operands.map(({ letter, figure }) => [letter, figure]));
  figures.set("v", figureOf(run.tape.primal[node]!));
  const line = ruleLine(adjoint, formatNumber(run.adjoints.scalar(node)), substitute(factor, figures));
  return [`${line} = ${formatNumber(line.includes("−=") ? -contribution : contribution)}`];
}

/** One line for the table of steps: "ȳ += v̄(y / x) · 1/x   x̄ −= v̄(y / x) · y/x²". */
export function stepRule(run: FunctionRun, node: number): string {
  const operands = operandsOf(run, node);
  const notation = notationOf(run.operation(node), operands.length);
  const result = run.label(node, longestTerm);
  const cotangent = bar(result);
  if (notation.lines !== undefined) {
    const traced = operands.filter((operand) => operand.node !== undefined);
    return traced.map(({ label }) => `${bar(label)} += ${run.operation(node)}ᵀ ${cotangent}`).join("   ");
  }
  const terms = new Map(operands.map(({ letter, label }) => [letter, termOf(label)]));
  terms.set("v", termOf(result));
  return operands
    .flatMap((operand, k) =>
      operand.node === undefined
        ? []
        : [ruleLine(bar(operand.label), cotangent, substitute(notation.factors![k]!, terms))],
    )
    .join("   ");
}

/** What the letters of the rule stand for here; those that a model uses itself need no word. */
function lettersOf(operands: readonly Operand[], result: string): readonly (readonly [string, string])[] {
  const all = [["v", result] as const, ...operands.map(({ letter, label }) => [letter, label] as const)];
  return all.every(([letter, label]) => letter === label) ? [] : all;
}

function operandsOf(run: FunctionRun, node: number): Operand[] {
  const { tape } = run;
  const operands: Operand[] = [];
  let edge = run.edges.start[node]!;
  tape.forEachWord(node, (word, position) => {
    if (word === noInput) return;
    const letter = inputLetter(position);
    if (word < 0) {
      const figure = figureOf(tape.constants.get(~word));
      operands.push({ letter, label: figure, figure });
      return;
    }
    const label = run.label(word, longestTerm);
    const primal = run.primal(word);
    const figure = typeof primal === "number" ? figureOf(primal) : `‖${formatNumber(size(primal))}‖`;
    operands.push({ letter, node: word, label, figure, contribution: run.edges.contribution[edge++]! });
  });
  return operands;
}

/** Negative numbers in brackets, so that they can stand in a formula. */
function figureOf(x: number): string {
  const text = formatNumber(x);
  return text.startsWith("−") ? `(${text})` : text;
}

function termOf(label: string): string {
  return /^[\p{L}\p{N}_$.[\]]+$/u.test(label) || /^\(.*\)$/.test(label) ? label : `(${label})`;
}
