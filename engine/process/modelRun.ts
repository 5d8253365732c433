/** One run of one model file, in the process that is there for nothing else. */
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { diagnose } from "../diagnose/diagnose.ts";
import { Adjoints, reverse } from "../differentiate/reverse.ts";
import * as library from "../library/index.ts";
import { newSeed, seedRandom } from "../language/runtime/builtins/random.ts";
import { createRuntime } from "../language/runtime/createRuntime.ts";
import type { Finding } from "../language/runtime/findings.ts";
import { originalFunctionText } from "../language/load/moduleHooks.ts";
import { LoadError, loadModel, type LoadedModel } from "../language/load/load.ts";
import { outline as readOutline } from "../language/instrument/outline.ts";
import { checkNames } from "../language/runtime/parameterValues.ts";
import { gradientOf, inputsOf } from "../language/runtime/parameters.ts";
import type { TracedParameter } from "../language/runtime/tracedCalls.ts";
import type { Subject } from "../diagnose/subject.ts";
import { recording, recordOn } from "../tape/recording.ts";
import { SiteTable } from "../tape/site.ts";
import { firstPrimitive, Tape } from "../tape/tape.ts";
import { TracedNumber } from "../tape/tensor.ts";
import { limitsOf } from "./limits.ts";
import { callLoss, type TracedLoss } from "./modelLoss.ts";
import { diagnoseError } from "./modelErrors.ts";
import type {
  Diagnostic,
  FunctionOutline,
  FunctionTrace,
  Limits,
  Nested,
  Notifications,
  Outline,
  SourceRange,
  TraceRequest,
  TraceSummary,
} from "./protocol.ts";
import { cannotTrace, constantResult, noDifferentiableFunction, noNumber, startOf } from "./refusals.ts";
import { FunctionRun, rangeOf } from "./report/functionRun.ts";
import { norm } from "./report/summaries.ts";
import { isOwn, placeInStack } from "./stackPlaces.ts";
import { toldOnce } from "./toldOnce.ts";
import type { Watchdog } from "./watchdog.ts";

export interface ModelRunOptions {
  readonly watchdog: Watchdog;
  readonly onProgress: (progress: Notifications["progress"]) => void;
  /** Rejects when the program throws outside of any call that the engine waits for. */
  readonly crashed: () => Promise<never>;
}

/** What a run leaves behind: its summary, and what questions are answered from. */
export interface FinishedRun {
  readonly summary: TraceSummary;
  /** The functions that gave a value, by name. */
  readonly runs: ReadonlyMap<string, FunctionRun>;
  /** Undefined where the file could not be loaded. */
  readonly model?: LoadedModel;
}

/** What a call gave, or why it gave no number. */
export type Called =
  | { readonly result: TracedNumber | number; readonly parameters: readonly TracedParameter[] }
  | { readonly problem: Diagnostic };

export class ModelRun {
  readonly #request: TraceRequest;
  readonly #limits: Limits;
  readonly #options: ModelRunOptions;
  readonly #seed: number;
  readonly #sites = new SiteTable();
  readonly #runs = new Map<string, FunctionRun>();
  #sources: LoadedModel["sources"] = new Map();
  readonly #installed = createRuntime({
    sites: this.#sites,
    originalText: originalFunctionText,
  });

  constructor(request: TraceRequest, options: ModelRunOptions) {
    this.#request = request;
    this.#limits = limitsOf(request.limits);
    this.#seed = request.seed ?? newSeed();
    this.#options = options;
  }

  async finish(): Promise<FinishedRun> {
    const model = await this.load();
    if (!("namespace" in model)) return { summary: model, runs: this.#runs };
    const functions: FunctionTrace[] = [];
    const wanted = this.wanted(model.outline);
    for (const outline of wanted.functions) functions.push(await this.#trace(model, outline));
    const files = [...model.sources.keys()].filter(isOwn);
    const { file } = this.#request;
    const summary = {
      file,
      files,
      seed: this.#seed,
      outline: model.outline,
      functions,
      diagnostics: wanted.diagnostics,
    };
    return { summary, runs: this.#runs, model };
  }

  /** Loads the file; where it cannot be loaded, the summary says why. */
  async load(): Promise<LoadedModel | TraceSummary> {
    const { file, text, texts } = this.#request;
    const { watchdog, onProgress, crashed } = this.#options;
    watchdog.arm(this.#limits);
    onProgress({ stage: "loading", operations: 0 });
    recording.on = false;
    recording.heartbeat = watchdog.heartbeat;
    seedRandom(this.#seed);
    try {
      const loading = loadModel({
        file,
        ...(text === undefined ? {} : { text }),
        ...(texts === undefined ? {} : { texts }),
        runtime: this.#installed.runtime,
        sites: this.#sites,
        library,
      });
      const model = await Promise.race([loading, crashed()]);
      this.#sources = model.sources;
      return model;
    } catch (error) {
      if (error instanceof LoadError) this.#sources = error.sources;
      return this.#unloaded(error);
    }
  }

  /** What is known of the places in the program's files. */
  get sites(): SiteTable {
    return this.#sites;
  }

  /** Where in the program a stack begins. */
  placeOf(stack: string): SourceRange | undefined {
    return placeInStack(stack, this.#sources, this.#request.file);
  }

  /** The functions to trace, and why one that was asked for, or the whole file, has none. */
  wanted(outline: Outline): { functions: readonly FunctionOutline[]; diagnostics: readonly Diagnostic[] } {
    const names = this.#request.functions;
    if (names === undefined) {
      const { file } = this.#request;
      const all = outline.functions.filter(({ traceable, parameters }) => traceable && parameters.length > 0);
      // What is only handed on from other files is traced where there is nothing else.
      const own = all.filter(({ source }) => source.file === file);
      const functions = own.length > 0 ? own : all;
      const errors = outline.diagnostics.filter(({ severity }) => severity === "error");
      if (functions.length > 0 || errors.length > 0) return { functions, diagnostics: outline.diagnostics };
      return { functions, diagnostics: [noDifferentiableFunction(this.#request.file, outline)] };
    }
    const functions = outline.functions.filter(({ name, traceable }) => traceable && names.includes(name));
    const refused = names
      .filter((name) => !functions.some((found) => found.name === name))
      .map((name) => cannotTrace(this.#request.file, name, outline));
    const errors = outline.diagnostics.filter(({ severity }) => severity === "error");
    return { functions, diagnostics: [...errors, ...refused] };
  }

  async #trace(model: LoadedModel, outline: FunctionOutline): Promise<FunctionTrace> {
    const { onProgress } = this.#options;
    const tape = new Tape(this.#limits.tapeBytes);
    onProgress({ stage: "running", function: outline.name, operations: 0 });
    const begin = performance.now();
    const failed = (diagnostic: Diagnostic): FunctionTrace => ({
      function: outline.name,
      source: outline.source,
      diagnostics: [diagnostic, ...this.findings(outline)],
      tape: { operations: countOperations(tape), bytes: tape.bytes },
      time: { forwardMs: performance.now() - begin, backwardMs: 0 },
    });
    // Each function has numbers of its own, whichever others run before it.
    seedRandom(this.#seed, outline.name);
    const called = await this.call(model, outline, tape);
    if ("problem" in called) return failed(called.problem);
    const { result, parameters } = called;
    const forwardMs = performance.now() - begin;

    onProgress({ stage: "differentiating", function: outline.name, operations: tape.length });
    const backwardBegin = performance.now();
    const output = result instanceof TracedNumber ? result.node : -1;
    let adjoints;
    try {
      adjoints = output < 0 ? noAdjoints() : reverse(tape, output);
    } catch (error) {
      return failed(this.problemOf(error, outline));
    }
    const backwardMs = performance.now() - backwardBegin;
    this.#runs.set(
      outline.name,
      new FunctionRun({ outline, tape, adjoints, output, parameters, sites: this.#sites, sources: this.#sources }),
    );
    const value = typeof result === "number" ? result : tape.primal[result.node]!;
    const noticed = this.findings(outline, Number.isNaN(value));
    if (output < 0) noticed.push(constantResult(outline));
    const diagnostics = toldOnce(noticed, this.#diagnose(outline, { tape, adjoints, output, parameters }));
    return {
      function: outline.name,
      source: outline.source,
      value,
      ...gradients(parameters, adjoints, tape),
      diagnostics,
      tape: { operations: countOperations(tape), bytes: tape.bytes },
      time: { forwardMs, backwardMs },
    };
  }

  /**
   * Calls a function with its parameters as inputs on `tape`. `late` is false where nobody has to wait for what the
   * program leaves to the event loop, since an earlier call has shown what that is.
   */
  async call(model: LoadedModel, outline: FunctionOutline, tape: Tape, { late = true } = {}): Promise<Called> {
    const { calls, findings } = this.#installed;
    findings.clear();
    this.#options.watchdog.running(this.#sites);
    recording.tape = tape;
    recording.on = true;
    recording.site = 0;
    recording.scope = 0;
    let parameters: readonly TracedParameter[];
    let result: unknown;
    try {
      const at = this.#request.at ?? {};
      checkNames(outline.name, parameterNames(model, outline), at);
      if (outline.model === true) ({ result, parameters } = callLoss(model.namespace[outline.name], at));
      else {
        calls.begin(model.functionIds.get(outline.name)!, at);
        result = (model.namespace[outline.name] as () => unknown)();
        if (isThenable(result)) result = await Promise.race([result, this.#options.crashed()]);
        parameters = calls.end();
      }
    } catch (error) {
      const { site } = recording;
      recording.on = false;
      calls.end();
      return { problem: this.problemOf(error, outline, site) };
    }
    recording.on = false;
    const left = late ? await this.#lateError() : undefined;
    if (left !== undefined) return { problem: this.problemOf(left.error, outline) };
    // A value kept from an earlier run is a constant of this one.
    if (result instanceof TracedNumber) return { result: tape.holds(result) ? result : result.primal, parameters };
    if (typeof result !== "number") return { problem: noNumber(outline, result) };
    return { result, parameters };
  }

  /** What was thrown while the function ran, after the operation at `site`. */
  problemOf(error: unknown, outline: FunctionOutline, site = 0): Diagnostic {
    return diagnoseError(error, { outline, sources: this.#sources, sites: this.#sites, site });
  }

  /** Where a site stands; number 0 is the function's name. */
  rangeOfSite(site: number, outline: FunctionOutline): SourceRange {
    return site > 0 ? rangeOf(this.#sites.get(site)) : outline.nameSource;
  }

  /** An error that the program left to the event loop: a promise that nobody awaits, a callback. */
  async #lateError(): Promise<{ readonly error: unknown } | undefined> {
    const turn = new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)));
    return Promise.race([turn, this.#options.crashed()]).catch((error: unknown) => ({ error }));
  }

  /** @param isNaN Whether the result is NaN: only then it matters that NaN was made of something on the way. */
  findings(outline: FunctionOutline, isNaN = false): Diagnostic[] {
    const list = this.#installed.findings.list.filter(({ code }) => isNaN || code !== "operand-is-no-number");
    return list.map(({ code, severity, message, site, stack, operand }: Finding) => ({
      code,
      severity,
      message: (operand && this.#operandNamed(site, operand)) ?? message,
      source:
        (stack === undefined ? undefined : placeInStack(stack, this.#sources)) ??
        (site > 0 ? rangeOf(this.#sites.get(site)) : outline.nameSource),
    }));
  }

  /** "`xs` is an array …" */
  #operandNamed(site: number, { input, tail }: NonNullable<Finding["operand"]>): string | undefined {
    const text = this.#sources.get(this.#sites.get(site).file)?.operandText(site, input);
    return text === undefined || text === "undefined" || text.includes("\n") ? undefined : `\`${text}\` ${tail}`;
  }

  /** What made a loss or its gradient NaN or infinite; undefined where in float64 both are finite. */
  nonFiniteOrigin(outline: FunctionOutline, loss: () => TracedLoss): Diagnostic | undefined {
    const tape = new Tape(this.#limits.tapeBytes);
    const { result, parameters } = recordOn(tape, () => {
      recording.site = 0;
      recording.scope = 0;
      return loss();
    });
    if (!(result instanceof TracedNumber) || !tape.holds(result)) return undefined;
    const { node } = result;
    const found = this.#diagnose(outline, { tape, adjoints: reverse(tape, node), output: node, parameters });
    return found.find(({ code }) => code === "non-finite");
  }

  #diagnose(
    outline: FunctionOutline,
    traced: Pick<Subject, "tape" | "adjoints" | "output" | "parameters">,
  ): Diagnostic[] {
    const ended = this.#installed.findings.list.map(({ site }) => site).filter((site) => site > 0);
    const { file } = outline.source;
    const findings = orNone(() => diagnose({ ...traced, sites: this.#sites, sources: this.#sources, ended, file }));
    const placeOf = (site: number): SourceRange => (site > 0 ? rangeOf(this.#sites.get(site)) : outline.nameSource);
    return findings.map(({ code, severity, message, site, called, related = [], data }) => {
      const places = related.map((entry) => ({ message: entry.message, source: placeOf(entry.site) }));
      if (called !== undefined) places.unshift({ message: "What is called there", source: placeOf(site) });
      return {
        code,
        severity,
        message,
        source: called ?? placeOf(site),
        ...(places.length === 0 ? {} : { related: places }),
        data: called === undefined ? data : { ...data, origin: placeOf(site) },
      };
    });
  }

  #unloaded(error: unknown): TraceSummary {
    const { file, text } = this.#request;
    const outline = safeOutline(file, text);
    const diagnostic =
      error instanceof LoadError
        ? error.diagnostic
        : diagnoseError(error, {
            outline: {
              name: "The file",
              source: startOf(file),
              nameSource: startOf(file),
              parameters: [],
              traceable: false,
            },
            sources: this.#sources,
            sites: this.#sites,
            site: 0,
          });
    // What a file without any function does when it runs is beside the point.
    const pointless = diagnostic.code === "model-error" && outline.functions.length === 0;
    const told = pointless ? noDifferentiableFunction(file, outline) : diagnostic;
    return { file, outline, functions: [], diagnostics: [told] };
  }
}

/** Nothing where the file cannot even be read. */
function safeOutline(file: string, text: string | undefined): Outline {
  try {
    return readOutline(file, text ?? readFileSync(file, "utf8"));
  } catch {
    return { functions: [], diagnostics: [] };
  }
}

function gradients(
  parameters: readonly TracedParameter[],
  adjoints: Adjoints,
  tape: Tape,
): { gradient: Readonly<Record<string, Nested>>; gradientNorm: number } {
  const gradient: Record<string, Nested> = {};
  const parts: number[] = [];
  for (const { name, structure } of parameters) {
    const nested = gradientOf(structure, adjoints, (node) => tape.shapeOf(node));
    if (nested === undefined) continue;
    Object.defineProperty(gradient, name, { value: nested, enumerable: true, configurable: true, writable: true });
    for (const node of inputsOf(structure))
      parts.push(tape.isTensor(node) ? norm(adjoints.tensor(node)?.data ?? []) : adjoints.scalar(node));
  }
  return { gradient, gradientNorm: norm(parts) };
}

function noAdjoints(): Adjoints {
  return new Adjoints(-1, new Float64Array(0), new Map(), new Uint8Array(0));
}

function countOperations(tape: Tape): number {
  let operations = 0;
  for (let node = 0; node < tape.length; node++) if (tape.operation[node]! >= firstPrimitive) operations++;
  return operations;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value instanceof Promise ||
    (typeof value === "object" && value !== null && "then" in value && typeof value.then === "function")
  );
}

/** A trace is worth more than what is found in it: a failure of ours to judge one goes to the log and costs no values. */
function orNone<T>(judge: () => readonly T[]): readonly T[] {
  try {
    return judge();
  } catch (error) {
    console.error(error);
    return [];
  }
}

/** What values can be given for: a parameter that is taken apart also has the names of its properties with defaults. */
function parameterNames(
  { sources, functionIds }: LoadedModel,
  { name, parameters, source }: FunctionOutline,
): string[] {
  const id = functionIds.get(name);
  const known = sources.get(source.file)?.functions.find((candidate) => candidate.id === id);
  return (known ?? { parameters }).parameters.map((parameter) => parameter.name);
}
