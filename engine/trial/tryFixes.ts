/** Fixes of findings: changes that were proposed, made, traced in the background with the same random numbers, and found to help. */
import { formatNumber } from "../process/format.ts";
import { limitsOf } from "../process/limits.ts";
import type {
  Diagnostic,
  Fix,
  FunctionTrace,
  Measure,
  Measurement,
  Proposal,
  Proposals,
  Questions,
  TraceRequest,
  TraceSummary,
} from "../process/protocol.ts";
import { applied, editsIn, editsOf, moved, type Edit } from "./edits.ts";
import { findFactor, type Tried } from "./search.ts";

/** What is asked of a run that has been traced. */
export interface TracedRun {
  readonly summary: TraceSummary;
  ask<M extends "proposals" | "measure">(method: M, params: Questions[M][0]): Promise<Questions[M][1]>;
  dispose(): void;
}

/** What traces the changed texts. */
export interface TrialEngine {
  trace(request: TraceRequest, options: { readonly cancellation?: AbortSignal }): Promise<TracedRun>;
}

export interface FixRequest {
  /** As the run was asked for; `text` is the text that ran. */
  readonly request: TraceRequest & { readonly text: string };
  readonly run: TracedRun;
  /** In milliseconds since 1970: no trial begins that would not be through by then. */
  readonly deadline?: number;
  /** How long a run of the model takes, in milliseconds. */
  readonly expectedMs?: number;
  /** Rejects what is still under way, with an AbortError. */
  readonly cancellation?: AbortSignal;
}

/** A run that gives way to others takes longer. */
const givingWay = 2;
/** What a run that was begun is given at the least, to start a process and to load. */
const leastMs = 1000;
/** What is left of a weaker finding, of what it was, in nats. */
const muchWeaker = 1 / 3;
/** So little from end to end, in nats or as a share of what it was, is level enough. */
const level = { nats: 1, share: 0.05 } as const;
/** After so many trials twice that is. */
const patience = 3;

/** Whether trying fixes of a finding may give any: by its kind alone. */
export function mayHaveFixes({ code }: Diagnostic): boolean {
  return mendable.has(code);
}

const mendable: ReadonlySet<string> = new Set([
  ...["vanishing-gradient", "exploding-gradient", "non-finite"],
  ...["dead-relu", "saturated-activation"],
]);

/**
 * The fixes of the `index`-th finding of a function, the best first. Rejects with an AbortError when cancelled, and with a
 * sentence when an engine cannot be started or does not answer.
 */
export async function tryFixes(
  engine: TrialEngine,
  wanted: FixRequest,
  traced: FunctionTrace,
  index: number,
): Promise<Fix[]> {
  const { run } = wanted;
  const finding = traced.diagnostics[index];
  if (finding === undefined || !mayHaveFixes(finding)) return [];
  const proposed = await run.ask("proposals", { function: traced.function, finding: index });
  if (proposed === undefined) return [];
  const { measure } = proposed;
  const before = await run.ask("measure", { function: traced.function, measure });
  if (before === undefined) return [];
  const trials = new Trials(engine, wanted, traced, finding, proposed);
  const fixes: { readonly fix: Fix; readonly outcome: Outcome }[] = [];
  for (const proposal of proposed.proposals) {
    const outcome = await best(trials, proposal, before);
    if (outcome !== undefined)
      fixes.push({ fix: fixOf(proposal, outcome, nameOf(measure, traced.function), before), outcome });
  }
  return fixes.sort((a, b) => compare(a.outcome, b.outcome)).map(({ fix }) => fix);
}

/** What came of one changed text. */
interface Outcome extends Tried {
  readonly edits: readonly Edit[];
  /** It gave a finite value and gradient, and nothing new is the matter with it. */
  readonly sound: boolean;
  /** The finding is still there. */
  readonly remains: boolean;
  readonly value: number;
}

async function best(trials: Trials, proposal: Proposal, before: Measurement): Promise<Outcome | undefined> {
  const close = Math.max(level.nats, level.share * Math.abs(before.excess));
  const outcomes =
    proposal.factor === undefined
      ? [await trials.run(proposal, 1)].filter((outcome) => outcome !== undefined)
      : await findFactor<Outcome>({
          excess: proposal.excess ?? before.excess,
          first: proposal.factor,
          digits: proposal.digits ?? 2,
          trial: (factor) => trials.run(proposal, factor),
          isGood: ({ sound, remains, excess }, count) =>
            sound && !remains && Math.abs(excess) <= (count < patience ? close : 2 * close),
        });
  const helpful = outcomes.filter(
    ({ sound, remains, excess }) =>
      sound &&
      (!remains || Math.abs(excess) <= muchWeaker * Math.abs(before.excess)) &&
      isBetter(excess, before.excess),
  );
  return helpful.sort(compare)[0];
}

function isBetter(excess: number, before: number): boolean {
  return Math.abs(excess) < Math.abs(before) || (Number.isFinite(excess) && !Number.isFinite(before));
}

function compare(a: Outcome, b: Outcome): number {
  return Number(a.remains) - Number(b.remains) || Math.abs(a.excess) - Math.abs(b.excess);
}

class Trials {
  readonly #engine: TrialEngine;
  readonly #request: FixRequest;
  readonly #traced: FunctionTrace;
  readonly #finding: Diagnostic;
  readonly #measure: Measure;
  /** Of imported files that changes are made in. */
  readonly #texts: Proposals["texts"];
  #longestMs: number;

  constructor(
    engine: TrialEngine,
    request: FixRequest,
    traced: FunctionTrace,
    finding: Diagnostic,
    { measure, texts }: Proposals,
  ) {
    this.#engine = engine;
    this.#request = request;
    this.#traced = traced;
    this.#finding = finding;
    this.#measure = measure;
    this.#texts = texts;
    this.#longestMs = request.expectedMs ?? 0;
  }

  /** Undefined where there is no time for it. */
  async run(proposal: Proposal, factor: number): Promise<Outcome | undefined> {
    const begun = Date.now();
    if (begun + this.#longestMs > (this.#request.deadline ?? Infinity)) return undefined;
    try {
      return await this.#trace(proposal, factor, this.#limitMs(begun));
    } finally {
      this.#longestMs = Math.max(this.#longestMs, Date.now() - begun);
    }
  }

  /** A changed text may run on where the original did not: never far beyond the deadline. */
  #limitMs(begun: number): number {
    const { request, deadline = Infinity } = this.#request;
    return Math.min(limitsOf(request.limits).wallClockMs * givingWay, Math.max(deadline - begun, leastMs));
  }

  async #trace(proposal: Proposal, factor: number, wallClockMs: number): Promise<Outcome> {
    const { request, run, cancellation } = this.#request;
    const name = this.#traced.function;
    const edits = editsOf(proposal.edits, factor);
    const { seed } = run.summary;
    const others = Object.entries(this.#texts)
      .map(([file, text]) => [file, editsIn(edits, file), text] as const)
      .filter(([, own]) => own.length > 0)
      .map(([file, own, text]) => [file, applied(text, own)] as const);
    const session = await this.#engine.trace(
      {
        ...request,
        text: applied(request.text, editsIn(edits, request.file)),
        ...(others.length === 0 ? {} : { texts: Object.fromEntries(others) }),
        functions: [name],
        limits: { ...request.limits, wallClockMs },
        ...(seed === undefined ? {} : { seed }),
      },
      cancellation === undefined ? {} : { cancellation },
    );
    try {
      const failed: Outcome = { factor, edits, sound: false, remains: true, excess: NaN, value: NaN };
      const { summary } = session;
      const traced = summary.functions.find((candidate) => candidate.function === name);
      if (traced?.value === undefined) return failed;
      const measured = await session.ask("measure", { function: name, measure: this.#moved(edits) });
      // Where nothing arrives any more, no rate tells which way to go.
      const isLost = this.#measure.kind === "flow" && !(measured !== undefined && measured.value > 0);
      if (measured === undefined || isLost || !Number.isFinite(measured.value)) return failed;
      const found = [...traced.diagnostics, ...summary.diagnostics];
      const sound =
        Number.isFinite(traced.value) &&
        Number.isFinite(traced.gradientNorm) &&
        !found.some((each) => this.#isNew(each, edits));
      const remains = found.some(({ code }) => code === this.#finding.code);
      return { factor, edits, sound, remains, ...measured };
    } finally {
      session.dispose();
    }
  }

  #moved(edits: readonly Edit[]): Measure {
    const measure = this.#measure;
    if (measure.kind !== "flow" || !("source" in measure.along)) return measure;
    return { ...measure, along: { source: moved(measure.along.source, edits) } };
  }

  /** A warning or error that was not on its line before. The finding itself may be put down to another. */
  #isNew({ code, severity, source }: Diagnostic, edits: readonly Edit[]): boolean {
    if (severity === "information" || code === this.#finding.code) return false;
    const { summary } = this.#request.run;
    return ![...this.#traced.diagnostics, ...summary.diagnostics].some(
      (known) =>
        known.code === code && known.source.file === source.file && moved(known.source, edits).line === source.line,
    );
  }
}

function fixOf({ title, factor }: Proposal, outcome: Outcome, name: string, before: Measurement): Fix {
  const what = factor === undefined ? title : title.replace("{factor}", formatNumber(outcome.factor, 3));
  return {
    title: `${what}: ${name} ${formatNumber(before.value, 2)} → ${formatNumber(outcome.value, 2)}`,
    edits: outcome.edits,
    predicted: { measure: name, before: before.value, after: outcome.value },
  };
}

/** "‖∂loss/∂layer 1‖" of the function `loss`. */
function nameOf(measure: Measure, of: string): string {
  if (measure.kind === "gradient") return `‖∇${of}‖`;
  if (measure.kind === "count") return measure.of === "units" ? "dead units" : `saturated ${measure.of}`;
  return measure.element === undefined
    ? `‖∂${of}/∂${measure.station}‖`
    : `|∂${of}/∂${measure.station}[${measure.element}]|`;
}
