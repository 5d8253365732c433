import * as vscode from "vscode";
import { CodeLens } from "./codeLens.ts";
import { Commands } from "./commands.ts";
import { EngineConnection } from "./engineConnection.ts";
import { FindingActions } from "./findingActions.ts";
import { FixActions } from "./fixes/fixActions.ts";
import { Fixes } from "./fixes/fixes.ts";
import { QuickFixes } from "./fixes/quickFixes.ts";
import { HoverProvider } from "./hover.ts";
import { languages } from "./ids.ts";
import { InlayValues } from "./inlayValues.ts";
import { Panels } from "./panel/panels.ts";
import { Problems } from "./problems.ts";
import { ProgressNotifications } from "./progress.ts";
import { SettingsStore } from "./settings.ts";
import { SetUp } from "./setUp/command.ts";
import { StatusBar } from "./statusBar.ts";
import { TypeScriptSymbols } from "./symbols.ts";
import { TestExplorer } from "./testExplorer.ts";
import { Traces } from "./traces.ts";
import { TrainingStatus } from "./training/status.ts";
import { Trainings } from "./training/trainings.ts";
import { TypeProblems } from "./typeProblems.ts";

export function activate(context: vscode.ExtensionContext): void {
  const own = <Owned extends vscode.Disposable>(owned: Owned): Owned => {
    context.subscriptions.push(owned);
    return owned;
  };
  const { extension, extensionUri } = context;
  const log = own(vscode.window.createOutputChannel("Adjoint", { log: true }));
  const settings = own(new SettingsStore(extension));
  const symbols = own(new TypeScriptSymbols(extensionUri, settings, log));
  const engine = own(new EngineConnection(extensionUri, log));
  const traces = own(new Traces(engine, settings, log));
  const fixActions = own(new FixActions(traces));
  const panels = own(new Panels({ extensionUri, traces, settings, fixActions, log }));

  const files = languages.map((language) => ({ language, scheme: "file" }));
  own(vscode.languages.registerHoverProvider(files, new HoverProvider(traces, settings, symbols)));
  own(new InlayValues(traces, settings));
  own(vscode.languages.registerCodeActionsProvider(files, new QuickFixes(traces), QuickFixes.metadata));
  own(vscode.languages.registerCodeActionsProvider(files, new FindingActions(traces), FindingActions.metadata));
  const problems = own(new Problems(traces));
  const trainings = own(new Trainings({ extensionUri, engine, settings, problems, log }));
  own(new TrainingStatus(trainings, traces));
  own(vscode.languages.registerCodeLensProvider(files, own(new CodeLens(traces, settings, symbols, trainings))));
  own(new TypeProblems(traces, symbols));
  own(new ProgressNotifications(traces));
  own(new StatusBar(traces, settings));
  const tests = own(new TestExplorer({ engine, settings, traces, log, gpuAtHand: () => trainings.gpuAtHand() }));
  own(new Commands({ traces, settings, panels, fixActions, tests, trainings, log }));
  own(new SetUp(extension, log));
  own(new Fixes(engine, traces, settings, log));
  traces.start();
}
