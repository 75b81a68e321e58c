import { expect, test } from "vitest";
import { launchChromium } from "./chromium.ts";

test("the browser of the tests reaches loopback alone", async () => {
  await using browser = await launchChromium();
  const page = await browser.newPage();
  await expect(page.goto("http://example.com/")).rejects.toThrow(/ERR_NAME_NOT_RESOLVED/);
});
