/** Functions whose gradient somebody got wrong, or that only look as if: the truth stands in the files beside each. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import { elementName } from "../../../engine/process/checkSentences.ts";
import type { FunctionCheck } from "../../../engine/process/protocol.ts";
import { fixture, startEngine } from "../process/engine.ts";

/**
 * What is true of one function. `// truth: wrong x; ok y` before it gives the verdicts of its parameters (`x` for all
 * elements that are not named by themselves, all parameters where none is named), `failed` that the check must not pass
 * whatever the verdicts. `// culprit` and `// kink` mark the lines that must be blamed.
 */
interface Truth {
  readonly name: string;
  readonly failed: boolean;
  readonly verdictOf: (element: string) => string | undefined;
  readonly culprits: readonly number[];
  readonly kinks: readonly number[];
  readonly warned: boolean;
}

const folder = fixture("check/truth");
/** What a busy machine may take for loading or for one call. */
const patience = 120_000;
const engine = startEngine();
after(() => engine.dispose());

function truthsOf(text: string): Truth[] {
  const lines = text.split("\n");
  const begins = lines.flatMap((line, k) => (line.startsWith("// truth: ") ? [k] : []));
  return begins.map((begin, k) => {
    const end = begins[k + 1] ?? lines.length;
    const marked = (mark: string): number[] =>
      lines.flatMap((line, at) => (at >= begin && at < end && line.includes(`// ${mark}`) ? [at + 1] : []));
    const name = /export (?:async )?function (\w+)/.exec(lines.slice(begin, end).join("\n"))![1]!;
    const claims = lines[begin]!.slice("// truth: ".length).split("; ");
    const verdicts = new Map<string, string>();
    let failed = false;
    let warned = false;
    for (const claim of claims) {
      const [verdict, ...elements] = claim.split(/,? /) as [string, ...string[]];
      if (verdict === "failed") failed = true;
      else if (verdict === "warned") warned = true;
      else for (const element of elements.length === 0 ? ["*"] : elements) verdicts.set(element, verdict);
      if (verdict === "wrong" || verdict === "non-finite") failed = true;
    }
    const verdictOf = (element: string): string | undefined =>
      verdicts.get(element) ?? verdicts.get(/^[^[]*/.exec(element)![0]) ?? verdicts.get("*") ?? onlyNamed(verdicts);
    return { name, failed, verdictOf, culprits: marked("culprit"), kinks: marked("kink"), warned };
  });
}

/** Where elements of a parameter are named as wrong, the others of it are right. */
function onlyNamed(verdicts: ReadonlyMap<string, string>): string | undefined {
  return verdicts.size === 0 ? undefined : "ok";
}

function assertTrue(truth: Truth, check: FunctionCheck): void {
  const found = (): string =>
    JSON.stringify(
      { ...check, parameters: check.parameters.slice(0, 4), source: undefined, nameSource: undefined },
      (key, value: unknown) =>
        key === "file" || key.startsWith("end") ? undefined : typeof value === "number" ? String(value) : value,
    );
  assert.equal(check.passed, !truth.failed, found());
  for (const element of check.parameters) {
    const expected = truth.verdictOf(elementName(element).replace(/\]\[/g, ","));
    if (expected !== undefined) assert.equal(element.verdict, expected, `${elementName(element)} ${found()}`);
  }
  assert.equal(
    check.diagnostics.some(({ code }) => code === "wrong-rule-elsewhere" || code === "inconclusive"),
    truth.warned,
    found(),
  );
  const blamed = check.culprits.map(({ source }) => source.line);
  if (truth.culprits.length > 0)
    assert.deepEqual(
      [
        ...new Set([...blamed, ...(blamed.length === 0 ? check.diagnostics.map(({ source }) => source.line) : [])]),
      ].sort((a, b) => a - b),
      truth.culprits,
      found(),
    );
  for (const { kink } of check.parameters)
    if (kink !== undefined && truth.kinks.length > 0) assert.ok(truth.kinks.includes(kink.source.line), found());
}

for (const file of readdirSync(folder)) {
  const text = readFileSync(`${folder}/${file}`, "utf8");
  describe(`check/truth/${file}`, async () => {
    const { functions, diagnostics } = await engine.check({
      file: `${folder}/${file}`,
      limits: { wallClockMs: patience },
    });
    for (const truth of truthsOf(text))
      test(`${truth.name}: ${truth.failed ? "fails" : "passes"}`, () => {
        const check = functions.find((candidate) => candidate.function === truth.name);
        assert.ok(check, `${truth.name} was not checked: ${JSON.stringify(diagnostics)}`);
        assertTrue(truth, check);
      });
  });
}
