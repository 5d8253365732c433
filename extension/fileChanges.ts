import * as vscode from "vscode";
import { Disposable } from "./disposable.ts";
import { isModelFile } from "./models.ts";

export interface FileChange {
  /** Absolute path. */
  readonly file: string;
  /** In milliseconds since 1970. */
  readonly at: number;
}

/** Word of every script of the workspace's own that has changed on disk: saved here, or written by Git or a generator. */
export class FileChanges extends Disposable {
  readonly #changed = this.register(new vscode.EventEmitter<FileChange>());
  readonly onDidChange = this.#changed.event;

  constructor() {
    super();
    this.register(
      vscode.workspace.onDidSaveTextDocument((document) => {
        if (isModelFile(document)) this.#fire(document.uri, Date.now());
      }),
    );
    const watcher = this.register(vscode.workspace.createFileSystemWatcher("**/*.{ts,mts,cts,tsx,js,mjs,cjs,jsx}"));
    this.register(watcher.onDidCreate((uri) => void this.#written(uri)));
    this.register(watcher.onDidChange((uri) => void this.#written(uri)));
    this.register(watcher.onDidDelete((uri) => this.#fire(uri, Date.now())));
  }

  /** A save is seen here once more: by the time of the write, a run that it began is known to be newer. */
  async #written(uri: vscode.Uri): Promise<void> {
    if (!isOwn(uri)) return;
    try {
      const { mtime } = await vscode.workspace.fs.stat(uri);
      this.#fire(uri, mtime);
    } catch {
      // It is gone again, of which there is word as well.
    }
  }

  #fire(uri: vscode.Uri, at: number): void {
    if (isOwn(uri) && !this.disposed) this.#changed.fire({ file: uri.fsPath, at });
  }
}

/** What packages bring changes by the thousands, and is no part of a model. */
function isOwn({ scheme, fsPath }: vscode.Uri): boolean {
  return scheme === "file" && !/[\\/]node_modules[\\/]/.test(fsPath);
}
