/**
 * A page of the extension in a real browser, as VS Code would load it: the built bundle in the extension's own HTML, under its
 * own content security policy, in a theme's own variables.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { page as extensionPage } from "../../extension/panel/html.ts";
import { pack, unpack } from "../../extension/panel/wire.ts";
import themes from "./themes.json" with { type: "json" };

export type Theme = keyof typeof themes;

export type Post = (message: unknown) => Promise<void>;

export interface DocumentOptions {
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
  readonly scale?: number;
  readonly reducedMotion?: boolean;
  /** In dist/webview. */
  readonly script: string;
  readonly styles: readonly string[];
  readonly layoutWorker?: string;
  /** What the page sends, unpacked: the first of it before it is open. */
  readonly receive: (message: unknown, post: Post) => Promise<void> | void;
}

export interface OpenDocument {
  readonly page: Page;
  /** What broke the content security policy or was thrown. Must stay empty. */
  readonly complaints: string[];
  readonly post: Post;
}

const origin = "http://panel.test";
const dist = path.resolve(import.meta.dirname, "../../dist/webview");
const nonce = "harness";

/** VS Code's own sheet for webviews, as far as it matters here. */
const defaultStyles = `
body { background-color: transparent; color: var(--vscode-editor-foreground); font-family: var(--vscode-font-family);
  font-weight: var(--vscode-font-weight); font-size: var(--vscode-font-size); margin: 0; padding: 0 20px; }`;

export async function openDocument(browser: Browser, options: DocumentOptions): Promise<OpenDocument> {
  const { theme = "dark", width = 1400, height = 860, scale = 1 } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: scale,
    reducedMotion: options.reducedMotion === false ? "no-preference" : "reduce",
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  const post: Post = async (message) => {
    await page.evaluate((packed) => window.postMessage(packed), pack(message));
  };
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.exposeFunction("sendToExtension", (packed: unknown) => options.receive(unpack(packed), post));
  await page.addInitScript(() => {
    const scope = window as unknown as Record<string, unknown>;
    scope["acquireVsCodeApi"] = () => ({
      postMessage: (message: unknown) => (scope["sendToExtension"] as (message: unknown) => void)(message),
      getState: (): unknown => JSON.parse(sessionStorage.getItem("state") ?? "null") ?? undefined,
      setState: (state: unknown) => sessionStorage.setItem("state", JSON.stringify(state)),
    });
  });
  await page.route(`${origin}/**`, async (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    if (name === "") return route.fulfill({ contentType: "text/html", body: html(options, theme) });
    return route.fulfill({ contentType: contentType(name), body: await readFile(path.join(dist, name)) });
  });
  await page.goto(`${origin}/`);
  return { page, complaints, post };
}

function html({ script, styles, layoutWorker }: DocumentOptions, theme: Theme): string {
  const document = extensionPage({
    nonce,
    source: origin,
    script: `${origin}/${script}`,
    styles: styles.map((style) => `${origin}/${style}`),
    ...(layoutWorker === undefined ? {} : { layoutWorker: `${origin}/${layoutWorker}` }),
  });
  const variables = Object.entries(themes[theme]).map(([name, value]) => `${name}: ${value};`);
  const sheet = `<style nonce="${nonce}">:root { ${variables.join(" ")} } ${defaultStyles}</style>`;
  const kind = `vscode-${theme}`;
  return document
    .replace("<title>", `${sheet}<title>`)
    .replace("<body", `<body class="${kind}" data-vscode-theme-kind="${kind}"`);
}

function contentType(name: string): string {
  return { ".js": "text/javascript", ".css": "text/css", ".ttf": "font/ttf" }[path.extname(name)] ?? "text/plain";
}
