/** The one place that knows which file was traced when, what is stale and what runs. Everything a person sees asks it. */
import path from "node:path";
import * as vscode from "vscode";
import type { Question } from "../engine/process/client.ts";
import type { Diagnostic, Outline, Questions } from "../engine/process/protocol.ts";
import { Disposable } from "./disposable.ts";
import type { Engine, Progress } from "./engine.ts";
import { describe, failureOf, isCancelled } from "./failure.ts";
import { FileChanges, type FileChange } from "./fileChanges.ts";
import { hasModel, isModelFile } from "./models.ts";
import { Outlines } from "./outlines.ts";
import type { SettingsStore } from "./settings.ts";
import { Trace, type TraceRun } from "./trace.ts";

export type FileState =
  | { readonly kind: "untraced" }
  | { readonly kind: "tracing"; readonly since: number }
  | { readonly kind: "traced" }
  /** The last run gave no value for any function. */
  | { readonly kind: "failed"; readonly diagnostics: readonly Diagnostic[]; readonly files: readonly string[] };

interface FileEntry {
  readonly uri: vscode.Uri;
  state: FileState;
  /** What it was before it began to be traced. */
  settled: Exclude<FileState, { kind: "tracing" }>;
  /** The last good answer. */
  trace?: Trace;
  /** When a file that ran in its trace has last changed on disk, in milliseconds since 1970. */
  changedAt: number;
  /** When its newest run began, whatever came of it. */
  begun: number;
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
/** Git and generators write many files at once: one run follows when they are through. */
const calmAfterMs = 100;

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
    this.register(this.register(new FileChanges()).onDidChange((change) => this.#changedOnDisk(change)));
    this.register(
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.#edited(document);
        else this.#undone(document);
      }),
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
    for (const entry of this.#files.values()) {
      if (entry.trace?.session.summary.files?.includes(imported.uri.fsPath) && !isOutdated(entry))
        return { model: entry.uri, trace: entry.trace };
    }
    return undefined;
  }

  /** The files whose last trace ran this one as an import. */
  importersOf(imported: vscode.Uri): readonly vscode.Uri[] {
    return [...this.#files.values()]
      .filter(
        ({ uri, trace }) => uri.fsPath !== imported.fsPath && trace?.session.summary.files?.includes(imported.fsPath),
      )
      .map(({ uri }) => uri);
  }

  /** The text, or a file that it imports, is newer than the trace. */
  isStale(document: vscode.TextDocument): boolean {
    const entry = this.#files.get(document.uri.toString());
    if (entry?.trace === undefined) return false;
    return isOutdated(entry) || !entry.trace.mapping(document).identical || unsavedImport(entry) !== undefined;
  }

  /**
   * The name of a file that ran in the document's trace as an import and has changes in an editor: what runs of an import is
   * what is saved, as it is in every other program that loads it.
   */
  unsavedImport({ uri }: vscode.TextDocument): string | undefined {
    const entry = this.#files.get(uri.toString());
    return entry && unsavedImport(entry);
  }

  /** The file and all that ran with it are what they were when it was traced, and no newer trace has come. */
  isCurrent(trace: Trace): boolean {
    const entry = [...this.#files.values()].find((candidate) => candidate.trace === trace);
    if (!entry || isOutdated(entry) || unsavedImport(entry) !== undefined) return false;
    const open = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === entry.uri.toString());
    return !open || trace.mapping(open).identical;
  }

  /** Something has been learnt of a trace since it was made. */
  learnt(uri: vscode.Uri, trace: Trace): void {
    if (this.trace(uri) === trace) this.#changed.fire(uri);
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
    entry.begun = run.begun;
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
  async ask<M extends Question>(trace: Trace, method: M, params: Questions[M][0]): Promise<Questions[M][1]> {
    try {
      return await trace.session.ask(method, params);
    } catch (error) {
      // Of a trace that has been replaced meanwhile nobody waits for an answer.
      if ([...this.#files.values()].some((entry) => entry.trace === trace))
        this.#log.error(`The question for ${method} was not answered: ${describe(error)}`);
      throw error;
    }
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
    for (const { uri } of [...this.#files.values()]) this.#changed.fire(uri);
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
    const begun = Date.now();
    const text = document.getText();
    const file = document.uri.fsPath;
    entry.state = { kind: "tracing", since: begun };
    const run: TraceRun = {
      uri: document.uri,
      text,
      begun,
      cancel: () => abort.abort(),
      onProgress: progressed.event,
      ended: this.#engine
        .trace(
          { file, text, limits: this.#settings.current.limits },
          {
            cancellation: abort.signal,
            onProgress: (progress) => progressed.fire(progress),
          },
        )
        .then(
          (session) => this.#finished(entry, run, new Trace(this.#nextId++, run, session, entry.asked === true)),
          (error: unknown) => {
            if (entry.run !== run) return;
            if (isCancelled(error)) {
              entry.state = entry.settled;
              this.#log.info(`Stopped tracing ${file}.`);
            } else {
              settle(entry, { kind: "failed", diagnostics: failureOf(error, file), files: [] });
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

  #finished(entry: FileEntry, run: TraceRun, trace: Trace): void {
    const { session } = trace;
    if (entry.run !== run || this.#files.get(entry.uri.toString()) !== entry) {
      session.dispose();
      return;
    }
    this.#log.info(`Traced ${entry.uri.fsPath} in ${Date.now() - run.begun} ms: ${summaryLine(trace)}`);
    if (!trace.functions.some(({ value }) => value !== undefined)) {
      const { diagnostics } = trace;
      const { files = [] } = session.summary;
      settle(entry, diagnostics.length > 0 ? { kind: "failed", diagnostics, files } : { kind: "untraced" });
      session.dispose();
      return;
    }
    entry.trace?.session.dispose();
    entry.trace = trace;
    settle(entry, { kind: "traced" });
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
    settle(entry, { kind: "untraced" });
  }

  #entry(uri: vscode.Uri): FileEntry {
    const key = uri.toString();
    let entry = this.#files.get(key);
    if (!entry) {
      const untraced = { kind: "untraced" } as const;
      this.#files.set(key, (entry = { uri, state: untraced, settled: untraced, changedAt: 0, begun: 0, pins: 0 }));
    }
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
      // VS Code keeps a closed document for a while: its trace may be older than what is opened again.
      const isOld = entry.state.kind === "untraced" || (!document.isDirty && this.isStale(document));
      if (isOld && entry.tried !== document.version) void this.#runIfTraceable(document);
    }
  }

  #trusted(): void {
    this.#opened();
    for (const { document } of vscode.window.visibleTextEditors) this.#changed.fire(document.uri);
  }

  #saved(document: vscode.TextDocument): void {
    if (isModelFile(document) && this.#settings.current.traceOnSave) void this.#runIfTraceable(document);
  }

  /** What ran with an older state of a file is outdated, and what failed may have failed over it. */
  #changedOnDisk({ file, at }: FileChange): void {
    for (const entry of [...this.#files.values()]) {
      const open = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === entry.uri.toString());
      // An open document tells itself how its text differs from the one that ran.
      if (open && entry.uri.fsPath === file) continue;
      const { state, trace } = entry;
      const ran = trace !== undefined && (entry.uri.fsPath === file || trace.session.summary.files?.includes(file));
      if (ran === true) {
        entry.changedAt = Math.max(entry.changedAt, at);
        if (isOutdated(entry)) this.#changed.fire(entry.uri);
      }
      const isConcerned = ran === true || (state.kind === "failed" && mayHang(state, file));
      if (open && isConcerned && entry.begun < at) this.#runSoon(entry, open);
    }
  }

  #runSoon(entry: FileEntry, document: vscode.TextDocument): void {
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => {
      const visible = vscode.window.visibleTextEditors.some((editor) => editor.document === document);
      if (visible && this.#settings.current.traceOnSave) void this.run(document, { asked: false });
    }, calmAfterMs);
  }

  #edited(document: vscode.TextDocument): void {
    if (!isModelFile(document)) return;
    const entry = this.#files.get(document.uri.toString());
    if (entry?.trace) this.#changed.fire(document.uri);
    this.#tellImporters(document);
    const { traceOnType, traceDelayMs } = this.#settings.current;
    if (!traceOnType) return;
    const typed = this.#entry(document.uri);
    clearTimeout(typed.timer);
    typed.timer = setTimeout(() => void this.#runIfTraceable(document), traceDelayMs);
  }

  /** What they show is stale while this document has changes that are not saved. */
  #tellImporters(document: vscode.TextDocument): void {
    for (const uri of this.importersOf(document.uri)) this.#changed.fire(uri);
  }

  /** Back to what is saved: no save will follow. That is told apart from the text: with it, a document still counts as saved. */
  #undone(document: vscode.TextDocument): void {
    this.#tellImporters(document);
    const entry = this.#files.get(document.uri.toString());
    if (!entry || document.isDirty || entry.tried === document.version) return;
    if (entry.state.kind === "failed" || this.isStale(document)) this.#runSoon(entry, document);
  }

  /** By itself Adjoint runs only files with something to trace, and never packages. */
  async #runIfTraceable(document: vscode.TextDocument): Promise<void> {
    const { version } = document;
    const entry = this.#entry(document.uri);
    const outline = await this.outline(document);
    if (document.isClosed || document.version !== version) return;
    const unparsed = entry.trace !== undefined && outline.diagnostics.some(({ severity }) => severity === "error");
    if (!hasModel(outline) && !unparsed) return;
    // Two editors of one document open together, and a save may follow a pause in typing.
    if (entry.run?.text === document.getText()) return;
    await this.run(document, { asked: false });
  }
}

function isOutdated({ trace, changedAt }: FileEntry): boolean {
  return trace !== undefined && changedAt > trace.begun;
}

function unsavedImport({ uri, trace }: FileEntry): string | undefined {
  const files = trace?.session.summary.files;
  const found = vscode.workspace.textDocuments.find(
    (open) => open.isDirty && open.uri.fsPath !== uri.fsPath && files?.includes(open.uri.fsPath),
  );
  return found && path.basename(found.uri.fsPath);
}

function settle(entry: FileEntry, state: FileEntry["settled"]): void {
  entry.state = state;
  entry.settled = state;
}

/** Whether a run that failed may have failed over a file: it was part of it, a finding names it, or an import was missing. */
function mayHang({ diagnostics, files }: Extract<FileState, { kind: "failed" }>, file: string): boolean {
  return (
    files.includes(file) || diagnostics.some(({ code, source }) => code === "import-not-found" || source.file === file)
  );
}

function summaryLine(trace: Trace): string {
  const functions = trace.functions.map(
    ({ function: name, value, tape }) => `${name} = ${String(value)} (${tape.operations} operations)`,
  );
  return [...functions, ...trace.diagnostics.map(({ code, message }) => `${code}: ${message}`)].join("; ");
}
