// `npm run pictures [-- name …]`: makes the pictures in the README from the running product, in a light and a dark theme.
// Imports TypeScript, so it needs the Node that npm scripts run on here.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fail, npm, root, step } from "./steps.mjs";
import { launchBrowser, newPage, openWorkbench } from "../test/host/browser.ts";
import { installExtension, startServer } from "../test/host/server.ts";

const themes = { light: "Default Light Modern", dark: "Default Dark Modern" };

/** One column of a README on an ordinary screen, twice as sharp. */
const size = { width: 1280, height: 760, scale: 1.5 };

const settings = {
  "workbench.activityBar.location": "hidden",
  "workbench.statusBar.visible": true,
  "workbench.layoutControl.enabled": false,
  "window.commandCenter": false,
  "window.menuBarVisibility": "hidden",
  "breadcrumbs.enabled": false,
  "editor.minimap.enabled": false,
  "editor.renderLineHighlight": "none",
  "editor.occurrencesHighlight": "off",
  "editor.scrollbar.vertical": "hidden",
  "editor.scrollbar.horizontal": "hidden",
  "editor.overviewRulerBorder": false,
  "editor.hideCursorInOverviewRuler": true,
  "editor.hover.delay": 100,
};

/** Of the machine that the models run on. A picture is of what a rested one shows. */
const machineSettings = { "adjoint.limits.time": 120 };

/** What is opened, and what is done before the picture is taken. */
const pictures = {
  panel: {
    file: "formula.ts",
    async prepare(page) {
      await lens(page, "Graph").click();
      const card = panel(page).getByText("y / x", { exact: true }).first();
      await card.click();
      await panel(page).getByText("v = a/b").first().waitFor();
      await page.mouse.move(size.width / 4, size.height - 120);
      await page.waitForTimeout(500);
    },
  },
  finding: {
    file: "deep-sigmoid.ts",
    async prepare(page) {
      await lens(page, "Graph").click();
      await panel(page).locator(".card, .group.closed").first().waitFor();
      await drag(page, { from: size.width / 2, to: size.width * 0.32 });
      await panel(page).locator(".findings-count").click();
      await panel(page).locator(".group.open", { hasText: "turns" }).waitFor();
      await panel(page).locator(".fix").first().waitFor({ timeout: 90_000 });
      await page.mouse.move(size.width / 4, size.height - 60);
      await page.waitForTimeout(1000);
    },
  },
  memory: {
    file: "deep-sigmoid.ts",
    async prepare(page) {
      await lens(page, "Graph").click();
      await panel(page).locator(".card, .group.closed").first().waitFor();
      await drag(page, { from: size.width / 2, to: size.width * 0.32 });
      await panel(page).locator("#memory-tab").click();
      await panel(page).locator(".memory-lines .row", { hasText: "sigmoid on line 27" }).last().click();
      await panel(page).locator(".details h2", { hasText: "h" }).waitFor();
      await page.mouse.move(size.width / 4, size.height - 60);
      await page.waitForTimeout(1000);
    },
  },
  training: {
    file: "digits.ts",
    line: 56,
    async prepare(page) {
      await lens(page, "Train").click();
      await panel(page).getByText("Trained for").waitFor({ timeout: 300_000 });
      await drag(page, { from: size.width / 2, to: size.width * 0.38 });
      await panel(page).locator(".plot canvas").last().waitFor();
      await page.mouse.move(size.width / 4, size.height - 40);
      await page.waitForTimeout(1000);
    },
  },
  editor: {
    file: "pendulum.ts",
    async prepare(page) {
      const line = page.locator(".view-line", { hasText: /y\s\+=\sdt/ });
      await line.getByText("y", { exact: true }).first().hover();
      await page.locator(".monaco-hover:visible img").first().waitFor();
      await page.waitForTimeout(500);
    },
  },
};

/** The border between editor and panel. */
async function drag(page, { from, to }) {
  const y = size.height / 2;
  await page.mouse.move(from, y);
  await page.mouse.down();
  await page.mouse.move(to, y, { steps: 8 });
  await page.mouse.up();
}

function lens(page, text) {
  return page.locator(".codelens-decoration a", { hasText: text }).first();
}

/** The document of Adjoint's panel. */
function panel(page) {
  return page.frameLocator("iframe.webview.ready").frameLocator("iframe");
}

async function takePictures() {
  const wanted = process.argv.slice(2);
  await step("Packaging Adjoint", () => npm(["run", "package"], { advice: "The extension could not be packaged." }));
  const profile = await mkdtemp(path.join(tmpdir(), "adjoint-pictures-"));
  const options = {
    dataFolder: path.join(profile, "data"),
    extensionsFolder: path.join(profile, "extensions"),
    settings,
  };
  const browser = await launchBrowser();
  try {
    await installExtension(path.join(root, "adjoint.vsix"), options);
    const server = await startServer(options);
    try {
      for (const [name, { file, line, prepare }] of Object.entries(pictures)) {
        if (wanted.length > 0 && !wanted.includes(name)) continue;
        for (const [shade, theme] of Object.entries(themes)) {
          await step(`${name}-${shade}.webp`, () =>
            takePicture({ server, browser, profile, name, shade, theme, file, line, prepare }),
          );
        }
      }
    } finally {
      await server.stop();
    }
  } finally {
    await browser.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** The extension's package carries the README's pictures: an eighth of the PNG's size. */
async function asWebP(browser, png) {
  const page = await browser.newPage();
  try {
    const url = await page.evaluate(
      async (source) => {
        const bitmap = await createImageBitmap(await (await fetch(source)).blob());
        const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
        canvas.getContext("2d").drawImage(bitmap, 0, 0);
        return canvas.toDataURL("image/webp", 0.75);
      },
      `data:image/png;base64,${png.toString("base64")}`,
    );
    return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
  } finally {
    await page.close();
  }
}

async function takePicture({ server, browser, profile, name, shade, theme, file, line, prepare }) {
  const user = path.join(profile, "data", "data", "User", "settings.json");
  const { calmSettings } = await import("../test/host/settings.ts");
  await writeFile(user, JSON.stringify({ ...calmSettings, ...settings, "workbench.colorTheme": theme }));
  const machine = path.join(profile, "data", "data", "Machine", "settings.json");
  await mkdir(path.dirname(machine), { recursive: true });
  await writeFile(machine, JSON.stringify(machineSettings));
  const page = await newPage(browser, size);
  try {
    const folder = path.join(root, "examples");
    await openWorkbench(page, server.url({ folder, files: [path.join(folder, file)] }));
    await page.keyboard.press("Control+b");
    if (line !== undefined) await goToLine(page, line);
    await lens(page, "Graph").waitFor({ timeout: 60_000 });
    // VS Code's own TypeScript says in the status bar and in hovers that it is not ready yet.
    await page.getByText("Initializing").first().waitFor({ state: "detached", timeout: 60_000 });
    await prepare(page);
    await mkdir(path.join(root, "media"), { recursive: true });
    await writeFile(path.join(root, "media", `${name}-${shade}.webp`), await asWebP(browser, await page.screenshot()));
  } catch (error) {
    await page.screenshot({ path: path.join(root, "test-results", `picture-${name}-${shade}.png`) });
    throw error;
  } finally {
    await page.context().close();
    // What training leaves behind is no part of the examples.
    await rm(path.join(root, "examples", ".adjoint"), { recursive: true, force: true });
  }
}

async function goToLine(page, line) {
  await page.locator(".view-line").first().click();
  await page.keyboard.press("Control+g");
  await page.keyboard.type(String(line));
  await page.keyboard.press("Enter");
}

await takePictures().catch(fail);
