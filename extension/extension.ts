import * as vscode from "vscode";
import { CodeLens } from "./codeLens.ts";
import { Commands } from "./commands.ts";
import { EngineConnection } from "./engineConnection.ts";
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
  const panels = own(new Panels({ extensionUri, traces, settings, log }));

  const files = languages.map((language) => ({ language, scheme: "file" }));
  own(vscode.languages.registerHoverProvider(files, new HoverProvider(traces, settings, symbols)));
  own(new InlayValues(traces, settings));
  const problems = own(new Problems(traces));
  const trainings = own(new Trainings({ extensionUri, engine, settings, problems, log }));
  own(new TrainingStatus(trainings, traces));
  own(vscode.languages.registerCodeLensProvider(files, own(new CodeLens(traces, settings, symbols, trainings))));
  own(new TypeProblems(traces, symbols));
  own(new ProgressNotifications(traces));
  own(new StatusBar(traces, settings));
  const tests = own(new TestExplorer(engine, settings, log));
  own(new Commands({ traces, settings, panels, tests, trainings, log }));
  own(new SetUp(extension, log));
  traces.start();
}
