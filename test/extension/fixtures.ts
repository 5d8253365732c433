/** Facts as the engine gives them, for f(x, y) = ln(x + e^{y/x}) at (1, 2). */
import type {
  Diagnostic,
  FunctionOutline,
  FunctionTrace,
  Hover,
  SourceRange,
  TraceSummary,
} from "../../engine/process/protocol.ts";

export const file = "/models/formula.ts";
export const text = "export function f(x = 1, y = 2) {\n  const e = Math.exp(y / x);\n  return Math.log(x + e);\n}\n";

export function range(line: number, column: number, endLine: number, endColumn: number): SourceRange {
  return { file, line, column, endLine, endColumn };
}

export const outline: FunctionOutline = {
  name: "f",
  source: range(1, 1, 4, 2),
  nameSource: range(1, 17, 1, 18),
  parameters: [
    { name: "x", hasDefault: true, source: range(1, 19, 1, 24) },
    { name: "y", hasDefault: true, source: range(1, 26, 1, 31) },
  ],
  traceable: true,
};

export const traced: FunctionTrace = {
  function: "f",
  source: outline.source,
  value: 2.1269280110429727,
  gradient: { x: -1.6423912, y: 0.8807971 },
  gradientNorm: 1.8636,
  diagnostics: [],
  tape: { operations: 4, bytes: 176 },
  time: { forwardMs: 0.1, backwardMs: 0.1 },
};

export const summary: TraceSummary = {
  file,
  outline: { functions: [outline], diagnostics: [] },
  functions: [traced],
  diagnostics: [],
};

export const thrown: Diagnostic = {
  code: "model-error",
  severity: "error",
  message: "f threw an error: no data.",
  source: range(2, 3, 2, 9),
};

export const hover: Hover = {
  function: "f",
  source: range(2, 9, 2, 10),
  title: "e",
  executions: 1,
  first: { node: 3, value: 7.38905609893065, adjoint: 0.11920292202211755 },
  last: { node: 3, value: 7.38905609893065, adjoint: 0.11920292202211755 },
  shape: [],
  unused: false,
  constant: false,
};
