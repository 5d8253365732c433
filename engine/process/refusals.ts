/** Why a file or function gives nothing to differentiate, in one sentence. */
import { Complex } from "../library/complex/number.ts";
import { describeShape, type Shape } from "../tape/shape.ts";
import { Tensor } from "../tape/tensor.ts";
import type { Diagnostic, FunctionOutline, Outline, SourceRange } from "./protocol.ts";

export function startOf(file: string): SourceRange {
  return { file, line: 1, column: 1, endLine: 1, endColumn: 1 };
}

export function noDifferentiableFunction(file: string, outline: Outline): Diagnostic {
  const [candidate] = outline.functions;
  const unsuited = outline.unsuited?.[0];
  if (candidate !== undefined) return cannotTrace(file, candidate.name, outline);
  if (unsuited !== undefined) return cannotDifferentiate(unsuited);
  return {
    code: "no-differentiable-function",
    severity: "error",
    message:
      "There is nothing to differentiate here: export a function whose parameters all have defaults, such as `export function f(x = 1) { return x * x; }`.",
    source: startOf(file),
  };
}

export function cannotTrace(file: string, name: string, outline: Outline): Diagnostic {
  const found = outline.functions.find((candidate) => candidate.name === name);
  const unsuited = outline.unsuited?.find((candidate) => candidate.name === name);
  if (unsuited !== undefined) return cannotDifferentiate(unsuited);
  if (found === undefined) {
    const known = outline.functions.filter(({ traceable }) => traceable).map((candidate) => candidate.name);
    const others = known.length === 0 ? "no function that can be traced" : known.join(", ");
    return {
      code: "no-such-function",
      severity: "error",
      message: `The file exports no function ${name}; it exports ${others}.`,
      source: startOf(file),
    };
  }
  const lacking = found.parameters.find(({ hasDefault }) => !hasDefault);
  if (lacking !== undefined)
    return {
      code: "parameter-without-default",
      severity: "error",
      message: `The parameter ${lacking.name} of ${name} has no default: give it one, such as \`${lacking.name} = 1\`, as the point to trace ${name} at.`,
      source: lacking.source,
    };
  return {
    code: "no-parameters",
    severity: "error",
    message: `${name} has no parameters, so there is nothing to differentiate it with respect to.`,
    source: found.nameSource,
  };
}

function cannotDifferentiate({ name, nameSource, reason }: NonNullable<Outline["unsuited"]>[number]): Diagnostic {
  return {
    code: "no-differentiable-function",
    severity: "error",
    message: `${name} cannot be differentiated, because ${reason}: export a function that takes numbers and returns one, such as \`export function f(x = 1) { return x * x; }\`.`,
    source: nameSource,
  };
}

export function noNumber(outline: FunctionOutline, result: unknown): Diagnostic {
  const advice =
    result instanceof Tensor
      ? `a tensor of shape ${describeShape(result.shape)}; reduce it to a number, with sum or mean for example`
      : result instanceof Complex
        ? `a complex number of shape ${describeShape(result.shape as Shape)}; take its real part or its absolute value, with real or abs`
        : `${describe(result)}; a differentiable function returns one number`;
  return {
    code: "not-a-number-result",
    severity: "error",
    message: `${outline.name} returned ${advice}.`,
    source: outline.nameSource,
  };
}

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return "an array";
  if (typeof value === "string") return "text";
  if (typeof value === "object") return "an object";
  return typeof value === "boolean" ? String(value) : `a ${typeof value}`;
}

export function constantResult(outline: FunctionOutline): Diagnostic {
  return {
    code: "constant-result",
    severity: "warning",
    message: `The value of ${outline.name} does not depend on its parameters, so every derivative is 0.`,
    source: outline.nameSource,
  };
}
