import assert from "node:assert/strict";
import { test } from "node:test";
import { launchBrowser, newPage } from "../host/browser.ts";

test("the browser of the tests draws with WebGL 2 into float textures", async () => {
  const browser = await launchBrowser();
  try {
    const page = await newPage(browser);
    const supported = await page.evaluate(() => {
      const context = document.createElement("canvas").getContext("webgl2");
      return context?.getExtension("EXT_color_buffer_float") !== null && context !== null;
    });
    assert.equal(supported, true);
  } finally {
    await browser.close();
  }
});
