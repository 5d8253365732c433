import { adjoint } from "./adjoint.ts";
import { measured, type Benchmark, type BenchmarkResult, type Measurement } from "./measure.ts";
import { jaxjs } from "./peers/jaxjs.ts";
import { tfjs } from "./peers/tfjs.ts";
import type { Library, Prepared, Workload } from "./workload.ts";

export interface Comparison {
  readonly name: string;
  readonly title: string;
  readonly workload: () => Workload;
  /** Adjoint's, in milliseconds. */
  readonly goal?: number;
  /** What a person would write without any library; gives the loss. */
  readonly byHand?: { readonly run: () => number; readonly goal: number };
  /** Steps that are timed as one, where one is too short for the clock. */
  readonly atOnce?: number;
}

/** Per library: steps before any is timed, at most so many samples, and no more time than that once there are a few. */
const warmUp = 20;
const mostSamples = 60;
const fewestSamples = 3;
const budgetMs = 3_000;
/** Of the losses of two libraries in float32, relative. */
const bound = 1e-3;

/** A workload done by Adjoint, by hand, and by the peers that are installed, one after the other in one process. */
export function comparison(facts: Comparison): Benchmark {
  return { name: facts.name, title: facts.title, run: () => compare(facts) };
}

async function compare({ workload, goal, byHand, atOnce = 1 }: Comparison): Promise<BenchmarkResult> {
  const work = workload();
  const ours = await timed(adjoint, work, atOnce);
  if (typeof ours === "string") return { measurements: [], problem: ours };
  const measurements: Measurement[] = [measured(adjoint.name, "ms", ours.times, goal)];
  const problems: string[] = [];
  if (byHand !== undefined) {
    const hand = await timed(writtenByHand(byHand.run), work, atOnce);
    if (typeof hand === "string") return { measurements, problem: hand };
    const own = measured("by hand", "ms", hand.times);
    const ratios = ours.times.map((time) => time / own.median);
    measurements.push(own, measured("ratio", "× by hand", ratios, byHand.goal));
    problems.push(...unlike("by hand", hand.losses, ours.losses));
  }
  const absent: string[] = [];
  const failed: string[] = [];
  for (const [name, load] of peers) {
    const library = await load();
    if (library === undefined) {
      absent.push(name);
      continue;
    }
    const peer = await timed(library, work, atOnce);
    if (typeof peer === "string") {
      failed.push(`${library.name}: ${peer}`);
      continue;
    }
    measurements.push(measured(library.name, "ms", peer.times));
    problems.push(...unlike(library.name, peer.losses, ours.losses));
  }
  return {
    measurements,
    ...(absent.length === 0 ? {} : { absent }),
    ...(failed.length === 0 ? {} : { failed }),
    ...(problems.length === 0 ? {} : { problem: problems.join(" ") }),
  };
}

const peers: readonly (readonly [packages: string, load: () => Promise<Library | undefined>])[] = [
  ["@tensorflow/tfjs @tensorflow/tfjs-backend-wasm", tfjs],
  ["@jax-js/jax", jaxjs],
];

interface Timed {
  readonly times: readonly number[];
  /** Of the first steps. */
  readonly losses: readonly number[];
}

/** Times of one step in milliseconds, or what went wrong. */
async function timed(library: Library, workload: Workload, atOnce: number): Promise<Timed | string> {
  let prepared: Prepared | undefined;
  try {
    prepared = await library.prepare(workload);
    if (prepared.problem !== undefined) return prepared.problem;
    const begin = performance.now();
    const losses: number[] = [];
    for (let k = 0; k < warmUp && (k < 2 || performance.now() - begin < budgetMs); k++)
      losses.push(await prepared.step());
    const times: number[] = [];
    const start = performance.now();
    while (times.length < mostSamples && (times.length < fewestSamples || performance.now() - start < budgetMs)) {
      const from = performance.now();
      for (let k = 0; k < atOnce; k++) await prepared.step();
      times.push((performance.now() - from) / atOnce);
    }
    return { times, losses: losses.slice(0, 2) };
  } catch (error) {
    return error instanceof Error ? error.message.split("\n", 1)[0]! : String(error);
  } finally {
    prepared?.dispose();
  }
}

function writtenByHand(run: () => number): Library {
  const step = (): Promise<number> => Promise.resolve(run());
  return { name: "by hand", prepare: () => Promise.resolve({ step, dispose: () => undefined }) };
}

function unlike(name: string, losses: readonly number[], ours: readonly number[]): string[] {
  const far = losses.some((loss, k) => !(Math.abs(loss - ours[k]!) <= bound * Math.abs(ours[k]!)));
  return far ? [`${name} gives the losses ${losses.join(", ")}, Adjoint ${ours.join(", ")}.`] : [];
}
