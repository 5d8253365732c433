import * as vscode from "vscode";
import type { ruleVerdict } from "../engine/process/checkSentences.ts";
import type { FunctionCheck } from "../engine/process/protocol.ts";
import { besideLines, failuresOf, kinkLines, ruleFailure, summaryLine, type CheckFailure } from "./checkText.ts";
import { toLocation } from "./convert.ts";

/** Tells a run of the Test Explorer what the check of a function found. */
export function report(run: vscode.TestRun, item: vscode.TestItem, check: FunctionCheck): void {
  const failures = failuresOf(check);
  const reasons = failures.flatMap(({ message }) => message.split("\n").map((line) => `  ${line}`));
  tell(run, item, summaryLine(check), ...kinkLines(check), ...reasons, ...besideLines(check));
  if (check.passed) {
    run.passed(item, check.milliseconds);
    return;
  }
  const messages = failures.map(messageOf);
  if (messages.some(({ actualOutput }) => actualOutput !== undefined)) run.failed(item, messages, check.milliseconds);
  else run.errored(item, messages, check.milliseconds);
}

/** The same of a custom rule, from the checks of all functions of its file. */
export function reportRule(
  run: vscode.TestRun,
  item: vscode.TestItem,
  { executions, culprits }: ReturnType<typeof ruleVerdict>,
): void {
  if (culprits.length > 0) {
    tell(run, item, `✗ ${item.label}`);
    const failures = culprits.map(ruleFailure);
    run.failed(item, failures.map(messageOf));
  } else if (executions > 0) {
    tell(run, item, `✓ ${item.label}: right each time it ran (${executions})`);
    run.passed(item);
  } else {
    tell(run, item, `${item.label}: no differentiable function of this file uses it`);
    run.skipped(item);
  }
}

/** Lines for a run's output. */
function tell(run: vscode.TestRun, item: vscode.TestItem, ...lines: readonly string[]): void {
  run.appendOutput(`${lines.join("\r\n")}\r\n`, undefined, item);
}

function messageOf({ message, expected, actual, source }: CheckFailure): vscode.TestMessage {
  const told = messageAt(message, source);
  if (expected !== undefined && actual !== undefined) {
    told.expectedOutput = expected;
    told.actualOutput = actual;
  }
  return told;
}

export function messageAt(text: string, source: FunctionCheck["source"] | undefined): vscode.TestMessage {
  const message = new vscode.TestMessage(text);
  if (source) message.location = toLocation(source);
  return message;
}
