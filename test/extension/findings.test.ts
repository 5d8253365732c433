import assert from "node:assert/strict";
import { test } from "node:test";
import { findingLine, touches } from "../../extension/findingText.ts";
import { hoverText } from "../../extension/hoverText.ts";
import { firstSentence, titleOf } from "../../engine/process/findings.ts";
import type { Diagnostic, FlowReport } from "../../engine/process/protocol.ts";
import { file, hover, range } from "./fixtures.ts";

const flow: FlowReport = {
  direction: "vanishing",
  kind: "layers",
  totalNats: -27.6258,
  factor: 1.00523e-12,
  perStep: 0.233636,
  steps: 19,
  chance: { mean: -0.3, deviation: 0.54, low: -1.92, high: 1.32 },
  layers: [],
  lines: [
    { ...range(13, 9, 13, 19), text: "sigmoid(z)", op: "sigmoid", nats: -27.3689, responsible: true },
    { ...range(12, 15, 12, 27), text: "matmul(h, w)", op: "matmul", nats: -4.1 },
    { ...range(11, 15, 11, 27), text: "h + 0", op: "add", nats: 0 },
  ],
  parameters: ["w"],
};

const vanishing: Diagnostic = {
  code: "vanishing-gradient",
  severity: "warning",
  message: "The gradient vanishes: … .",
  source: range(13, 9, 13, 19),
  data: { ...flow },
};

const links = { show: "command:show", fixes: ["command:fix"] };

function said(diagnostic: Diagnostic, line: number, column: number, width = 1): string {
  return findingLine(diagnostic, range(line, column, line, column + width), links, 4);
}

test("a hover on a responsible line gives its share and the rate", () => {
  assert.equal(
    said(vanishing, 13, 17),
    '$(warning) **Vanishing gradient**: `sigmoid(z)` gives −27.4 of −27.6 nats (20 layers, ×0.2336 a layer). [Show finding](command:show "Show this finding in the graph panel")',
  );
  assert.match(said(vanishing, 12, 15), /: `matmul\(h, w\)` gives −4.1 of −27.6 nats/);
});

test("a hover offers the best fix, with its effect", () => {
  const fixes = [
    {
      title: "Use `relu`: ‖∂loss/∂layer 1‖ 1.0e-13 → 0.27",
      edits: [],
      predicted: { measure: "‖∂loss/∂layer 1‖", before: 1e-13, after: 0.27 },
    },
  ];
  assert.ok(
    said({ ...vanishing, fixes }, 13, 9).endsWith(
      ' · [Use relu: ‖∂loss/∂layer 1‖ 1.0e-13 → 0.27](command:fix "Compare the text before and after")',
    ),
  );
});

test("a finding touches the lines that it speaks of, and no others", () => {
  const at = (line: number, of = vanishing) => touches(of, range(line, 3, line, 5));
  assert.deepEqual(
    [11, 12, 13, 14].map((line) => at(line)),
    [false, true, true, false],
  );
  assert.equal(touches(vanishing, { ...range(13, 3, 13, 5), file: "/models/other.ts" }), false);
  const whole: Diagnostic = { ...vanishing, code: "severed-gradient", source: range(1, 1, 20, 2), data: {} };
  assert.equal(at(13, whole), false, "what spans a function is not about its every line");
  const severed: Diagnostic = {
    ...whole,
    source: range(3, 1, 3, 9),
    related: [{ message: "The parameter w", source: range(1, 4, 1, 5) }],
  };
  assert.deepEqual(
    [1, 2, 3].map((line) => at(line, severed)),
    [true, false, true],
  );
});

test("other findings say their first sentence", () => {
  const message =
    "The gradient with respect to radius is not finite although the result is finite: passing back through `sqrt(square)` on line 13 at [0], sqrt has no derivative at −0.21. `where(…)` on line 13 does not take this branch.";
  assert.ok(firstSentence(message).endsWith("sqrt has no derivative at −0.21."));
  const nan: Diagnostic = { ...vanishing, code: "non-finite", severity: "error", message, data: { pass: "backward" } };
  assert.match(
    said(nan, 13, 9),
    /^\$\(error\) \*\*Gradient not finite\*\*: The gradient with .* at −0\.21\. \[Show finding\]/,
  );
  assert.equal(firstSentence("No full stop"), "No full stop");
});

test("findings are called by what they are", () => {
  const title = (code: string, data = {}) => titleOf({ ...vanishing, code, data });
  assert.deepEqual(
    ["exploding-gradient", "dead-relu", "saturated-activation", "severed-gradient", "value-left-trace"].map((code) =>
      title(code),
    ),
    ["Exploding gradient", "Dead units", "Saturated units", "Severed gradient", "Value left trace"],
  );
  assert.equal(title("non-finite", { pass: "forward" }), "Value not finite");
});

test("a hover puts findings below the plot, before the details that have to be scrolled to", () => {
  const findings = [said(vanishing, 13, 9)];
  const parts = hoverText(
    { ...hover, executions: 20, source: { ...hover.source, file } },
    { digits: 4, stale: false, graph: "command:x", plot: "data:x", findings },
  ).split("\n\n");
  assert.equal(parts[2], findings[0]);
  assert.match(parts[3]!, /^ran 20 times/);
  assert.match(parts.at(-1)!, /^\[Reveal in graph\]/);
});
