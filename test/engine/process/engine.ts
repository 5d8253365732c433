/** The engine from its sources, in real child processes, for the tests of this folder. */
import { fileURLToPath } from "node:url";
import { EngineClient, type EngineClientOptions, type TraceSession } from "../../../engine/process/client.ts";

const here = import.meta.url;

export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/models/${name}`, here));
}

export function example(name: string): string {
  return fileURLToPath(new URL(`../../../examples/${name}`, here));
}

export function startEngine(options: Partial<EngineClientOptions> = {}): EngineClient {
  return new EngineClient({ engine: fileURLToPath(new URL("../../../engine/process/server.ts", here)), ...options });
}

/**
 * What `run` gives with a time limit, the first that does: a slow or busy machine needs a longer one to come to what is to
 * be stopped.
 */
export async function withTimeFor<T>(
  run: (wallClockMs: number) => Promise<T>,
  came: (result: T) => boolean,
): Promise<T> {
  for (let wallClockMs = 500; ; wallClockMs *= 2) {
    const result = await run(wallClockMs);
    if (came(result) || wallClockMs > 30_000) return result;
  }
}

/** For models that end by themselves: a busy machine takes many times the usual limit for them. */
export const patientLimits = { wallClockMs: 120_000 } as const;

/** Traces a file, hands its session to `body`, and ends every process. */
export async function withTrace(file: string, body: (session: TraceSession) => Promise<void>): Promise<void> {
  const engine = startEngine();
  try {
    await body(await engine.trace({ file, limits: patientLimits }));
  } finally {
    engine.dispose();
  }
}
