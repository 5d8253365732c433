// What integration tests say to the workbench they run in: through VS Code's API where it has one, else through the page itself.
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { chromium, type Frame, type Page } from "playwright-core";
import * as vscode from "vscode";

/** The repository this extension is built from. */
export const root = process.env["ADJOINT_TEST_ROOT"]!;

/** A file of the opened workspace, such as `examples/formula.ts`. */
export function file(name: string): vscode.Uri {
  return vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, name);
}

/** Opens `name` of the workspace in an editor. */
export async function open(name: string): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(file(name), { preview: false });
}

/** Closes every editor without saving, so that no test sees what another left open. */
export async function closeAll(): Promise<void> {
  await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  await vscode.commands.executeCommand("workbench.action.closeAllEditors");
}

/** The running Adjoint, activated. */
export async function adjoint(): Promise<vscode.Extension<unknown>> {
  const extension = vscode.extensions.getExtension("adjoint.adjoint");
  if (!extension) throw new Error("Adjoint is not installed in this VS Code.");
  await extension.activate();
  return extension;
}

/** Waits until `probe` gives a value other than undefined, null and false. `what` names it in the failure. */
export async function until<T>(what: string, probe: () => Promise<T> | T, timeout = 20_000): Promise<NonNullable<T>> {
  const end = Date.now() + timeout;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > end) throw new Error(`Waited ${timeout} ms for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

let connected: Promise<Page> | undefined;

/** The page that shows this very workbench. */
export function page(): Promise<Page> {
  connected ??= connect();
  return connected;
}

async function connect(): Promise<Page> {
  const browser = await chromium.connectOverCDP(process.env["ADJOINT_TEST_CDP"]!);
  const pages = browser.contexts().flatMap((context) => context.pages());
  const workbench = pages.find((candidate) => /^http:\/\/127\.0\.0\.1|workbench\.html/.test(candidate.url()));
  if (!workbench) throw new Error(`No workbench among ${pages.map((candidate) => candidate.url()).join(", ")}`);
  return workbench;
}

/** The document of Adjoint's own webview, once it holds an element that matches `selector`. */
export async function webview(selector: string): Promise<Frame> {
  const workbench = await page();
  return until(`a webview with ${selector}`, async () => {
    for (const frame of workbench.frames()) {
      if (!frame.parentFrame()?.url().includes("extensionId=adjoint.adjoint")) continue;
      if ((await frame.locator(selector).count().catch(() => 0)) > 0) return frame;
    }
    return undefined;
  });
}

/** Writes what is on the screen to `test-results/screenshots/<name>.png`. */
export async function screenshot(name: string): Promise<void> {
  const folder = process.env["ADJOINT_TEST_SCREENSHOTS"]!;
  await mkdir(folder, { recursive: true });
  await (await page()).screenshot({ path: path.join(folder, `${name}.png`) });
}

/** The names of themes that VS Code brings. */
export type Theme = "Default Dark Modern" | "Default Light Modern" | "Default High Contrast" | "Default High Contrast Light";

/** Changes the colour theme and waits until it is on the screen. */
export async function theme(name: Theme): Promise<void> {
  await vscode.workspace.getConfiguration("workbench").update("colorTheme", name, vscode.ConfigurationTarget.Global);
  const wanted = { "Default Dark Modern": "vs-dark", "Default Light Modern": "vs", "Default High Contrast": "hc-black", "Default High Contrast Light": "hc-light" }[name];
  await (await page()).waitForSelector(`.monaco-workbench.${wanted}`);
}

/** Runs `action` in a dark and in a light theme and photographs each: `<name>-dark.png`, `<name>-light.png`. */
export async function screenshotThemes(name: string): Promise<void> {
  await theme("Default Light Modern");
  await screenshot(`${name}-light`);
  await theme("Default Dark Modern");
  await screenshot(`${name}-dark`);
}
