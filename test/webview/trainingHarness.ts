/** The training page in a real browser, as VS Code would load it: see harness.ts. */
import type { Browser, Page } from "playwright-core";
import type { FromTrainingPage, ToTrainingPage } from "../../extension/training/protocol.ts";
import { openDocument, type Theme } from "./document.ts";

export interface TrainingPageOptions {
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
  readonly reducedMotion?: boolean;
}

export interface OpenTrainingPage {
  readonly page: Page;
  /** What the page has sent, oldest first. */
  readonly sent: FromTrainingPage[];
  /** What broke the content security policy or was thrown. Must stay empty. */
  readonly complaints: string[];
  readonly send: (message: ToTrainingPage) => Promise<void>;
  /** Waits for the first message that `wanted` accepts. */
  readonly message: (wanted: (message: FromTrainingPage) => boolean) => Promise<FromTrainingPage>;
}

export async function openTrainingPage(browser: Browser, options: TrainingPageOptions = {}): Promise<OpenTrainingPage> {
  const sent: FromTrainingPage[] = [];
  const { page, complaints, post } = await openDocument(browser, {
    ...options,
    script: "training.js",
    styles: ["codicon.css", "training.css"],
    receive: (message) => {
      sent.push(message as FromTrainingPage);
    },
  });
  const opened: OpenTrainingPage = {
    page,
    sent,
    complaints,
    send: post,
    async message(wanted) {
      for (;;) {
        const found = sent.find(wanted);
        if (found) return found;
        await page.waitForTimeout(20);
      }
    },
  };
  await opened.message(({ type }) => type === "ready");
  await post({ type: "settings", settings: { digits: 4 } } satisfies ToTrainingPage);
  return opened;
}
