import { buildProgram } from "../../execute/build.ts";
import { Leaves } from "../../execute/leaves.ts";
import { compile } from "../../execute/portable/compile.ts";
import { Storage } from "../../execute/portable/storage.ts";
import { recordStep } from "../../execute/record.ts";
import type { CompiledBytes } from "../../memory/report.ts";
import { modelOf } from "../modelLoss.ts";

/**
 * What the compiled step of a model takes on the processor, in float32; undefined where it cannot be compiled, which is for
 * the training to tell.
 */
export function compiledBytes(exported: unknown): CompiledBytes | undefined {
  try {
    const leaves = new Leaves(modelOf(exported));
    const rows = Int32Array.from({ length: leaves.model.batchSize }, (_, k) => k);
    const inputs = leaves.inputs(leaves.initial, rows);
    const bytesOf = (update: boolean): number => {
      const program = buildProgram(recordStep(leaves.model, inputs, update), inputs);
      return compile(program, new Storage(leaves.residents(leaves.initial))).bytes;
    };
    return { evaluation: bytesOf(false), training: bytesOf(true) };
  } catch {
    return undefined;
  }
}
