/**
 * The panel's page in a real browser, as VS Code would load it: the built bundle in the extension's own HTML, under its own
 * content security policy, in a theme's own variables. What the extension would do, the test does.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { page as panelPage } from "../../extension/panel/html.ts";
import type { FromPanel, PanelState, ToPanel } from "../../extension/panel/protocol.ts";
import { pack, unpack } from "../../extension/panel/wire.ts";
import themes from "./themes.json" with { type: "json" };

export type Theme = keyof typeof themes;
type Ask = Extract<FromPanel, { type: "ask" }>;

export interface PanelOptions {
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
  readonly scale?: number;
  readonly reducedMotion?: boolean;
  /** What is shown as soon as the page says that it listens. */
  readonly state: PanelState;
  /** Answers the page's questions. A rejection becomes an answer with its message. */
  readonly answer?: (ask: Ask) => Promise<unknown>;
}

export interface OpenPanel {
  readonly page: Page;
  /** What the page has sent, oldest first. */
  readonly sent: FromPanel[];
  /** What broke the content security policy or was thrown. Must stay empty. */
  readonly complaints: string[];
  send(message: ToPanel): Promise<void>;
  /** The text on a card or group, in the order in which it is drawn, without what is hidden. */
  textOf(id: string): Promise<string[]>;
  /** Waits for the first message (from `from` on) that `wanted` accepts. */
  message<Type extends FromPanel["type"]>(type: Type, from?: number): Promise<Extract<FromPanel, { type: Type }>>;
}

const origin = "http://panel.test";
const dist = path.resolve(import.meta.dirname, "../../dist/webview");
const nonce = "harness";

/** VS Code's own sheet for webviews, as far as it matters here. */
const defaultStyles = `
body { background-color: transparent; color: var(--vscode-editor-foreground); font-family: var(--vscode-font-family);
  font-weight: var(--vscode-font-weight); font-size: var(--vscode-font-size); margin: 0; padding: 0 20px; }`;

export async function openPanel(browser: Browser, options: PanelOptions): Promise<OpenPanel> {
  const { theme = "dark", width = 1400, height = 860, scale = 1 } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: scale,
    reducedMotion: options.reducedMotion === false ? "no-preference" : "reduce",
  });
  const page = await context.newPage();
  const sent: FromPanel[] = [];
  const complaints: string[] = [];
  const send = async (message: ToPanel): Promise<void> => {
    await page.evaluate((packed) => window.postMessage(packed), pack(message));
  };
  const answer = async (ask: Ask): Promise<void> => {
    const work = options.answer?.(ask) ?? Promise.reject(new Error("Nothing answers here."));
    const result = await work.then(
      (ok) => ({ ok }),
      (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
    );
    await send({ type: "answer", id: ask.id, result }).catch(() => undefined); // the page may be gone
  };
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.exposeFunction("sendToExtension", async (packed: unknown) => {
    const message = unpack(packed) as FromPanel;
    sent.push(message);
    if (message.type === "ready") {
      await send({ type: "settings", settings: { digits: 4, budget: 150 } });
      await send({ type: "show", state: options.state });
    } else if (message.type === "ask") await answer(message);
  });
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
    if (name === "") return route.fulfill({ contentType: "text/html", body: html(theme) });
    return route.fulfill({ contentType: contentType(name), body: await readFile(path.join(dist, name)) });
  });
  await page.goto(`${origin}/`);
  return {
    page,
    sent,
    complaints,
    send,
    textOf: (id) =>
      page.evaluate(
        (name) =>
          [...document.querySelectorAll(`[data-id="${name}"] > text`)]
            .filter((text) => getComputedStyle(text).display !== "none" && text.textContent !== "")
            .map((text) => text.textContent),
        id,
      ),
    async message(type, from = 0) {
      for (;;) {
        const found = sent.slice(from).find((message) => message.type === type);
        if (found) return found as Extract<FromPanel, { type: typeof type }>;
        await page.waitForTimeout(20);
      }
    },
  };
}

function html(theme: Theme): string {
  const document = panelPage({
    nonce,
    source: origin,
    script: `${origin}/main.js`,
    styles: [`${origin}/codicon.css`, `${origin}/main.css`],
    layoutWorker: `${origin}/layoutWorker.js`,
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
