import assert from "node:assert/strict";
import { test } from "node:test";
import { runCommand, type Run } from "./command.ts";

function bench(...args: string[]): Promise<Run> {
  return runCommand(["bench", ...args]);
}

interface Document {
  readonly benchmarks: readonly {
    readonly name: string;
    readonly correct: boolean;
    readonly problem?: string;
    readonly measurements: readonly { readonly name: string; readonly unit: string; readonly median: number }[];
  }[];
}

for (const name of ["mlp", "rnn", "transformer", "formula", "loop"])
  test(`${name} is what the float64 trace, and who does it by hand or otherwise, say it is`, async () => {
    const { code, stdout } = await bench(name, "--json");
    const { benchmarks } = JSON.parse(stdout) as Document;
    assert.deepEqual(
      benchmarks.map((each) => [each.name, each.correct, each.problem]),
      [[name, true, undefined]],
    );
    assert.equal(benchmarks[0]!.measurements[0]!.name, "Adjoint");
    assert.ok(benchmarks[0]!.measurements.every(({ median }) => median > 0));
    assert.equal(code, 0);
  });

test("a benchmark that there is not is refused with the names of those there are", async () => {
  const { code, stderr } = await bench("digits");
  assert.equal(code, 2);
  assert.match(stderr, /There is no benchmark digits; there is trace, mlp, rnn, transformer, formula, loop\./);
});
