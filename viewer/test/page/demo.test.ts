import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { changedDemo, DEMO, newRoot, startDev, type Dev } from "./demo.ts";
import { openPage, textsOf } from "./setup.ts";

let dev: Dev;
let page: Page;
let complaints: readonly string[];

beforeAll(async () => {
  dev = await startDev(newRoot(), DEMO, true);
  ({ page, complaints } = await openPage(`${dev.url}/`));
});
afterAll(async () => {
  await dev[Symbol.asyncDispose]();
});

test("the demo's traces come in while one looks, tokens and cost on each", async () => {
  await expect.poll(() => page.getByTestId("trace-row").count()).toBe(7);
  const failed = page.locator("[data-testid=trace-row][data-status=error]");
  expect(await failed.count()).toBe(1);
  expect(await failed.getByTestId("cell-tokens").textContent()).toBe("916");
  expect(await failed.getByTestId("cell-cost").textContent()).toBe("$0.0002");
  expect(await page.getByTestId("trace-list").getAttribute("aria-rowcount")).toBe("8");
  await dev.ended;
});

test("the failing call's source has its values on their lines, and the error on its own", async () => {
  await page.keyboard.press("e");
  await page.locator("[data-testid=trace-row][data-status=error]").click();
  const line = (text: string) => page.getByTestId("source-line").filter({ hasText: text });
  await line("async chat({").waitFor();
  expect(await page.getByTestId("source-view").getAttribute("data-state")).toBe("same");
  const value = (text: string): Promise<string[]> =>
    line(text).getByTestId("line-value").allTextContents();
  expect((await value("model,")).join()).toContain('"gpt-4.5-preview"');
  expect((await value("promptCharacters +=")).join()).toMatch(/promptCharacters.*\d{3}/);
  expect((await value("const request = {")).join()).toContain('{"model":"gpt-4.5-preview"');
  const failing = page.locator("[data-testid=source-line][data-failing=true]");
  expect(await failing.textContent()).toContain("this.#client.chat.completions.create(request)");
  expect(await failing.getByTestId("line-error").textContent()).toContain("NotFoundError: 404");
  expect(await page.getByTestId("source-warning").count()).toBe(0);
});

test("instrumented code stands beside it, line by line", async () => {
  await page.getByTestId("source-both").check();
  const lines = page.getByTestId("instrumented-line");
  await expect.poll(() => lines.count()).toBe(await page.getByTestId("source-line").count());
  expect((await lines.locator("ins").allTextContents()).join(" ")).toContain("$promptCharacters");
  await page.getByTestId("source-original").check();
});

test("a model call reads as a chat, and find goes into values", async () => {
  await page.keyboard.press("f");
  await page.keyboard.type("gpt-4.5-preview");
  await expect.poll(() => page.getByTestId("span-row").count()).toBeLessThan(21);
  await page.keyboard.press("Escape");
  await expect.poll(() => page.getByTestId("span-row").count()).toBe(21);
  await page.locator("[data-kind=generation][data-status=success]").first().click();
  await page.keyboard.press("4");
  await expect.poll(() => page.getByTestId("chat-message").count()).toBe(3);
  const roles = page.getByTestId("chat-message");
  expect(
    await roles.evaluateAll((all) => all.map((each) => each.getAttribute("data-role"))),
  ).toEqual(["system", "user", "assistant"]);
  expect(await page.getByTestId("chat-usage").textContent()).toContain("gpt-4o-mini");
});

test("search goes into content, and the list says which term to drop", async () => {
  await page.goto(`${dev.url}/?q=embeddings`);
  await page.getByTestId("trace-row").first().waitFor();
  await page.getByTestId("search-input").fill("embeddings status:running");
  await page.getByTestId("list-no-match").waitFor();
  await page.getByRole("button", { name: /^Without status:running: / }).click();
  await page.getByTestId("trace-row").first().waitFor();
  await page.getByTestId("search-input").fill("stauts:error");
  await expect.poll(() => textsOf(page, "search-error").then(([text]) => text)).toContain("status");
});

test("two runs are compared, locals and all", async () => {
  await page.goto(`${dev.url}/?q=name:question`);
  await page.getByTestId("trace-row").first().waitFor();
  for (const key of ["j", "x", "j", "x", "c"]) await page.keyboard.press(key);
  await page.getByTestId("compare-summary").waitFor();
  expect(await page.getByTestId("compare-row").count()).toBeGreaterThan(3);
  const paths = page.getByTestId("compare-change");
  await expect
    .poll(() =>
      paths.evaluateAll((all) => all.map((each) => each.getAttribute("data-path")).join()),
    )
    .toContain("/input_data/locals/");
});

test("coverage, charts and pipeline are of the demo", async () => {
  await page.goto(`${dev.url}/coverage`);
  const total = page.getByTestId("coverage-total");
  await total.waitFor();
  expect(await total.getAttribute("data-hit")).toBe("12");
  await page.keyboard.press("g");
  await page.keyboard.press("c");
  await page.getByTestId("chart-tokens").locator("canvas").waitFor();
  expect(await page.getByTestId("chart-tokens").getAttribute("aria-label")).toMatch(
    /in [\d,]+ in all/,
  );
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await expect.poll(() => page.getByTestId("pipeline-queue").getAttribute("data-state")).toBe("up");
  expect(await page.getByTestId("pipeline-view").textContent()).toContain("7 stored");
});

test("killed and started again, it has what it had, and tells a source that was changed since", async () => {
  await dev.stop("SIGKILL");
  await page.getByTestId("offline-banner").waitFor();
  const changed = changedDemo(dev.root, "src/model.ts", (text) =>
    text.replace("let promptCharacters = 0;", "let promptCharacters = 1;"),
  );
  const again = await startDev(dev.root, changed, false);
  try {
    await page.goto(`${again.url}/`);
    await expect.poll(() => page.getByTestId("trace-row").count()).toBe(7);
    await page.locator("[data-testid=trace-row][data-status=error]").click();
    const warning = page.getByTestId("source-warning");
    await warning.waitFor();
    expect(await warning.getAttribute("data-state")).toBe("changed");
    // What ran is what is shown.
    expect((await textsOf(page, "line-text")).join("\n")).toContain("let promptCharacters = 0;");
    expect(complaints).toEqual([]);
  } finally {
    await again.stop();
  }
});
