import assert from "node:assert/strict";
import { test } from "node:test";
import { fixText } from "../../../engine/cli/fixes.ts";
import type { Diagnostic, SourceRange } from "../../../engine/process/protocol.ts";

test("lines are told as they then read, also below lines that a fix takes away or adds", () => {
  const text = 'import {\n  sigmoid,\n  relu,\n} from "adjoint";\nh = sigmoid(x);\n';
  const at = (line: number, column: number, endLine: number, endColumn: number): SourceRange => ({
    file: "f.ts",
    ...{ line, column, endLine, endColumn },
  });
  const told = (...edits: { source: SourceRange; text: string }[]): string =>
    fixText(
      {
        fixes: [{ title: "Use relu", edits, predicted: { measure: "‖∇L‖", before: 0, after: 1 } }],
      } as unknown as Diagnostic,
      () => text,
      () => "f.ts",
    );
  assert.equal(
    told({ source: at(2, 3, 3, 3), text: "" }, { source: at(5, 5, 5, 12), text: "relu" }),
    "  try: Use relu\n       f.ts:2:3: relu,\n       f.ts:5:5: h = relu(x);\n",
  );
  assert.equal(
    told(
      { source: at(1, 1, 1, 1), text: 'import { mul } from "adjoint";\n' },
      { source: at(5, 5, 5, 5), text: "2 * " },
    ),
    '  try: Use relu\n       f.ts:1:1: import { mul } from "adjoint";\n       f.ts:5:5: h = 2 * sigmoid(x);\n',
  );
});
