import type * as vscode from "vscode";
import { mayHaveFixes, tryFixes } from "../../engine/trial/tryFixes.ts";
import { Disposable } from "../disposable.ts";
import type { Engine } from "../engine.ts";
import { describe, isCancelled } from "../failure.ts";
import type { SettingsStore } from "../settings.ts";
import type { Trace } from "../trace.ts";
import type { Traces } from "../traces.ts";

/** The person reads what the trace has to say first. */
const restMs = 300;
/** For all findings of one trace. */
const budgetMs = 60_000;

interface Task {
  readonly uri: vscode.Uri;
  readonly trace: Trace;
  readonly abort: AbortController;
}

/**
 * Tries fixes of what a trace has found, once it has been shown: one changed text at a time, and only for as long as the
 * text is the one that was traced.
 */
export class Fixes extends Disposable {
  readonly #engine: Engine;
  readonly #traces: Traces;
  readonly #settings: SettingsStore;
  readonly #log: vscode.LogOutputChannel;
  /** Traces whose fixes were tried to the end. */
  readonly #tried = new WeakSet<Trace>();
  /** The newest last; it is the one that the person looks at. */
  #waiting: Task[] = [];
  #running: Task | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(engine: Engine, traces: Traces, settings: SettingsStore, log: vscode.LogOutputChannel) {
    super();
    this.#engine = engine;
    this.#traces = traces;
    this.#settings = settings;
    this.#log = log;
    this.register(traces.onDidChange((uri) => this.#consider(uri)));
    this.register(settings.onDidChange(() => !settings.current.tryFixes && this.#giveUp(() => true)));
  }

  override dispose(): void {
    clearTimeout(this.#timer);
    this.#running?.abort.abort();
    this.#waiting = [];
    super.dispose();
  }

  #consider(uri: vscode.Uri): void {
    this.#giveUp((task) => !this.#traces.isCurrent(task.trace));
    const trace = this.#traces.trace(uri);
    if (!trace || !this.#settings.current.tryFixes || this.#tried.has(trace) || !this.#traces.isCurrent(trace)) return;
    if ([this.#running, ...this.#waiting].some((task) => task?.trace === trace)) return;
    if (!trace.diagnostics.some(mayHaveFixes)) return;
    this.#waiting.push({ uri, trace, abort: new AbortController() });
    this.#setTrying(uri, trace, true);
    this.#later();
  }

  #giveUp(which: (task: Task) => boolean): void {
    if (this.#running && which(this.#running)) this.#running.abort.abort();
    const given = this.#waiting.filter(which);
    this.#waiting = this.#waiting.filter((task) => !which(task));
    for (const { uri, trace } of given) this.#setTrying(uri, trace, false);
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#next(), restMs);
  }

  async #next(): Promise<void> {
    if (this.#running || this.disposed) return;
    // Nobody waits for this, but for a trace somebody does.
    if (this.#traces.running) {
      if (this.#waiting.length > 0) this.#later();
      return;
    }
    const task = this.#waiting.pop();
    if (!task) return;
    this.#running = task;
    try {
      await this.#try(task);
      this.#tried.add(task.trace);
    } catch (error) {
      if (!isCancelled(error) && !task.abort.signal.aborted) {
        this.#log.error(`Fixes of ${task.uri.fsPath} could not be tried: ${describe(error)}`);
        this.#tried.add(task.trace);
      }
    } finally {
      this.#running = undefined;
      this.#setTrying(task.uri, task.trace, false);
      if (this.#waiting.length > 0) this.#later();
    }
  }

  async #try({ uri, trace, abort }: Task): Promise<void> {
    const { limits } = this.#settings.current;
    const request = { file: uri.fsPath, text: trace.text, limits };
    const engine = { trace: this.#engine.tryOut.bind(this.#engine) };
    const wanted = {
      request,
      run: trace.session,
      cancellation: abort.signal,
      deadline: Date.now() + budgetMs,
      expectedMs: trace.milliseconds,
    };
    for (const traced of trace.functions) {
      for (const [index, finding] of traced.diagnostics.entries()) {
        if (!mayHaveFixes(finding)) continue;
        const fixes = await tryFixes(engine, wanted, traced, index);
        if (abort.signal.aborted) return;
        for (const { title } of fixes) this.#log.info(`${uri.fsPath}:${finding.source.line}: ${title}`);
        trace.addFixes(traced.function, index, fixes);
        this.#traces.learnt(uri, trace);
      }
    }
  }

  #setTrying(uri: vscode.Uri, trace: Trace, trying: boolean): void {
    if (trace.tryingFixes === trying) return;
    trace.tryingFixes = trying;
    this.#traces.learnt(uri, trace);
  }
}
