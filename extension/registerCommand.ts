import * as vscode from "vscode";

/** A command that tells its person, and the log, when it fails. */
export function registerCommand(
  id: string,
  log: vscode.LogOutputChannel,
  run: (...values: never[]) => unknown,
): vscode.Disposable {
  return vscode.commands.registerCommand(id, async (...values: never[]) => {
    try {
      await run(...values);
    } catch (error) {
      log.error(error instanceof Error ? error : String(error));
      void vscode.window.showErrorMessage(`Adjoint: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}
