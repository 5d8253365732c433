// What a person reads in the editor, as text.
import * as vscode from "vscode";
import { page, until } from "./workbench.ts";

/** The lenses of a document, line by line: "1: ∇ 2.127 · ‖∇f‖ 1.864 | Trace | Graph | Check". */
export async function lenses(document: vscode.TextDocument): Promise<string[]> {
  const found = await vscode.commands.executeCommand<vscode.CodeLens[]>(
    "vscode.executeCodeLensProvider",
    document.uri,
    100,
  );
  const lines = new Map<number, string[]>();
  for (const { range, command } of found) {
    if (!command?.command.startsWith("adjoint.") && !command?.command.startsWith("workbench.trust")) continue;
    lines.set(range.start.line + 1, [...(lines.get(range.start.line + 1) ?? []), command.title]);
  }
  return [...lines].map(([line, titles]) => `${line}: ${titles.join(" | ")}`);
}

/** Waits until the lenses match. */
export async function lensesMatching(
  document: vscode.TextDocument,
  pattern: RegExp,
  timeout?: number,
): Promise<string[]> {
  return until(
    `lenses like ${pattern.source}, not ${(await lenses(document)).join("; ")}`,
    async () => {
      const now = await lenses(document);
      return pattern.test(now.join("\n")) && now;
    },
    timeout,
  );
}

/** Where `text` stands, `offset` characters into it. */
export function place(document: vscode.TextDocument, text: string, offset = 0): vscode.Position {
  const index = document.getText().indexOf(text);
  if (index < 0) throw new Error(`${document.fileName} does not contain ${text}`);
  return document.positionAt(index + offset);
}

/** Adjoint's hover at `text`, without its colours, pictures and links. */
export async function hover(document: vscode.TextDocument, text: string, offset = 0): Promise<string> {
  const found = await vscode.commands.executeCommand<vscode.Hover[]>(
    "vscode.executeHoverProvider",
    document.uri,
    place(document, text, offset),
  );
  const ours = found
    .flatMap(({ contents }) => contents as vscode.MarkdownString[])
    .find(({ value }) => value.includes("adjoint.revealInGraph"));
  if (!ours) return "";
  return ours.value
    .replace(/<span[^>]*>(.*?)<\/span>/g, "$1")
    .replace(/!\[([^\]]*)\]\(data:[^)]*\)/g, "[$1]")
    .replace(/\[([^\]]*)\]\(command:[^)]*\)/g, "[$1]")
    .replaceAll("&nbsp;", " ")
    .replace(/ {2,}/g, "  ");
}

/** Adjoint's problems: "2:10 error syntax-error: …". */
export function problems(uri: vscode.Uri): string[] {
  return vscode.languages
    .getDiagnostics(uri)
    .filter(({ source }) => source === "adjoint")
    .map(({ range, severity, code, message }) => {
      const kind = ["error", "warning", "information", "hint"][severity]!;
      return `${range.start.line + 1}:${range.start.character + 1} ${kind} ${code as string}: ${message}`;
    });
}

/** The inlay values on the screen, from top to bottom: "= 7.389 ∂ 0.1192". */
export async function inlayValues(): Promise<string[]> {
  const workbench = await page();
  return workbench.evaluate(() => {
    const values: { top: number; left: number; text: string }[] = [];
    for (const element of document.querySelectorAll(".view-line span")) {
      for (const pseudo of ["::before", "::after"]) {
        const { content } = getComputedStyle(element, pseudo);
        if (!/[=∂]/.test(content)) continue;
        const { top, left } = element.getBoundingClientRect();
        values.push({ top, left, text: content.replace(/^"|"$/g, "").trim() });
      }
    }
    return values.sort((a, b) => a.top - b.top || a.left - b.left).map(({ text }) => text);
  });
}

/** The notifications on the screen, without what only tells of progress. */
export async function notifications(): Promise<string[]> {
  await vscode.commands.executeCommand("notifications.showList");
  const workbench = await page();
  const texts = await workbench.locator(".notification-list-item-message").allInnerTexts();
  await vscode.commands.executeCommand("notifications.hideList");
  return texts.filter((text) => !/^(?:Tracing|Analyzing) /.test(text));
}
