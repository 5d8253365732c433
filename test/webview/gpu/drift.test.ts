import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { DriftCheck } from "../../../engine/check/report.ts";
import { besidesOf } from "../../../engine/process/checkSentences.ts";
import type { FunctionCheck } from "../../../engine/process/protocol.ts";
import { startEngine } from "../../engine/process/engine.ts";
import { gpuPage } from "./gpuPage.ts";

const page = await gpuPage();

async function checked(name: string, text?: string): Promise<FunctionCheck> {
  const file = fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));
  const engine = startEngine();
  try {
    const { functions } = await engine.check(
      { file, ...(text === undefined ? {} : { text }) },
      { executor: await page.executor() },
    );
    return functions[0]!;
  } finally {
    engine.dispose();
  }
}

const onGpu = ({ drift = [] }: FunctionCheck): DriftCheck => drift.find(({ executor }) => executor === "gpu.js")!;

test("a check compares the GPU with float64 as well, in a verdict of its own", async () => {
  const check = await checked("digits.ts");
  assert.equal(check.passed, true);
  assert.deepEqual(
    check.drift!.map(({ executor, verdict }) => [executor, verdict]),
    [
      ["portable", "ok"],
      ["gpu.js", "ok"],
    ],
  );
  const { device, value, gradientError } = onGpu(check);
  assert.match(device, /SwiftShader/);
  assert.ok(Math.abs(value!.float32 - value!.float64) < 1e-5 * Math.abs(value!.float64));
  assert.ok(gradientError! < 1e-5 && gradientError! > 0);
  assert.match(besidesOf(check).join("\n"), /^float32 on the GPU within \d(?:\.\d)?e-\d$/m);
});

test("what single precision loses shows as drift, and does not fail the check", async () => {
  const text =
    'import { sin, sum, tensor } from "adjoint";\nexport const f = (x = tensor([0.7, 0.8])) => sum(sin(1e6 * x));\n';
  const check = await checked("formula.ts", text);
  assert.equal(check.passed, true);
  assert.equal(onGpu(check).verdict, "drifts");
});

test("what the GPU cannot compute is not compared, and says why", async () => {
  const text =
    'import { eigvalsh, eye, sum } from "adjoint";\nexport const f = (x = 2) => sum(eigvalsh(x * eye(65)) ** 2);\n';
  const check = await checked("formula.ts", text);
  assert.equal(check.passed, true);
  const { verdict, reason } = onGpu(check);
  assert.equal(verdict, "not-compared");
  assert.match(reason!, /eigh of matrices of more than 64 rows or columns is not computed on the GPU yet/);
});
