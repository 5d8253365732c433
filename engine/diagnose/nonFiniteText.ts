import { dataOf } from "../primitives/rule.ts";
import type { BackwardStep, BadElement, Consequence, NonFiniteKind } from "./nonFiniteKind.ts";
import type { ZeroBefore } from "./zeroBefore.ts";
import { expressionOf, figure, isInput, lineOf, listed, operationOf, textOf, type Subject } from "./subject.ts";

interface Execution {
  readonly execution: number;
  readonly executions: number;
}

export interface ForwardStory {
  readonly node: number;
  readonly kind: NonFiniteKind;
  readonly element: BadElement;
  readonly consequence: Consequence;
  readonly execution: Execution;
  /** How the 0 came about that it has its pole at. */
  readonly zero?: ZeroBefore;
}

/** What happened on the way forward, what it led to, and what to do. */
export function forwardMessage(subject: Subject, story: ForwardStory): string {
  const { consequence, node, kind, element, execution, zero } = story;
  const end = "result" in consequence ? `The result is ${figure(consequence.result)}` : spoiled(consequence.parameters);
  if (isInput(subject, node))
    return `${end}: the parameter ${subject.tape.inputName(node) ?? ""} is ${figure(element.result)} where the model is traced; give it a finite default.`;
  const operation = operationOf(subject, node);
  if (operation === "constant")
    return `${end}: the data holds ${figure(element.result)}${place(element.index)}; clean it before the model uses it.`;
  // What a log density is made of is executed several times in one call.
  const times = isLogDensity(subject, node) ? "" : turn(execution);
  const where = `${expressionOf(subject, node)}${times}${place(element.index)}`;
  return `${end}: ${where} ${happened(subject, node, kind, element, zero === undefined ? undefined : whyZero(subject, zero))}`;
}

function whyZero(subject: Subject, { how, node }: ZeroBefore): string {
  const where = expressionOf(subject, node);
  if (how === "rounding")
    return `${where} is 0 since the sigmoid in it is rounded to 1; log(1 − σ(z)) is −log(1 + e^z), which logSigmoid and binaryCrossEntropy compute.`;
  const operation = operationOf(subject, node);
  const instead: Readonly<Record<string, string>> = {
    softmax: "use logSoftmax, or crossEntropy of the scores",
    sigmoid: "use logSigmoid, or binaryCrossEntropy of its argument",
  };
  return `${where} has come below the smallest number there is; ${instead[operation] ?? "compute with logarithms, and add where you multiply"}.`;
}

function happened(
  subject: Subject,
  node: number,
  kind: NonFiniteKind,
  { operands, result }: BadElement,
  whyZero?: string,
): string {
  const operation = operationOf(subject, node);
  const [a = 0, b = 0] = operands;
  const of = (word: string): string =>
    operands.length === 0 ? "" : ` ${word} ${listed(operands.map((x) => figure(x)))}`;
  const name = callee(subject, node);
  const plain = name.replace("Math.", "");
  // y0(x) is besselY(0, x) on the tape.
  const given = besselOfOrder.test(`${name}(`) ? ` of ${figure(b)}` : of("of");
  const isDensity = isLogDensity(subject, node);
  switch (kind) {
    case "division by zero":
    case "0/0":
      return `divides ${figure(a)} by ${figure(b)}, which is ${figure(result)}${whyZero === undefined ? "; keep the divisor away from 0, as in `x / (y + 1e-12)`." : `: ${whyZero}`}`;
    case "pole":
      if (whyZero !== undefined) return `is ${figure(result)}, the ${plain}${given}: ${whyZero}`;
      if (isDensity)
        return `is ${figure(result)}, the ${plain}${given}: ${operation === "lgamma" ? noDistribution : noDensity}`;
      return `is ${figure(result)}, the ${plain}${given}; keep its argument away from there, for example as \`${inside(operation, name)}\`.`;
    case "overflow":
      return `overflows: the ${plain}${given} is beyond 1.8e+308; rescale its argument first${hint(operation)}.`;
    case "domain":
      if (isDensity) return `is NaN, since ${plain}${given} is not a real number: ${noDistribution}`;
      return `is NaN, since ${plain}${given} is not a real number; keep its argument within the domain${guard(operation)}.`;
    case "operand":
      if (operation === "where" && isDensity)
        return `is ${figure(result)}${Number.isNaN(result) ? `: ${noDistribution}` : `, the log of 0: ${noDensity}`}`;
      if (operation === "where") return `takes ${figure(result)}, which stands there as a constant.`;
      return `has an operand that is not finite${of("among")}; it comes from outside the trace: a value that is undefined, or a constant.`;
    default:
      return `is NaN, since ${kind} (${operation}${given}) has no value; make the infinite operand finite first.`;
  }
}

/** A log density that is not finite because of what it is given. */
const noDistribution =
  "a parameter of the distribution is out of bounds; let it be Math.exp, or the sigmoid, of a parameter without bounds.";
const noDensity =
  "it is given a value that the distribution never takes; keep the value where there is a density, or leave it out.";

function isLogDensity(subject: Subject, node: number): boolean {
  return /^\w+LogP[dm]f\(/.test(textOf(subject, subject.tape.site[node]!));
}

const hint = (operation: string): string =>
  operation === "exp" ? ", as logSumExp and softmax do by subtracting the largest" : "";

function guard(operation: string): string {
  if (["gamma", "lgamma", "digamma"].includes(operation)) return ", away from the whole numbers up to 0";
  const share = "Math.min(Math.max(x, 0), 1)";
  const guards: Readonly<Record<string, string>> = {
    asin: "Math.min(Math.max(x, -1), 1)",
    acos: "Math.min(Math.max(x, -1), 1)",
    atanh: "Math.min(Math.max(x, -1), 1)",
    erfinv: "Math.min(Math.max(x, -1), 1)",
    ndtri: share,
    betainc: `${share} and parameters above 0`,
    pow: "Math.abs(x) ** p",
    acosh: "Math.max(x, 1)",
    log1p: "Math.max(x, -1 + 1e-12)",
    xlog1py: "Math.max(y, -1 + 1e-12)",
    xlogy: "Math.max(y, 1e-12)",
    lambertW: "Math.max(x, -1 / Math.E)",
  };
  return `, for example with ${guards[operation] ?? "Math.max(x, 1e-12)"}`;
}

/** What the program calls the operation by: of Bessel functions by their order, too. */
function callee(subject: Subject, node: number): string {
  const operation = operationOf(subject, node);
  const text = textOf(subject, subject.tape.site[node]!);
  if (text.startsWith(`Math.${operation}(`)) return `Math.${operation}`;
  return besselOfOrder.exec(text)?.[0] ?? operation;
}

const besselOfOrder = /^[jyik][01]e?(?=\()/;

/** The operation a little inside of where its argument is too far out. */
function inside(operation: string, name: string): string {
  if (operation === "pow") return "(x + 1e-12) ** p";
  if (operation === "ndtri") return "ndtri(Math.min(Math.max(x, 1e-12), 1 - 1e-12))";
  if (operation === "xlogy" || operation === "xlog1py") return `${operation}(x, y + 1e-12)`;
  if (name.startsWith("bessel")) return `${name}(n, x + 1e-12)`;
  const bounded = ["asin", "acos", "atanh", "erfinv"].includes(operation);
  return `${name}(${bounded ? "(1 - 1e-12) * x" : "x + 1e-12"})`;
}

export interface BackwardStory extends BackwardStep {
  readonly node: number;
  readonly parameters: readonly string[];
  readonly execution: Execution;
}

/** What happened on the way back, where the result itself is finite. */
export function backwardMessage(subject: Subject, story: BackwardStory): string {
  const { node, kind, cotangent, derivative, operands, index, parameters, execution } = story;
  const operation = operationOf(subject, node);
  const where = `${expressionOf(subject, node)}${turn(execution)}${place(index)}`;
  const at = operands.length === 0 ? "" : ` at ${listed(operands.map((x) => figure(x)))}`;
  const begin = `${spoiled(parameters)} although the result is finite: passing back through ${where}`;
  if (kind === "domain") {
    const advice =
      whereDownstream(subject, node) === undefined
        ? "Treat that point apart, with an `if` or `?:`, or keep away from it."
        : doubleWhere(subject, node);
    return `${begin} multiplies the adjoint ${figure(cotangent)} by the derivative of ${operation}${at}, which is NaN: there is none there. ${advice}`;
  }
  if (kind === "overflow")
    return `${begin}, the adjoint ${figure(cotangent)} times the derivative ${figure(derivative)} overflows; rescale the model.`;
  if (kind === "pole")
    return `${begin} multiplies the adjoint ${figure(cotangent)} by the derivative of ${operation}${at}, which is infinite; keep its argument away from there, for example \`${inside(operation, callee(subject, node))}\`.`;
  return `${begin} multiplies the adjoint 0 by the derivative of ${operation}${at}, which is infinite (0·∞ is NaN). ${doubleWhere(subject, node)}`;
}

/** The branch of a `where` that was not taken gets the adjoint 0: its argument has to be made safe as well. */
function doubleWhere(subject: Subject, node: number): string {
  const operation = operationOf(subject, node);
  const chooser = whereDownstream(subject, node);
  if (chooser === undefined)
    return `Keep its argument away from there, for example \`${inside(operation, callee(subject, node))}\`.`;
  const site = subject.tape.site[chooser]!;
  const name = site === 0 ? "where" : `\`${textOf(subject, site)}\` on ${lineOf(subject, site)}`;
  return `${name} does not take this branch, yet the adjoint passes through it: make its argument safe too (a double where), as in \`where(c, ${operation}(where(c, x, 1)), 0)\`.`;
}

/** The first `where` that the value of a node goes into, if any. */
export function whereDownstream(subject: Subject, node: number): number | undefined {
  const { tape, output } = subject;
  const below = new Set([node]);
  for (let user = node + 1; user <= output; user++) {
    if (!tape.inputsOf(user).some((input) => below.has(input))) continue;
    if (operationOf(subject, user) === "where") return user;
    below.add(user);
  }
  return undefined;
}

export function passesOnText(subject: Subject, node: number): string {
  const what = dataOf(subject.tape.primalOf(node)).some(Number.isNaN) ? "NaN" : "infinite";
  return `Here it becomes ${what}: ${textOf(subject, subject.tape.site[node]!) || operationOf(subject, node)}`;
}

function spoiled(parameters: readonly string[]): string {
  const shown = parameters.length > 4 ? [...parameters.slice(0, 3), `${parameters.length - 3} more`] : parameters;
  return `The gradient with respect to ${listed(shown)} is not finite`;
}

function turn({ execution, executions }: Execution): string {
  return executions > 1 ? ` (execution ${execution} of ${executions})` : "";
}

function place(index: readonly number[]): string {
  return index.length === 0 ? "" : ` at [${index.join(", ")}]`;
}
