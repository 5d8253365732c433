// What integration tests say to the workbench they run in: through VS Code's API where it has one, else through the page itself.
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { suiteSetup, suiteTeardown } from "mocha";
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

/** Closes every editor without saving, and a menu that is open, so that no test sees what another left. */
export async function closeAll(): Promise<void> {
  await dismissMenu();
  await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  await vscode.commands.executeCommand("workbench.action.closeAllEditors");
}

/** Closes the menu that stands over the workbench and takes its clicks, where there is one. */
export async function dismissMenu(): Promise<void> {
  const workbench = await page();
  // Of a menu that has gone, the workbench keeps what it drew until the next one.
  const cover = workbench.locator(".context-view-block").filter({ visible: true });
  await until("no menu over the workbench", async () => {
    if ((await cover.count()) === 0) return true;
    await workbench.keyboard.press("Escape");
    // The menu of quick fixes hears no key where the focus has gone elsewhere, but goes when it is told to.
    await vscode.commands.executeCommand("hideCodeActionWidget");
    return false;
  });
}

/** The running Adjoint, activated. */
export async function adjoint(): Promise<vscode.Extension<unknown>> {
  const extension = vscode.extensions.getExtension("adjoint.adjoint");
  if (!extension) throw new Error("Adjoint is not installed in this VS Code.");
  await extension.activate();
  return extension;
}

/** In a suite: lets models run for so long, since on a busy machine they take longer than a person would wait. */
export function allowRuns(seconds: number): void {
  const limits = vscode.workspace.getConfiguration("adjoint.limits");
  suiteSetup(() => limits.update("time", seconds, vscode.ConfigurationTarget.Global));
  suiteTeardown(() => limits.update("time", undefined, vscode.ConfigurationTarget.Global));
}

/** Waits until `probe` gives a value other than undefined, null and false. `what` names it in the failure. */
export async function until<T>(
  what: string,
  probe: () => Promise<T> | T,
  timeout = 20_000,
): Promise<Exclude<T, undefined | null | false>> {
  const end = Date.now() + timeout;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== null && value !== false) return value as Exclude<T, undefined | null | false>;
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
      if (
        (await frame
          .locator(selector)
          .count()
          .catch(() => 0)) > 0
      )
        return frame;
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

/** The themes that VS Code brings, and the class each gives the workbench. */
const themes = {
  dark: ["Dark 2026", "vs-dark"],
  light: ["Light 2026", "vs"],
  "high-contrast": ["Default High Contrast", "hc-black"],
  "high-contrast-light": ["Default High Contrast Light", "hc-light"],
} as const;

/** Changes the colour theme and waits until it is on the screen. */
export async function theme(name: keyof typeof themes): Promise<void> {
  const [setting, className] = themes[name];
  await vscode.workspace.getConfiguration("workbench").update("colorTheme", setting, vscode.ConfigurationTarget.Global);
  await (await page()).waitForSelector(`.monaco-workbench.${className}[class*="vscode-theme-"]`);
}

/** Photographs what is on the screen in both themes: `<name>-light.png`, `<name>-dark.png`. */
export async function screenshotThemes(name: string): Promise<void> {
  for (const each of ["light", "dark"] as const) {
    await theme(each);
    await screenshot(`${name}-${each}`);
  }
}
