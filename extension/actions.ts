import path from "node:path";
import * as vscode from "vscode";
import { formatNumber } from "../engine/process/format.ts";
import type { CommandServices } from "./commands.ts";
import { commands, extensionId } from "./ids.ts";
import { trainableModels } from "./models.ts";

interface Action extends vscode.QuickPickItem {
  readonly run?: { readonly command: string; readonly arguments?: readonly unknown[] };
}

/** What a click on the status bar offers. */
export async function showActions({ traces, settings }: CommandServices): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  const actions: Action[] = [];
  if (document) {
    actions.push(...fileActions({ traces, settings }, document));
    for (const { name } of trainableModels(await traces.outline(document)))
      actions.push({
        label: `$(graph-line) Train ${name}`,
        run: { command: commands.train, arguments: [document.uri, name] },
      });
  }
  actions.push(
    { label: "", kind: vscode.QuickPickItemKind.Separator },
    {
      label: "$(symbol-number) Toggle Inlay Values",
      description: `now ${settings.current.inlayValues}`,
      run: { command: commands.toggleInlayValues },
    },
    {
      label: "$(settings-gear) Settings",
      run: { command: "workbench.action.openSettings", arguments: [`@ext:${extensionId}`] },
    },
    { label: "$(output) Show Log", run: { command: commands.showLog } },
    { label: "$(debug-restart) Restart Engine", run: { command: commands.restartEngine } },
    { label: "$(book) Get Started with Adjoint", run: { command: commands.openWalkthrough } },
  );
  const chosen = await vscode.window.showQuickPick(actions, {
    title: "Adjoint",
    placeHolder: document ? path.basename(document.uri.fsPath) : "",
  });
  if (chosen?.run) await vscode.commands.executeCommand(chosen.run.command, ...(chosen.run.arguments ?? []));
}

function fileActions(
  { traces, settings }: Pick<CommandServices, "traces" | "settings">,
  document: vscode.TextDocument,
): Action[] {
  const { uri } = document;
  const state = traces.state(uri);
  const trace = traces.trace(uri);
  const actions: Action[] = [];
  const problem = (state.kind === "failed" ? state.diagnostics : trace?.diagnostics)?.find(
    ({ severity }) => severity !== "information",
  );
  if (problem) {
    const where = `${path.basename(problem.source.file)}:${problem.source.line}`;
    actions.push({
      label: `$(warning) ${problem.message}`,
      description: where,
      run: { command: commands.goTo, arguments: [problem.source] },
    });
  }
  if (state.kind === "tracing")
    actions.push({ label: "$(debug-stop) Stop", run: { command: commands.stop, arguments: [uri] } });
  else
    actions.push({
      label: trace ? "$(refresh) Retrace" : "$(play) Trace",
      run: { command: commands.trace, arguments: [uri] },
    });
  actions.push({ label: "$(beaker) Check Gradients", run: { command: commands.check, arguments: [uri] } });
  for (const { function: name, value } of trace?.functions ?? []) {
    if (value === undefined) continue;
    const description = formatNumber(value, settings.current.digits);
    actions.push({
      label: `$(type-hierarchy) Graph of ${name}`,
      description,
      run: { command: commands.showGraph, arguments: [uri, name] },
    });
  }
  return actions;
}
