// What the page's tests share → a browser for a file, a fake server and a window for a test.
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { launchChromium } from "../../../test/support/chromium.ts";
import { Fake, type Route } from "./fake.ts";

let browser: Browser | undefined;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
});

export interface Window {
  readonly page: Page;
  readonly fake: Fake;
  /** What the browser complained of: errors, and what the policy refused. */
  readonly complaints: readonly string[];
  [Symbol.asyncDispose](): Promise<void>;
}

export async function windowOn(
  routes: Readonly<Record<string, Route>>,
  path = "/",
  options: BrowserContextOptions = {},
): Promise<Window> {
  if (browser === undefined) throw new Error("No browser.");
  const fake = new Fake(routes);
  await fake.start();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      complaints.push(message.text());
  });
  await page.goto(`${fake.url}${path}`);
  return {
    page,
    fake,
    complaints,
    async [Symbol.asyncDispose](): Promise<void> {
      await context.close();
      await fake[Symbol.asyncDispose]();
    },
  };
}

/** Texts of all elements of that name. */
export function textsOf(page: Page, testid: string): Promise<string[]> {
  return page.getByTestId(testid).allTextContents();
}

export async function expectTexts(
  page: Page,
  testid: string,
  texts: readonly string[],
): Promise<void> {
  await expect.poll(() => textsOf(page, testid)).toEqual(texts);
}
