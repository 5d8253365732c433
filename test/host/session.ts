import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Page } from "playwright-core";
import { root } from "../../scripts/steps.mjs";
import { launchBrowser, newPage, openWorkbench, type PageOptions } from "./browser.ts";
import { startServer, type Server } from "./server.ts";

export interface SessionOptions extends PageOptions {
  /** The folder to open. Default: the examples. */
  readonly folder?: string;
  /** Files to open in it, absolute or relative to the folder. */
  readonly files?: readonly string[];
  /** The name of a VS Code colour theme. Default "Dark 2026". */
  readonly theme?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly trusted?: boolean;
}

/** A VS Code with the built extension in it, in a headless browser, to drive through its page. */
export interface Session extends AsyncDisposable {
  readonly page: Page;
  readonly server: Server;
}

/**
 * Opens VS Code with a fresh profile and the extension of this source folder, as last built.
 *
 *     await using session = await openSession({ files: ["formula.ts"], theme: "Light 2026" });
 *     await session.page.screenshot({ path: "/tmp/formula.png" });
 */
export async function openSession(options: SessionOptions = {}): Promise<Session> {
  const {
    folder = path.join(root, "examples"),
    files = [],
    theme = "Dark 2026",
    settings = {},
    trusted = true,
  } = options;
  const profile = await mkdtemp(path.join(tmpdir(), "adjoint-"));
  const stack = new AsyncDisposableStack();
  stack.defer(() => rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  try {
    const extensionsFolder = path.join(profile, "extensions");
    // A link and not an extension in development, which VS Code would mark as such in its title.
    await mkdir(extensionsFolder);
    await symlink(root, path.join(extensionsFolder, "adjoint.adjoint"), "junction");
    const server = await startServer({
      dataFolder: path.join(profile, "data"),
      extensionsFolder,
      trusted,
      settings: { "workbench.colorTheme": theme, ...settings },
    });
    stack.defer(() => server.stop());
    const browser = await launchBrowser();
    stack.defer(() => browser.close());
    const page = await newPage(browser, options);
    await openWorkbench(page, server.url({ folder, files: files.map((file) => path.resolve(folder, file)) }));
    return { page, server, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
