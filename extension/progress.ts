import path from "node:path";
import * as vscode from "vscode";
import { formatCount } from "../engine/process/format.ts";
import { patience } from "./codeLens.ts";
import { Disposable } from "./disposable.ts";
import type { Progress } from "./engine.ts";
import type { TraceRun } from "./trace.ts";
import type { Traces } from "./traces.ts";

/** A run that a person waits for says what it does, and can be stopped. */
export class ProgressNotifications extends Disposable {
  constructor(traces: Traces) {
    super();
    this.register(traces.onDidStart((run) => watch(run)));
  }
}

function watch(run: TraceRun): void {
  let latest: Progress | undefined;
  const listening = run.onProgress((progress) => (latest = progress));
  const timer = setTimeout(() => show(run, latest), patience);
  void run.ended.then(() => {
    clearTimeout(timer);
    listening.dispose();
  });
}

function show(run: TraceRun, latest: Progress | undefined): void {
  const title = `Tracing ${path.basename(run.uri.fsPath)}`;
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  void vscode.window.withProgress(options, async (notification, cancellation) => {
    const report = (progress: Progress) => notification.report({ message: describe(progress) });
    if (latest) report(latest);
    const listening = run.onProgress(report);
    cancellation.onCancellationRequested(() => run.cancel());
    await run.ended;
    listening.dispose();
  });
}

function describe({ stage, function: name, operations }: Progress): string {
  switch (stage) {
    case "loading":
      return "loading the file and what it imports";
    case "running":
      return `running ${name ?? ""}, ${formatCount(operations)} operations`;
    case "differentiating":
      return `differentiating ${name ?? ""}, ${formatCount(operations)} operations`;
    case "checking":
      return `checking ${name ?? ""}`;
    case "training":
      return `training ${name ?? ""}`;
  }
}
