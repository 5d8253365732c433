/** The one place that knows which file was traced when, what is stale and what runs. Everything a person sees asks it. */
import * as vscode from "vscode";
import type { Diagnostic, Method, Outline, Questions } from "../engine/process/protocol.ts";
import { Disposable } from "./disposable.ts";
import type { Engine, Progress } from "./engine.ts";
import { describe, failureOf, isCancelled } from "./failure.ts";
import { hasModel, isModelFile } from "./models.ts";
import { Outlines } from "./outlines.ts";
import type { SettingsStore } from "./settings.ts";
import { Trace } from "./trace.ts";

export type FileState =
  | { readonly kind: "untraced" }
  | { readonly kind: "tracing"; readonly progress: Progress | undefined; readonly since: number }
  | { readonly kind: "traced" }
  /** The last run gave no value for any function. */
  | { readonly kind: "failed"; readonly diagnostics: readonly Diagnostic[] };

export interface TraceRun {
  readonly uri: vscode.Uri;
  readonly cancel: () => void;
  /** Settles, never rejecting, when the run has ended. */
  readonly ended: Promise<void>;
  readonly onProgress: vscode.Event<Progress>;
}

interface FileEntry {
  readonly uri: vscode.Uri;
  state: FileState;
  /** The last good answer. */
  trace?: Trace;
  outdated: boolean;
  /** The version that ran last, whatever came of it. */
  tried?: number;
  /** The person has asked for this file to be traced; else it was Adjoint's own idea. */
  asked?: boolean;
  run?: TraceRun;
  timer?: NodeJS.Timeout;
  pins: number;
}

/** Each trace holds an engine process with its tape: those not looked at for longest give theirs back. */
const mostSessions = 6;

export class Traces extends Disposable {
  readonly #files = new Map<string, FileEntry>();
  readonly #changed = this.register(new vscode.EventEmitter<vscode.Uri>());
  readonly #started = this.register(new vscode.EventEmitter<TraceRun>());
  /** State, trace or staleness of this file has changed. */
  readonly onDidChange = this.#changed.event;
  readonly onDidStart = this.#started.event;
  readonly #engine: Engine;
  readonly #settings: SettingsStore;
  readonly #log: vscode.LogOutputChannel;
  readonly #outlines: Outlines;
  #nextId = 1;

  constructor(engine: Engine, settings: SettingsStore, log: vscode.LogOutputChannel) {
    super();
    this.#engine = engine;
    this.#settings = settings;
    this.#log = log;
    this.#outlines = this.register(new Outlines(engine, log));
    this.register(vscode.workspace.onDidSaveTextDocument((document) => this.#saved(document)));
    this.register(
      vscode.workspace.onDidChangeTextDocument(
        (event) => event.contentChanges.length > 0 && this.#edited(event.document),
      ),
    );
    this.register(vscode.workspace.onDidCloseTextDocument((document) => this.#drop(document.uri)));
    this.register(vscode.window.onDidChangeVisibleTextEditors(() => this.#opened()));
    this.register(vscode.workspace.onDidGrantWorkspaceTrust(() => this.#trusted()));
  }

  /** Traces what is open already: called once everyone listens. */
  start(): void {
    this.#opened();
  }

  state(uri: vscode.Uri): FileState {
    return this.#files.get(uri.toString())?.state ?? { kind: "untraced" };
  }

  /** The last good answer, whatever has happened since. */
  trace(uri: vscode.Uri): Trace | undefined {
    return this.#files.get(uri.toString())?.trace;
  }

  /** An up-to-date trace of another file that ran this one as an import. */
  through(imported: vscode.TextDocument): { readonly model: vscode.Uri; readonly trace: Trace } | undefined {
    if (imported.isDirty) return undefined;
    for (const { uri, trace, outdated } of this.#files.values()) {
      if (trace && !outdated && trace.session.summary.files?.includes(imported.uri.fsPath))
        return { model: uri, trace };
    }
    return undefined;
  }

  /** The text, or a file that it imports, is newer than the trace. */
  isStale(document: vscode.TextDocument): boolean {
    const entry = this.#files.get(document.uri.toString());
    return entry?.trace !== undefined && (entry.outdated || !entry.trace.mapping(document).identical);
  }

  /** What stands in the document now, without running it. */
  outline(document: vscode.TextDocument): Promise<Outline> {
    return this.#outlines.of(document);
  }

  /** Runs the document's text as it is now, in place of a run of an older text. Settles when it has ended, however. */
  async run(document: vscode.TextDocument, { asked = true } = {}): Promise<void> {
    if (!vscode.workspace.isTrusted || this.disposed) return;
    const entry = this.#entry(document.uri);
    clearTimeout(entry.timer);
    entry.run?.cancel();
    entry.asked = asked || entry.asked === true;
    entry.tried = document.version;
    const run = this.#begin(entry, document);
    entry.run = run;
    this.#started.fire(run);
    this.#changed.fire(entry.uri);
    await run.ended;
  }

  stop(uri?: vscode.Uri): void {
    for (const entry of this.#files.values()) {
      if (!uri || entry.uri.toString() === uri.toString()) entry.run?.cancel();
    }
  }

  get running(): boolean {
    return [...this.#files.values()].some(({ run }) => run !== undefined);
  }

  /** Puts a question about a trace to the engine that holds it. */
  async ask<M extends Exclude<Method, "outline" | "trace" | "check">>(
    trace: Trace,
    method: M,
    params: Questions[M][0],
  ): Promise<Questions[M][1]> {
    return trace.session.ask(method, params);
  }

  /** Keeps a file's trace when its editor closes. */
  pin(uri: vscode.Uri): vscode.Disposable {
    const entry = this.#entry(uri);
    entry.pins++;
    return new vscode.Disposable(() => {
      entry.pins--;
      if (!vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString()))
        this.#drop(uri);
    });
  }

  /** Ends every engine process and traces again what is visible. */
  restart(): void {
    this.stop();
    for (const entry of this.#files.values()) this.#forget(entry);
    this.#engine.restart();
    this.#opened();
  }

  override dispose(): void {
    for (const entry of this.#files.values()) {
      clearTimeout(entry.timer);
      entry.run?.cancel();
      entry.trace?.session.dispose();
    }
    this.#files.clear();
    super.dispose();
  }

  #begin(entry: FileEntry, document: vscode.TextDocument): TraceRun {
    const abort = new AbortController();
    const progressed = new vscode.EventEmitter<Progress>();
    const before = entry.state.kind === "tracing" ? ({ kind: "untraced" } as const) : entry.state;
    const since = Date.now();
    const text = document.getText();
    const file = document.uri.fsPath;
    entry.state = { kind: "tracing", progress: undefined, since };
    const run: TraceRun = {
      uri: document.uri,
      cancel: () => abort.abort(),
      onProgress: progressed.event,
      ended: this.#engine
        .trace(
          { file, text, limits: this.#settings.current.limits },
          {
            cancellation: abort.signal,
            onProgress: (progress) => {
              if (entry.run === run) entry.state = { kind: "tracing", progress, since };
              progressed.fire(progress);
            },
          },
        )
        .then(
          (session) =>
            this.#finished(
              entry,
              run,
              new Trace(this.#nextId++, text, session, entry.asked === true),
              Date.now() - since,
            ),
          (error: unknown) => {
            if (entry.run !== run) return;
            if (isCancelled(error)) {
              entry.state = entry.trace ? { kind: "traced" } : before;
              this.#log.info(`Stopped tracing ${file}.`);
            } else {
              entry.state = { kind: "failed", diagnostics: failureOf(error, file) };
              this.#log.error(`Tracing ${file} failed: ${describe(error)}`);
            }
          },
        )
        .finally(() => {
          progressed.dispose();
          if (entry.run !== run) return;
          delete entry.run;
          this.#changed.fire(entry.uri);
        }),
    };
    return run;
  }

  #finished(entry: FileEntry, run: TraceRun, trace: Trace, milliseconds: number): void {
    const { session } = trace;
    if (entry.run !== run || this.#files.get(entry.uri.toString()) !== entry) {
      session.dispose();
      return;
    }
    this.#log.info(`Traced ${entry.uri.fsPath} in ${milliseconds} ms: ${summaryLine(trace)}`);
    if (!trace.functions.some(({ value }) => value !== undefined)) {
      const { diagnostics } = trace;
      entry.state = diagnostics.length > 0 ? { kind: "failed", diagnostics } : { kind: "untraced" };
      session.dispose();
      return;
    }
    entry.trace?.session.dispose();
    entry.trace = trace;
    entry.outdated = false;
    entry.state = { kind: "traced" };
    // Insertion order is the order of last use.
    this.#files.delete(entry.uri.toString());
    this.#files.set(entry.uri.toString(), entry);
    this.#giveBack();
  }

  #giveBack(): void {
    const visible = new Set(vscode.window.visibleTextEditors.map(({ document }) => document.uri.toString()));
    const holding = [...this.#files.values()].filter(({ trace }) => trace);
    const idle = holding.filter(({ uri, pins }) => pins === 0 && !visible.has(uri.toString()));
    for (const entry of idle.slice(0, Math.max(0, holding.length - mostSessions))) {
      this.#forget(entry);
      this.#changed.fire(entry.uri);
    }
  }

  #forget(entry: FileEntry): void {
    entry.trace?.session.dispose();
    delete entry.trace;
    delete entry.tried;
    entry.state = { kind: "untraced" };
  }

  #entry(uri: vscode.Uri): FileEntry {
    const key = uri.toString();
    let entry = this.#files.get(key);
    if (!entry) this.#files.set(key, (entry = { uri, state: { kind: "untraced" }, outdated: false, pins: 0 }));
    return entry;
  }

  #drop(uri: vscode.Uri): void {
    const entry = this.#files.get(uri.toString());
    if (!entry || entry.pins > 0) return;
    clearTimeout(entry.timer);
    entry.run?.cancel();
    this.#files.delete(uri.toString());
    this.#forget(entry);
    this.#changed.fire(uri);
  }

  #opened(): void {
    if (!vscode.workspace.isTrusted) return;
    for (const { document } of vscode.window.visibleTextEditors) {
      if (!isModelFile(document) || !this.#settings.current.traceOnOpen) continue;
      const entry = this.#entry(document.uri);
      if (entry.state.kind === "untraced" && entry.tried !== document.version) void this.#runIfTraceable(document);
    }
  }

  #trusted(): void {
    this.#opened();
    for (const { document } of vscode.window.visibleTextEditors) this.#changed.fire(document.uri);
  }

  #saved(document: vscode.TextDocument): void {
    if (!isModelFile(document)) return;
    if (this.#settings.current.traceOnSave) void this.#runIfTraceable(document);
    for (const entry of this.#files.values()) {
      if (!entry.trace || entry.uri.toString() === document.uri.toString()) continue;
      if (entry.trace.session.summary.files?.includes(document.uri.fsPath)) this.#importChanged(entry);
    }
  }

  #importChanged(entry: FileEntry): void {
    entry.outdated = true;
    this.#changed.fire(entry.uri);
    const visible = vscode.window.visibleTextEditors.find(
      ({ document }) => document.uri.toString() === entry.uri.toString(),
    );
    if (visible && this.#settings.current.traceOnSave) void this.run(visible.document, { asked: false });
  }

  #edited(document: vscode.TextDocument): void {
    if (!isModelFile(document)) return;
    const entry = this.#files.get(document.uri.toString());
    if (entry?.trace) this.#changed.fire(document.uri);
    const { traceOnType, traceDelayMs } = this.#settings.current;
    if (!traceOnType) return;
    const typed = this.#entry(document.uri);
    clearTimeout(typed.timer);
    typed.timer = setTimeout(() => void this.#runIfTraceable(document), traceDelayMs);
  }

  /** By itself Adjoint runs only files with something to trace, and never packages. */
  async #runIfTraceable(document: vscode.TextDocument): Promise<void> {
    const { version } = document;
    const entry = this.#entry(document.uri);
    const outline = await this.outline(document);
    if (document.isClosed || document.version !== version) return;
    const unparsed = entry.trace !== undefined && outline.diagnostics.some(({ severity }) => severity === "error");
    if (!hasModel(outline) && !unparsed) return;
    if (entry.run && entry.state.kind === "tracing" && entry.trace?.text === document.getText()) return;
    await this.run(document, { asked: false });
  }
}

function summaryLine(trace: Trace): string {
  const functions = trace.functions.map(
    ({ function: name, value, tape }) => `${name} = ${String(value)} (${tape.operations} operations)`,
  );
  return [...functions, ...trace.diagnostics.map(({ code, message }) => `${code}: ${message}`)].join("; ");
}
