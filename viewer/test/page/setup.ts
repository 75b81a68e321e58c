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
  const fake = new Fake(routes);
  await fake.start();
  const opened = await openPage(`${fake.url}${path}`, options);
  return {
    ...opened,
    fake,
    async [Symbol.asyncDispose](): Promise<void> {
      await opened.page.context().close();
      await fake[Symbol.asyncDispose]();
    },
  };
}

export async function openPage(
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
  if (browser === undefined) throw new Error("No browser.");
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
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
