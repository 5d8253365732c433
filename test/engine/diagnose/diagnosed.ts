import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { EngineClient } from "../../../engine/process/client.ts";
import type { Diagnostic } from "../../../engine/process/protocol.ts";

/** A busy machine takes longer than a person would wait; what runs out of time is not diagnosed. */
const limits = { wallClockMs: 60_000 };

const folder = new URL("../../fixtures/models/diagnose/", import.meta.url);

/** What the engine finds in each function of a fixture, by function. */
export async function diagnosedFile(name: string): Promise<ReadonlyMap<string, readonly Diagnostic[]>> {
  return diagnosed(readFileSync(new URL(name, folder), "utf8"), name);
}

/** What the engine finds in each function of a model, as the command and the editor run it: in a process of its own. */
export async function diagnosed(text: string, name = "flow.ts"): Promise<ReadonlyMap<string, readonly Diagnostic[]>> {
  const engine = new EngineClient({
    engine: fileURLToPath(new URL("../../../engine/process/server.ts", import.meta.url)),
    node: process.execPath,
  });
  try {
    const session = await engine.trace({ file: fileURLToPath(new URL(name, folder)), text, limits });
    const { functions, diagnostics } = session.summary;
    assert.deepEqual(diagnostics, []);
    return new Map(functions.map((traced) => [traced.function, traced.diagnostics]));
  } finally {
    engine.dispose();
  }
}

/** "error non-finite 4" for each finding. */
export function brief(diagnostics: readonly Diagnostic[] | undefined): string[] {
  return (diagnostics ?? []).map(({ severity, code, source }) => `${severity} ${code} ${source.line}`);
}
