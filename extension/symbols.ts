import path from "node:path";
import * as vscode from "vscode";
import { minimumNode } from "../engine/language/symbols/languageServer.ts";
import { Symbols, type ExportedFunction, type TypeProblem } from "../engine/language/symbols/symbols.ts";
import type { SourceRange } from "../engine/language/instrument/sourceReport.ts";
import { findTypeScriptServer } from "../engine/language/symbols/typescriptServer.ts";
import { fromPosition } from "./convert.ts";
import { Disposable } from "./disposable.ts";
import type { SettingsStore } from "./settings.ts";

interface Known {
  readonly version: number;
  functions: readonly ExportedFunction[] | undefined;
}

/**
 * What TypeScript knows of a document, from a language server of our own: one for each folder, started when first asked and
 * stopped when idle. Every answer may be undefined, and nothing waits for one.
 */
export class TypeScriptSymbols extends Disposable {
  readonly #changed = this.register(new vscode.EventEmitter<void>());
  /** Something that was asked for is known now. */
  readonly onDidChange = this.#changed.event;
  readonly #program: string;
  readonly #settings: SettingsStore;
  readonly #log: vscode.LogOutputChannel;
  readonly #servers = new Map<string, Symbols | undefined>();
  readonly #known = new Map<string, Known>();

  constructor(extensionUri: vscode.Uri, settings: SettingsStore, log: vscode.LogOutputChannel) {
    super();
    this.#program = vscode.Uri.joinPath(extensionUri, "dist", "typescript-language-server", "cli.mjs").fsPath;
    this.#settings = settings;
    this.#log = log;
    this.register(vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#known.delete(uri.toString())));
    this.register(settings.onDidChange(() => this.#settings.current.askTypeScript || this.#stop()));
    // A folder that is trusted now may bring a TypeScript of its own.
    this.register(vscode.workspace.onDidGrantWorkspaceTrust(() => this.#stop()));
  }

  /** The names of exported functions of which TypeScript is sure that what they return has no derivative. Asks, where it is not known yet. */
  withoutDerivative(document: vscode.TextDocument): ReadonlySet<string> {
    const key = document.uri.toString();
    const known = this.#known.get(key);
    if (known?.version !== document.version) void this.#learn(document, known?.functions);
    return new Set(known?.functions?.filter(({ result }) => result === "other").map(({ name }) => name));
  }

  /** Where the name at a position is declared, in this file or another. */
  async declaration(document: vscode.TextDocument, position: vscode.Position): Promise<SourceRange | undefined> {
    return this.#server(document.uri)?.declaration(described(document), fromPosition(position));
  }

  /** The type errors of a document. */
  async problems(document: vscode.TextDocument): Promise<readonly TypeProblem[] | undefined> {
    return this.#server(document.uri)?.problems(described(document));
  }

  override dispose(): void {
    this.#stop();
    super.dispose();
  }

  async #learn(document: vscode.TextDocument, functions: readonly ExportedFunction[] | undefined): Promise<void> {
    const learning: Known = { version: document.version, functions };
    this.#known.set(document.uri.toString(), learning);
    const answer = await this.#server(document.uri)?.functions(described(document));
    if (!answer || this.#known.get(document.uri.toString()) !== learning) return;
    learning.functions = answer;
    this.#changed.fire();
  }

  #server(uri: vscode.Uri): Symbols | undefined {
    if (this.disposed || !this.#settings.current.askTypeScript) return undefined;
    const folder = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath ?? path.dirname(uri.fsPath);
    if (!this.#servers.has(folder)) this.#servers.set(folder, this.#create(folder));
    return this.#servers.get(folder);
  }

  #create(folder: string): Symbols | undefined {
    const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
    if (major < minimumNode[0] || (major === minimumNode[0] && minor < minimumNode[1])) {
      this.#log.info(
        `TypeScript is not asked: that needs a VS Code with Node ${minimumNode.join(".")}, and this one has ${process.versions.node}.`,
      );
      return undefined;
    }
    const typescript = findTypeScriptServer(...typescriptsFor(folder));
    if (!typescript) {
      this.#log.info("TypeScript is not asked: there is no TypeScript 5.4 to 6 in the workspace or in this VS Code.");
      return undefined;
    }
    return new Symbols({ program: this.#program, typescript, folder, log: (sentence) => this.#log.info(sentence) });
  }

  #stop(): void {
    for (const server of this.#servers.values()) void server?.stop();
    this.#servers.clear();
  }
}

function described(document: vscode.TextDocument): { file: string; text: string } {
  return { file: document.uri.fsPath, text: document.getText() };
}

/** The workspace's own TypeScript is code of the workspace's: only where that is trusted. */
function typescriptsFor(folder: string): [folder: string | undefined, fallbacks: string[]] {
  const builtIn = vscode.extensions.getExtension("vscode.typescript-language-features")?.extensionPath;
  const extensions = [...(builtIn ? [path.dirname(builtIn)] : []), path.join(vscode.env.appRoot, "extensions")];
  const fallbacks = extensions.map((place) => path.join(place, "node_modules", "typescript"));
  return [vscode.workspace.isTrusted ? folder : undefined, fallbacks];
}
