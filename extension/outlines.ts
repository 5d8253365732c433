import * as vscode from "vscode";
import type { Outline } from "../engine/process/protocol.ts";
import { Disposable } from "./disposable.ts";
import type { Engine } from "./engine.ts";
import { describe } from "./failure.ts";
import { TextMapping } from "./textMapping.ts";

interface Good {
  readonly text: string;
  readonly outline: Outline;
}

interface Known {
  readonly version: number;
  readonly answer: Promise<Outline>;
  good?: Good;
}

/** What stands in each open document, asked once for each of its versions. */
export class Outlines extends Disposable {
  readonly #engine: Engine;
  readonly #log: vscode.LogOutputChannel;
  readonly #known = new Map<string, Known>();

  constructor(engine: Engine, log: vscode.LogOutputChannel) {
    super();
    this.#engine = engine;
    this.#log = log;
    this.register(vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#known.delete(uri.toString())));
  }

  of(document: vscode.TextDocument): Promise<Outline> {
    const key = document.uri.toString();
    const before = this.#known.get(key);
    if (before?.version === document.version) return before.answer;
    const text = document.getText();
    const answer = this.#engine.outline(document.uri.fsPath, text).then(
      (outline) => {
        // While a person types, the text often doesn't parse: what stood there a moment ago still stands for it.
        if (outline.functions.length === 0 && outline.diagnostics.length > 0 && known.good) {
          return shifted(known.good, text, outline);
        }
        known.good = { text, outline };
        return outline;
      },
      (error: unknown) => {
        this.#log.error(`${document.uri.fsPath} could not be read: ${describe(error)}`);
        return known.good?.outline ?? { functions: [], diagnostics: [] };
      },
    );
    const known: Known = { version: document.version, answer, ...(before?.good ? { good: before.good } : {}) };
    this.#known.set(key, known);
    return answer;
  }
}

/** The functions of an older text, where they stand in this one. */
function shifted(last: Good, text: string, now: Outline): Outline {
  const mapping = new TextMapping(last.text, text);
  const functions = last.outline.functions.flatMap((outline) => {
    const nameSource = mapping.forwardRange(outline.nameSource);
    const source = mapping.forwardRange(outline.source) ?? nameSource;
    return nameSource && source ? [{ ...outline, nameSource, source }] : [];
  });
  return { functions, diagnostics: now.diagnostics };
}
