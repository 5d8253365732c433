/** The panel's page in a real browser (see document.ts). What the extension would do, the test does. */
import type { Browser, Page } from "playwright-core";
import type { FromPanel, PanelState, ToPanel } from "../../extension/panel/protocol.ts";
import { openDocument, type Post, type Theme } from "./document.ts";

export type { Theme };
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

export async function openPanel(browser: Browser, options: PanelOptions): Promise<OpenPanel> {
  const sent: FromPanel[] = [];
  const answer = async (ask: Ask, send: Post): Promise<void> => {
    const work = options.answer?.(ask) ?? Promise.reject(new Error("Nothing answers here."));
    const result = await work.then(
      (ok) => ({ ok }),
      (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
    );
    await send({ type: "answer", id: ask.id, result } satisfies ToPanel).catch(() => undefined); // the page may be gone
  };
  const { page, complaints, post } = await openDocument(browser, {
    ...options,
    script: "main.js",
    styles: ["codicon.css", "main.css"],
    layoutWorker: "layoutWorker.js",
    receive: async (raw, send) => {
      const message = raw as FromPanel;
      sent.push(message);
      if (message.type === "ready") {
        await send({ type: "settings", settings: { digits: 4, budget: 150 } } satisfies ToPanel);
        await send({ type: "show", state: options.state } satisfies ToPanel);
      } else if (message.type === "ask") await answer(message, send);
    },
  });
  return {
    page,
    sent,
    complaints,
    send: post,
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
