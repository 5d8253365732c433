import type * as vscode from "vscode";
import type { Diagnostic, FunctionTrace } from "../engine/process/protocol.ts";
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
  /** Findings of the file and of every function. */
  readonly diagnostics: readonly Diagnostic[];
  /** When its run began, in milliseconds since 1970: what changed on disk later is not in it. */
  readonly begun: number;
  #mapped:
    { readonly document: vscode.TextDocument; readonly version: number; readonly mapping: TextMapping } | undefined;

  constructor(id: number, run: TraceRun, session: TraceSession, asked: boolean) {
    this.id = id;
    this.text = run.text;
    this.begun = run.begun;
    this.session = session;
    const { diagnostics, functions } = session.summary;
    const all = [...diagnostics, ...functions.flatMap((traced) => traced.diagnostics)];
    // Many a function that returns text has defaults too: only who asks to trace it wants to hear that it's no model.
    this.diagnostics = asked ? all : all.filter(({ code }) => code !== "not-a-number-result");
  }

  get functions(): readonly FunctionTrace[] {
    return this.session.summary.functions;
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
