import * as vscode from "vscode";
import { commands, extensionId } from "../ids.ts";
import type { PanelServices } from "./panel.ts";
import type { PanelAct, SaveRequest } from "./protocol.ts";

/** What the page's buttons do outside of it. */
export async function act(
  name: PanelAct,
  { traces, log }: PanelServices,
  document: vscode.TextDocument | undefined,
): Promise<void> {
  switch (name) {
    case "retrace":
      // With its editor closed, the document is as it was then: what stands on disk now is to run.
      if (document) await traces.run(await vscode.workspace.openTextDocument(document.uri));
      return;
    case "stop":
      traces.stop(document?.uri);
      return;
    case "setUpWorkspace":
      await vscode.commands.executeCommand(commands.setUpWorkspace);
      return;
    case "manageTrust":
      await vscode.commands.executeCommand("workbench.trust.manage");
      return;
    case "openSettings":
      await vscode.commands.executeCommand("workbench.action.openSettings", `@ext:${extensionId}`);
      return;
    case "showLog":
      log.show();
      return;
  }
}

/** Asks where to, and writes it there. False: the person thought better of it. */
export async function savePicture(
  { format, name, data }: SaveRequest,
  beside: vscode.Uri | undefined,
): Promise<boolean> {
  const folder = beside ? vscode.Uri.joinPath(beside, "..") : vscode.workspace.workspaceFolders?.[0]?.uri;
  const safe = `${name.replace(/[^\p{L}\p{N}._ -]+/gu, "-")}.${format}`;
  const uri = await vscode.window.showSaveDialog({
    filters: format === "svg" ? { "SVG picture": ["svg"] } : { "PNG picture": ["png"] },
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, safe) } : {}),
  });
  if (!uri) return false;
  await vscode.workspace.fs.writeFile(uri, typeof data === "string" ? Buffer.from(data) : data);
  return true;
}
