/** Models in many styles, faulty and healthy: what is found is what their comments say, on that line, and nothing else. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import { basename } from "node:path";
import { fixture, startEngine } from "../process/engine.ts";

const engine = startEngine();
after(() => engine.dispose());

/** "file:line code", by function: of `// finding: code` in the function, and of `// finding of name: code` anywhere. */
function marksIn(files: readonly string[], name: string, source: { line: number; endLine: number }): string[] {
  return files.flatMap((file, k) =>
    readFileSync(fixture(`diagnose/marked/${file}`), "utf8")
      .split("\n")
      .flatMap((text, row) => {
        const line = row + 1;
        const own =
          k === 0 && line >= source.line && line <= source.endLine ? /finding: ([\w, -]+)/.exec(text)?.[1] : "";
        const named = [...text.matchAll(/finding of ([\w, ]+): ([\w-]+)/g)].filter(([, names]) =>
          names!.split(", ").includes(name),
        );
        const codes = [...(own ? own.trim().split(", ") : []), ...named.map(([, , code]) => code!)];
        return codes.map((code) => `${file}:${line} ${code}`);
      }),
  );
}

for (const files of [
  ["formulas.ts"],
  ["networks.ts"],
  ["paths.ts"],
  ["stacks.ts"],
  ["estimates.ts"],
  ["sequences.ts"],
  ["rectifiers.ts"],
  ["everyday.ts"],
  ["cells.ts"],
  ["importing.ts", "layers.ts"],
])
  describe(files[0], async () => {
    const { summary } = await engine.trace({
      file: fixture(`diagnose/marked/${files[0]!}`),
      limits: { wallClockMs: 300_000 },
    });
    test("is traced", () => {
      assert.deepEqual(summary.diagnostics, []);
      assert.ok(summary.functions.length > 0);
    });
    for (const { function: name, source, diagnostics } of summary.functions)
      test(name, () => {
        const told = diagnostics.filter(({ severity }) => severity !== "information");
        assert.deepEqual(
          told.map(({ code, source: at }) => `${basename(at.file)}:${at.line} ${code}`).sort(),
          marksIn(files, name, source).sort(),
          told.map(({ message }) => message).join("\n"),
        );
      });
  });
