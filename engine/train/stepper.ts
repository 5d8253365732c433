import { buildProgram } from "../execute/build.ts";
import type { Executor, StepResult, Weights } from "../execute/executor.ts";
import type { Leaves } from "../execute/leaves.ts";
import type { Program } from "../execute/program.ts";
import {
  metricsAt,
  numbersOf,
  recordStep,
  withoutMetrics,
  type RecordedStep,
  type StepInputs,
} from "../execute/record.ts";
import { agreementBound, disagreement } from "./agreement.ts";

/** A run cannot begin, or cannot go on. The message is one whole sentence. */
export class TrainingError extends Error {
  override name = "TrainingError";
}

/** Ways through a model's branches that are kept compiled. A model with more is traced at every step. */
const mostVariants = 12;

interface Variant {
  readonly key: string;
  readonly program: Program;
  readonly handle: number;
  /** The same without guards, for where float32 and float64 see a comparison differently. */
  unguarded?: number;
}

const metricsApart =
  "The metrics take another way through their branches at almost every step, so while the model trains they are computed for some of its steps only, and for all examples that are held out. Written with functions such as where, equal and greater in place of branches, they are computed for every step.";

export interface StepperOptions {
  readonly leaves: Leaves;
  readonly executor: Executor;
  /** Whether steps change the weights. */
  readonly update: boolean;
  readonly tapeBytes: number;
  /** Around every call of the model's own code. */
  readonly guarded: <T>(trace: () => T) => T;
  /** What a person should know. */
  readonly notice: (code: string, message: string) => void;
}

/**
 * Steps of one batch size. The loss is traced once and compiled; a step whose branches come out otherwise than in the
 * trace takes the program of another trace. A model with too many ways is traced in float64 at each step.
 */
export class Stepper {
  readonly #options: StepperOptions;
  #variants: Variant[] = [];
  #tracesEachStep = false;
  /** Metrics that branch too much are no part of the program. */
  #metricsApart = false;
  #metricNames: readonly string[] = [];
  traced = 0;

  constructor(options: StepperOptions) {
    this.#options = options;
  }

  /** Known from the first step on. */
  get metricNames(): readonly string[] {
    return this.#metricNames;
  }

  get tracesEachStep(): boolean {
    return this.#tracesEachStep;
  }

  /**
   * As `Executor.run`, without the outcome `guard`. Where the metrics are no part of the program, only the first step has
   * them; where the weights do not change, every one.
   */
  async run(batches: readonly Int32Array[]): Promise<StepResult[]> {
    if (!this.#metricsApart) return this.#steps(batches);
    const { executor, update } = this.#options;
    const before = await executor.read();
    const results = await this.#steps(batches);
    return results.map((result, k) =>
      (update && k > 0) || result.outcome !== "done" ? result : this.#withMetrics(result, before, batches[k]!),
    );
  }

  #withMetrics(result: StepResult, weights: Weights, rows: Int32Array): StepResult {
    const { leaves, guarded } = this.#options;
    return { ...result, metrics: guarded(() => metricsAt(leaves.model, leaves.inputs(weights, rows))) };
  }

  async #steps(batches: readonly Int32Array[]): Promise<StepResult[]> {
    const results: StepResult[] = [];
    while (results.length < batches.length) {
      const rest = batches.slice(results.length);
      const current = this.#variants[0];
      if (this.#tracesEachStep || current === undefined) {
        results.push(await this.#newWay(rest[0]!));
      } else {
        const run = await this.#options.executor.run(current.handle, rest);
        // One by one: there may be more than a call takes as arguments.
        for (const result of run) if (result.outcome !== "guard") results.push(result);
        if (run.at(-1)?.outcome === "guard") results.push(await this.#otherWay(rest[run.length - 1]!));
      }
      if (results.at(-1)!.outcome !== "done") break;
    }
    return results;
  }

  /** The step by a program that is known already, else by a new one. */
  async #otherWay(rows: Int32Array): Promise<StepResult> {
    for (const variant of this.#variants.slice(1)) {
      const [result] = await this.#options.executor.run(variant.handle, [rows]);
      if (result!.outcome === "guard") continue;
      this.#variants = [variant, ...this.#variants.filter((other) => other !== variant)];
      return result!;
    }
    return this.#newWay(rows);
  }

  /** Traces the step in float64 where the weights are now, and runs what comes of it. */
  async #newWay(rows: Int32Array): Promise<StepResult> {
    const { leaves, executor, update, tapeBytes, guarded } = this.#options;
    const weights = await executor.read();
    const inputs = leaves.inputs(weights, rows);
    let recorded = guarded(() => recordStep(leaves.model, inputs, update, tapeBytes));
    this.traced++;
    this.#metricNames = [...recorded.metrics.keys()];
    if (this.traced === 1 && !this.#isPure(inputs)) {
      this.#tracesEachStep = true;
      this.#options.notice(
        "traced-each-step",
        "The loss does something else each time it is computed (it draws random numbers, say, or counts its calls), so every step is traced anew, which is slower than a compiled program.",
      );
    }
    if (this.#tracesEachStep) return this.#asTraced(recorded);
    if (this.#variants.length === mostVariants && !this.#metricsApart && recorded.guards.length > recorded.lossGuards) {
      this.#metricsApart = true;
      this.#variants = [];
      this.#options.notice("metrics-apart", metricsApart);
    }
    const whole = recorded;
    if (this.#metricsApart) recorded = withoutMetrics(recorded);
    const program = buildProgram(recorded, inputs);
    const key = keyOf(program);
    const known = this.#variants.find((variant) => variant.key === key);
    if (known !== undefined) {
      known.unguarded ??= await executor.prepare({ ...known.program, guards: [] });
      return (await executor.run(known.unguarded, [rows]))[0]!;
    }
    if (this.#variants.length === mostVariants) {
      this.#tracesEachStep = true;
      this.#metricsApart = false;
      this.#options.notice(
        "traced-each-step",
        "The loss takes another way through its branches at almost every step, so every step is traced anew, which is slower than a compiled program.",
      );
      return this.#asTraced(whole);
    }
    const variant = { key, program, handle: await executor.prepare(program) };
    const [result] = await executor.run(variant.handle, [rows]);
    if (result!.outcome === "guard") {
      const unguarded = await executor.prepare({ ...program, guards: [] });
      this.#variants.unshift({ ...variant, unguarded });
      return this.#checked(recorded, (await executor.run(unguarded, [rows]))[0]!, weights);
    }
    this.#variants.unshift(variant);
    return this.#checked(recorded, result!, weights);
  }

  /** Whether the loss is the same computation when it is traced again. */
  #isPure(inputs: StepInputs): boolean {
    const { leaves, tapeBytes, guarded } = this.#options;
    const [first, second] = [1, 2].map(() => {
      const recorded = guarded(() => recordStep(leaves.model, inputs, false, tapeBytes));
      return keyOf(buildProgram(recorded, inputs));
    });
    return first === second;
  }

  async #checked(recorded: RecordedStep, result: StepResult, before: Weights): Promise<StepResult> {
    const { executor, leaves, update } = this.#options;
    if (result.outcome !== "done") return result;
    const gradients = update ? await executor.gradients() : [];
    const paths = leaves.model.parameters.leaves.map(({ path }) => path);
    const wrong = disagreement(recorded, result, gradients, paths);
    if (wrong === undefined) return result;
    await executor.write(before);
    throw new TrainingError(
      `In float32, as ${executor.name} computes, the model does not agree with its float64 trace within ${100 * agreementBound} %: ${wrong}. Scale what it computes, so that it is less sensitive to rounding.`,
    );
  }

  /** The step as it was traced, its update included. */
  async #asTraced(recorded: RecordedStep): Promise<StepResult> {
    const { tape } = recorded;
    const number = (value: RecordedStep["loss"]): number => numbersOf(tape, value)[0]!;
    const loss = number(recorded.loss);
    const gradientNorms = recorded.gradientNorms.map(number);
    const parameters = recorded.parameters.map((value) => Float32Array.from(numbersOf(tape, value)));
    const state = recorded.state.map((value) => numbersOf(tape, value));
    const finite = [[loss], gradientNorms, ...parameters, ...state].every((list) => list.every(Number.isFinite));
    if (finite && this.#options.update) await this.#options.executor.write({ parameters, state });
    return {
      outcome: finite ? "done" : "non-finite",
      loss,
      metrics: [...recorded.metrics.values()].map(number),
      gradientNorms,
    };
  }
}

/** The same for programs that compute the same. */
function keyOf({ values, outputs, guards }: Program): string {
  return JSON.stringify([values, outputs, guards], (_, value: unknown) =>
    value instanceof Float32Array ? hash(value) : value,
  );
}

function hash(data: Float32Array): string {
  const words = new Int32Array(data.buffer, data.byteOffset, data.length);
  let sum = data.length;
  for (const word of words) sum = (Math.imul(sum, 31) + word) | 0;
  return `#${sum}`;
}
