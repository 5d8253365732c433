import { passBack } from "../differentiate/reverse.ts";
import { dataOf, type Primal } from "../primitives/rule.ts";
import { withoutRecording } from "../tape/recording.ts";
import { constantOperation } from "../tape/tape.ts";
import { Tensor } from "../tape/tensor.ts";
import type { Finding } from "./finding.ts";
import {
  backwardKind,
  badElement,
  firstBad,
  forwardKind,
  isFinitePrimal,
  type BackwardStep,
  type NonFiniteKind,
  type Spoiled,
} from "./nonFiniteKind.ts";
import { backwardMessage, forwardMessage, passesOnText, whereDownstream } from "./nonFiniteText.ts";
import { isInput, operationOf, parameterName, someInput, type Subject } from "./subject.ts";
import { zeroBefore } from "./zeroBefore.ts";

/**
 * The first operation, forward or backward, that made NaN or ±∞ of finite numbers, where it matters: where the result or
 * the adjoint of a parameter is not finite. The origin is found by following what is not finite back to its beginning,
 * NaN before infinities; an infinity that was written as a constant (a mask of −∞) is taken to be meant.
 */
export function nonFinite(subject: Subject): Finding[] {
  const { output, tape } = subject;
  if (output < 0) return [];
  if (!isFinitePrimal(tape.primalOf(output))) return [forwardFinding(subject, output)];
  const finding = backwardFinding(subject);
  return finding === undefined ? [] : [finding];
}

function forwardFinding(subject: Subject, from: number, alsoBackward?: Spoiled): Finding {
  const { tape } = subject;
  const isNaNPrimal = (node: number): boolean => dataOf(tape.primalOf(node)).some(Number.isNaN);
  const isBad = (node: number): boolean => !isFinitePrimal(tape.primalOf(node));
  const maker = isNaNPrimal(from) ? originAlong(subject, from, isNaNPrimal) : from;
  const earliest = originAlong(subject, maker, isBad);
  let origin = isMeant(subject, earliest) ? maker : earliest;
  const passing = [maker, earliest];
  const zero = zeroBefore(subject, origin);
  const overflow = zero?.how === "overflow" ? originAlong(subject, zero.node, isBad) : undefined;
  if (overflow !== undefined && !isMeant(subject, overflow)) origin = overflow;
  const inputs = tape.inputPrimals(origin);
  const element = badElement(tape.primalOf(origin), inputs);
  const kind: NonFiniteKind =
    isInput(subject, origin) || tape.operation[origin] === constantOperation
      ? "operand"
      : forwardKind(operationOf(subject, origin), element);
  const consequence = alsoBackward ?? { result: dataOf(tape.primalOf(from))[firstBad(tape.primalOf(from))]! };
  const site = siteOf(subject, origin);
  const related = passing.filter((node, k) => node !== origin && node !== from && passing.indexOf(node) === k);
  if (alsoBackward !== undefined) related.push(alsoBackward.node);
  const lost = zero?.how === "overflow" ? undefined : zero;
  return {
    code: "non-finite",
    severity: "error",
    message: forwardMessage(subject, {
      node: origin,
      kind,
      element,
      consequence,
      execution: executionOf(subject, origin),
      ...(lost === undefined ? {} : { zero: lost }),
    }),
    site,
    related: [
      ...related.map((node) => ({ site: siteOf(subject, node), message: passesOnText(subject, node) })),
      ...(lost === undefined ? [] : [{ site: siteOf(subject, lost.node), message: "Here it becomes 0" }]),
    ].filter((place) => place.site !== site),
    data: {
      pass: "forward",
      kind,
      operation: operationOf(subject, origin),
      node: origin,
      operands: element.operands,
      result: element.result,
      index: element.index,
      ...executionOf(subject, origin),
    },
  };
}

/** The earliest node that `from` comes from through nodes of which `test` is true, and that has no such input itself. */
function originAlong({ tape }: Subject, from: number, test: (node: number) => boolean): number {
  const seen = new Set([from]);
  const stack = [from];
  let origin = from;
  while (stack.length > 0) {
    const node = stack.pop()!;
    let begins = true;
    for (const input of tape.inputsOf(node)) {
      if (!test(input)) continue;
      begins = false;
      if (!seen.has(input)) stack.push(input);
      seen.add(input);
    }
    if (begins && (origin === from || node < origin)) origin = node;
  }
  return origin;
}

/** An infinity that stands in the program as a constant, or is passed on from one. */
function isMeant({ tape }: Subject, origin: number): boolean {
  const noNaN = (primal: Primal): boolean => !dataOf(primal).some(Number.isNaN);
  if (tape.operation[origin] === constantOperation) return noNaN(tape.primalOf(origin));
  return noNaN(tape.primalOf(origin)) && tape.inputPrimals(origin).some((input) => !isFinitePrimal(input));
}

function backwardFinding(subject: Subject): Finding | undefined {
  const { tape, adjoints, output } = subject;
  const parameters = [...spoiledParameters(subject)];
  if (parameters.length === 0) return undefined;
  const spoiled = (node: number): boolean => !isFinitePrimal(adjointOf(subject, node));
  const leads = new Uint8Array(output + 1);
  for (let node = 0; node <= output; node++)
    if (
      adjoints.reached(node) &&
      spoiled(node) &&
      (isInput(subject, node) || someInput(tape, node, (k) => leads[k] === 1))
    )
      leads[node] = 1;
  for (let node = output; node >= 0; node--) {
    if (!adjoints.reached(node) || spoiled(node) || !someInput(tape, node, (k) => leads[k] === 1)) continue;
    const step = spoiledStep(subject, node);
    if (step === undefined) continue;
    const consequence = { node, parameters };
    // What broke the backward pass was infinite before it began, unless it is a branch that was not to be taken.
    const before = tape.inputsOf(node).find((input) => !isFinitePrimal(tape.primalOf(input)));
    const isAmiss = (bad: number): boolean => {
      const origin = originAlong(subject, bad, (from) => !isFinitePrimal(tape.primalOf(from)));
      return !isMeant(subject, origin);
    };
    if (before !== undefined && isAmiss(before)) return forwardFinding(subject, before, consequence);
    if (!isFinitePrimal(tape.primalOf(node)) && whereDownstream(subject, node) === undefined && isAmiss(node))
      return forwardFinding(subject, node, consequence);
    const execution = executionOf(subject, node);
    return {
      code: "non-finite",
      severity: "error",
      message: backwardMessage(subject, { node, ...step, parameters, execution }),
      site: siteOf(subject, node),
      data: { pass: "backward", operation: operationOf(subject, node), node, parameters, ...step, ...execution },
    };
  }
  return undefined;
}

function spoiledParameters(subject: Subject): Set<string> {
  const names = new Set<string>();
  for (let node = 0; node <= subject.output; node++)
    if (isInput(subject, node) && subject.adjoints.reached(node) && !isFinitePrimal(adjointOf(subject, node)))
      names.add(parameterName(subject.tape.inputName(node) ?? ""));
  return names;
}

function spoiledStep(subject: Subject, node: number): BackwardStep | undefined {
  const { tape } = subject;
  const inputs = tape.inputPrimals(node);
  const result = tape.primalOf(node);
  const cotangent = adjointOf(subject, node);
  const ones = typeof result === "number" ? 1 : new Tensor(result.shape, new Float64Array(result.data.length).fill(1));
  let found: BackwardStep | undefined;
  withoutRecording(tape, () => {
    const derivatives: Primal[] = [];
    passBack(tape, node, ones, inputs, result, (_, passed, position) => (derivatives[position] = passed as Primal));
    passBack(tape, node, cotangent, inputs, result, (_, passed, position) => {
      if (found !== undefined || isFinitePrimal(passed as Primal)) return;
      const {
        index,
        result: bad,
        operands,
      } = badElement(passed as Primal, [cotangent, derivatives[position]!, ...inputs]);
      const [at = 0, derivative = 0, ...values] = operands;
      found = { kind: backwardKind(bad, derivative), cotangent: at, derivative, operands: values, index };
    });
  });
  return found;
}

function adjointOf({ tape, adjoints }: Subject, node: number): Primal {
  return tape.isTensor(node) ? (adjoints.tensor(node) ?? 0) : adjoints.scalar(node);
}

/** A constant tensor stands where it is first used. */
function siteOf({ tape }: Subject, node: number): number {
  if (tape.operation[node] !== constantOperation) return tape.site[node]!;
  for (let user = node + 1; user < tape.length; user++)
    if (someInput(tape, user, (input) => input === node)) return tape.site[user]!;
  return 0;
}

/** Which of the executions of its site a node is, counted from 1. */
function executionOf({ tape }: Subject, node: number): { readonly execution: number; readonly executions: number } {
  let execution = 0;
  let executions = 0;
  for (let k = 0; k < tape.length; k++)
    if (tape.site[k] === tape.site[node] && tape.operation[k] === tape.operation[node]) {
      executions++;
      if (k <= node) execution++;
    }
  return { execution, executions };
}
