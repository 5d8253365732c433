import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { ensureChromium } from "../../scripts/chromium.mjs";

/** Software WebGL, and nothing that reaches out of the machine by itself. */
const launchFlags = [
  "--no-sandbox",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--ignore-gpu-blocklist",
  "--enable-unsafe-webgpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

export interface BrowserOptions {
  /** Also listens here for Chromium's debugging protocol, so that a second process can drive the same pages. */
  readonly debuggingPort?: number;
}

/** Starts a headless Chrome or Chromium. */
export async function launchBrowser({ debuggingPort }: BrowserOptions = {}): Promise<Browser> {
  const { executablePath, env } = await ensureChromium();
  const args =
    debuggingPort === undefined ? launchFlags : [...launchFlags, `--remote-debugging-port=${String(debuggingPort)}`];
  return chromium.launch({ executablePath, args, env: { ...environment(), ...env }, headless: true });
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  /** Device pixels per CSS pixel; 2 gives sharp pictures. */
  readonly scale?: number;
}

/** A page as large as an ordinary laptop's window. */
export async function newPage(
  browser: Browser,
  { width = 1440, height = 900, scale = 1 }: PageOptions = {},
): Promise<Page> {
  const context: BrowserContext = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: scale });
  return context.newPage();
}

/** Opens a VS Code at `url` (see `Server.url`) and waits until it looks as it will: before, icons and colours are provisional. */
export async function openWorkbench(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.waitForSelector('.monaco-workbench.file-icons-enabled[class*="vscode-theme-"]', { timeout: 60_000 });
  await page.waitForSelector(".monaco-workbench .explorer-folders-view .monaco-list-row", { timeout: 60_000 });
}

function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
