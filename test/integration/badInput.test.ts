import assert from "node:assert/strict";
import { suite, suiteSetup, teardown, test } from "mocha";
import * as vscode from "vscode";
import { commands } from "../../extension/ids.ts";
import { lenses, lensesMatching, notifications, problems } from "./reading.ts";
import { adjoint, allowRuns, closeAll, open, until } from "./workbench.ts";

interface Expected {
  /** The problem, or the notification where there is no place for a problem. */
  readonly says: RegExp;
  readonly lens?: RegExp;
}

const models: Readonly<Record<string, Expected>> = {
  syntaxError: { says: /^2:13 error syntax-error: Syntax error: unexpected token\.$/ },
  nothingToTrace: { says: /nothingToTrace\.ts exports no function to trace\. Write export function f\(x = 1, y = 2\)/ },
  noDefault: { says: /noDefault\.ts: give the parameter x of f a default\. The defaults are the point/ },
  notANumber: {
    says: /^1:17 error not-a-number-result: f returned text; a differentiable function returns one number\.$/,
    lens: /^1: \$\(error\)\sf returned text; .* \| Trace$/,
  },
  endless: {
    says: /^3:3 error (?:tape|memory|time)-limit: f was stopped because it /,
    lens: /9: ∇ 9 · ‖∇g‖ 6 \| Trace \| Graph \| Check$/,
  },
  deep: { says: /^2:10 error stack-overflow: f calls itself/, lens: /^5: \$\(error\)\sf calls itself/ },
  memory: {
    says: /^3:3 error memory-limit: f was stopped because it took more than/,
    lens: /^1: \$\(error\)\sf was stopped/,
  },
  exits: {
    says: /^2:22 error process-exited: f ended its own process \(process\.exit\(\)\)/,
    lens: /^1: \$\(error\)\sf ended/,
  },
  throwsText: {
    says: /^2:14 error model-error: f threw the text "no data for this x"\.$/,
    lens: /^1: \$\(error\)\sf threw/,
  },
  missingImport: {
    says: /^1:23 error import-not-found: There is no file "\.\/not-there\.ts"/,
    lens: /^3: \$\(error\)\sThere is no file/,
  },
  missingFile: {
    says: /^4:21 error model-error: f threw Error: ENOENT: no such file or directory/,
    lens: /^3: \$\(error\)\sf threw/,
  },
  wrongShapes: {
    says: /^5:14 error shape-mismatch: matmul of \[2, 2\] and \[1, 3\]/,
    lens: /^3: \$\(error\)\smatmul of/,
  },
};

suite("Bad input gets one sentence where the person is looking", () => {
  allowRuns(40);

  suiteSetup(async () => {
    await adjoint();
  });

  teardown(async () => {
    await vscode.commands.executeCommand("notifications.clearAll");
    await closeAll();
  });

  for (const [name, { says, lens }] of Object.entries(models)) {
    test(name, async () => {
      const { document } = await open(`models/bad/${name}.ts`);
      await vscode.commands.executeCommand(commands.trace, document.uri);
      const said = await until(`a sentence about ${name}`, async () => {
        const now = [...problems(document.uri), ...(await notifications())];
        return now.length > 0 && now;
      });
      assert.equal(said.length, 1, said.join("\n"));
      assert.match(said[0]!, says);
      if (lens) assert.match((await lenses(document)).join("\n"), lens);
    });
  }

  test("and the next trace works", async () => {
    const { document } = await open("models/square.ts");
    assert.match((await lensesMatching(document, /∇/))[0]!, /∇ .* \| Trace \| Graph \| Check$/);
  });
});
