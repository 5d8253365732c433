import type * as vscode from "vscode";
import type { Diagnostic, FunctionTrace } from "../engine/process/protocol.ts";
import type { TraceSession } from "./engine.ts";
import { TextMapping } from "./textMapping.ts";

/** The answer to one run: what everything shown is read from until a newer one replaces it. */
export class Trace {
  readonly id: number;
  readonly text: string;
  readonly session: TraceSession;
  /** Findings of the file and of every function. */
  readonly diagnostics: readonly Diagnostic[];
  #mapped: { readonly version: number; readonly mapping: TextMapping } | undefined;

  constructor(id: number, text: string, session: TraceSession, asked: boolean) {
    this.id = id;
    this.text = text;
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
    if (this.#mapped?.version !== document.version) {
      this.#mapped = { version: document.version, mapping: new TextMapping(this.text, document.getText()) };
    }
    return this.#mapped.mapping;
  }
}
