import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { PortableExecutor } from "../../../engine/execute/portable.ts";
import type { EngineClient } from "../../../engine/process/client.ts";
import type { TrainingProgress } from "../../../engine/process/trainingProtocol.ts";
import { decodeTensors } from "../../../engine/train/safetensors.ts";
import { startEngine } from "./engine.ts";

const folder = mkdtempSync(join(tmpdir(), "adjoint-client-train-"));
const file = join(folder, "line.ts");
writeFileSync(
  file,
  `import { defineModel, mean, sgd, tensor } from "adjoint";
export const line = defineModel({
  parameters: { slope: 0, offset: 0 },
  data: { x: tensor([0, 1, 2, 3]), y: tensor([1, 3, 5, 7]) },
  loss: ({ slope, offset }, { x, y }) => mean((slope * x + offset - y) ** 2),
  optimizer: sgd({ learningRate: 0.01 }),
  batchSize: 2,
  steps: 100000,
});
`,
);
const engine: EngineClient = startEngine();
after(() => {
  engine.dispose();
  rmSync(folder, { recursive: true });
});

/** As a graphics card that is taken away while it works. */
class Vanishing extends PortableExecutor {
  left = 5;

  override async run(...parameters: Parameters<PortableExecutor["run"]>): ReturnType<PortableExecutor["run"]> {
    if (this.left-- <= 0) throw new Error("The graphics context was lost");
    return super.run(...parameters);
  }
}

test("steps run where the asker says, and an executor that fails ends the run and keeps the last weights", async () => {
  const told: TrainingProgress[] = [];
  const executor = new Vanishing();
  const answer = await engine.train(
    { file, workspace: folder },
    { executor, onTraining: (progress) => told.push(progress) },
  );
  assert.equal(answer.summary, undefined);
  assert.deepEqual(
    answer.diagnostics.map(({ code, message }) => [code, message]),
    [["executor-failed", "The graphics context was lost."]],
  );
  const [begin] = told;
  assert.ok(begin?.kind === "begin");
  assert.ok(begin.folder!.startsWith(join(folder, ".adjoint", "runs", "line")));
  const { metadata, tensors } = decodeTensors(readFileSync(join(begin.folder!, "weights.safetensors")));
  assert.ok(Number(metadata["step"]) > 0, "steps that were made before are kept");
  assert.ok(tensors.every(({ data }) => data.every(Number.isFinite)));
});

test("what a loss throws deep inside of the library is told at the loss's own line", async () => {
  const text = `import { add, defineModel, matmul, mean, sgd, tensor } from "adjoint";
export const product = defineModel({
  parameters: { w: tensor([[1, 2], [3, 4]]) },
  data: { x: tensor([[1, 2, 3], [4, 5, 6]]) },
  loss: ({ w }, { x }) => {
    const shifted = add(x, 1);
    return mean(matmul(shifted, w));
  },
  optimizer: sgd({ learningRate: 0.1 }),
});
`;
  const path = join(folder, "product.ts");
  writeFileSync(path, text);
  const { diagnostics } = await engine.train({ file: path });
  const [{ message, source }] = diagnostics as [(typeof diagnostics)[number]];
  assert.equal(message, "matmul of [2, 3] and [2, 2]: the inner dimensions 3 and 2 differ.");
  assert.deepEqual([source.line, source.column], [7, 17]);
});
