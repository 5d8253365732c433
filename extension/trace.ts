import type * as vscode from "vscode";
import type { Diagnostic, Fix, FunctionTrace, TraceSummary } from "../engine/process/protocol.ts";
import type { Progress, TraceSession } from "./engine.ts";
import { TextMapping } from "./textMapping.ts";

export interface TraceRun {
  readonly uri: vscode.Uri;
  /** What runs: the document's text when the run began. */
  readonly text: string;
  /** In milliseconds since 1970. */
  readonly begun: number;
  readonly cancel: () => void;
  /** Settles, never rejecting, when the run has ended. */
  readonly ended: Promise<void>;
  readonly onProgress: vscode.Event<Progress>;
}

/** The answer to one run: what everything shown is read from until a newer one replaces it. */
export class Trace {
  readonly id: number;
  readonly text: string;
  readonly session: TraceSession;
  /** How long the run took. */
  readonly milliseconds: number;
  /** Fixes of its findings are being tried. */
  tryingFixes = false;
  readonly #asked: boolean;
  #summary: TraceSummary;
  #diagnostics: readonly Diagnostic[];
  /** When its run began, in milliseconds since 1970: what changed on disk later is not in it. */
  readonly begun: number;
  #mapped:
    { readonly document: vscode.TextDocument; readonly version: number; readonly mapping: TextMapping } | undefined;

  constructor(id: number, run: TraceRun, session: TraceSession, asked: boolean) {
    this.id = id;
    this.text = run.text;
    this.begun = run.begun;
    this.session = session;
    this.milliseconds = Date.now() - run.begun;
    this.#asked = asked;
    this.#summary = session.summary;
    this.#diagnostics = this.#told();
  }

  /** What the run gave, and the fixes that were found since. */
  get summary(): TraceSummary {
    return this.#summary;
  }

  get functions(): readonly FunctionTrace[] {
    return this.#summary.functions;
  }

  /** Findings of the file and of every function. */
  get diagnostics(): readonly Diagnostic[] {
    return this.#diagnostics;
  }

  /** Of the `index`-th finding of a function. */
  addFixes(name: string, index: number, fixes: readonly Fix[]): void {
    const withFixes = (traced: FunctionTrace): FunctionTrace => ({
      ...traced,
      diagnostics: traced.diagnostics.map((found, k) => (k === index ? { ...found, fixes } : found)),
    });
    this.#summary = {
      ...this.#summary,
      functions: this.functions.map((traced) => (traced.function === name ? withFixes(traced) : traced)),
    };
    this.#diagnostics = this.#told();
  }

  #told(): readonly Diagnostic[] {
    const { diagnostics, functions } = this.#summary;
    const all = [...diagnostics, ...functions.flatMap((traced) => traced.diagnostics)];
    // Many a function that returns text has defaults too: only who asks to trace it wants to hear that it's no model.
    return this.#asked ? all : all.filter(({ code }) => code !== "not-a-number-result");
  }

  function(name: string): FunctionTrace | undefined {
    return this.functions.find((candidate) => candidate.function === name);
  }

  /** From the traced text to the document as it is now. */
  mapping(document: vscode.TextDocument): TextMapping {
    const { version } = document;
    // A document that was closed and opened again counts its versions from 1 again.
    if (this.#mapped?.document !== document || this.#mapped.version !== version) {
      this.#mapped = { document, version, mapping: new TextMapping(this.text, document.getText()) };
    }
    return this.#mapped.mapping;
  }
}
