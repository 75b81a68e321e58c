import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { row, spans, traceRoutes as routes } from "./example.ts";
import { spanRow, traceOf } from "./fake.ts";
import { expectTexts, textsOf, windowOn } from "./setup.ts";

const selected = (page: Page): Promise<string | null> =>
  page.locator("[data-testid=span-row][aria-selected=true]").getAttribute("data-span-id");

test("a trace opens at the span that failed first, and rows say what they are", async () => {
  await using window = await windowOn(routes, "/traces/t1");
  const { page } = window;
  await expectTexts(page, "span-name", ["answer", "search", "complete", "chat-1", "chat-2"]);
  expect(await selected(page)).toBe("chat-1");
  const line = page.locator("[data-span-id=chat-1]");
  expect(await line.getAttribute("aria-level")).toBe("3");
  expect(await line.getAttribute("data-status")).toBe("error");
  expect(await line.getAttribute("data-kind")).toBe("generation");
  expect(await page.getByTestId("waterfall").getAttribute("aria-rowcount")).toBe("5");
  expect(await page.locator("[data-span-id=answer]").getByTestId("span-tokens").textContent()).toBe(
    "916",
  );
  expect(await page.getByTestId("trace-summary").textContent()).toContain("916 tokens");
});

test("keys walk, collapse and expand the tree, and go from error to error", async () => {
  await using window = await windowOn(routes, "/traces/t1?span=answer");
  const { page } = window;
  await expect.poll(() => selected(page)).toBe("answer");
  const press = async (...keys: readonly string[]): Promise<void> => {
    for (const key of keys) await page.keyboard.press(key);
  };
  await press("j", "ArrowDown");
  await expect.poll(() => selected(page)).toBe("complete");
  await press("h");
  await expectTexts(page, "span-name", ["answer", "search", "complete"]);
  expect(await page.locator("[data-span-id=complete]").getAttribute("aria-expanded")).toBe("false");
  await press("l", "l");
  await expect.poll(() => selected(page)).toBe("chat-1");
  await press("ArrowLeft");
  await expect.poll(() => selected(page)).toBe("complete");
  await press("k", "n");
  await expect.poll(() => selected(page)).toBe("chat-1");
  await press("Shift+C");
  await expect.poll(() => textsOf(page, "span-name")).toEqual(["answer"]);
  await press("Shift+E");
  await expect.poll(() => page.getByTestId("span-row").count()).toBe(5);
  await expect.poll(() => new URL(page.url()).searchParams.get("span")).toBe("chat-1");
});

test("zoom makes bars wider around the span, and whole again", async () => {
  await using window = await windowOn(routes, "/traces/t1?span=chat-1");
  const { page } = window;
  const width = async (): Promise<number> =>
    (await page.locator("[data-span-id=chat-1]").getByTestId("span-bar").boundingBox())?.width ?? 0;
  await page.locator("[data-span-id=chat-1]").waitFor();
  const before = await width();
  await page.keyboard.press("+");
  await expect.poll(width).toBeGreaterThan(before * 1.8);
  await page.keyboard.press("-");
  await page.keyboard.press("0");
  await expect.poll(width).toBeCloseTo(before, 0);
});

test("find shows the spans whose values have it, under what they are in", async () => {
  await using window = await windowOn(routes, "/traces/t1");
  const { page } = window;
  await page.getByTestId("span-row").first().waitFor();
  await page.keyboard.press("f");
  await page.keyboard.type("3.3");
  await expectTexts(page, "span-name", ["answer", "complete", "chat-2"]);
  await page.keyboard.press("Escape");
  await expect.poll(() => page.getByTestId("span-row").count()).toBe(5);
});

test("the critical path is what the trace waited for", async () => {
  await using window = await windowOn(routes, "/traces/t1");
  const { page } = window;
  await page.getByTestId("critical-path").click();
  const critical = page.locator("[data-testid=span-row][data-critical=true]");
  await expect
    .poll(() =>
      critical.evaluateAll((rows) => rows.map((each) => each.getAttribute("data-span-id"))),
    )
    .toEqual(["answer", "search", "complete", "chat-1", "chat-2"]);
});

test("digits choose tabs, and the address keeps them", async () => {
  await using window = await windowOn(routes, "/traces/t1?span=chat-2&tab=input");
  const { page } = window;
  await page.getByTestId("panel-input").waitFor();
  await expect
    .poll(() => textsOf(page, "json-tree").then((texts) => texts.join()))
    .toContain("total3");
  await page.keyboard.press("4");
  await expectTexts(page, "chat-message", [
    "systemBe brief.",
    "assistantcalls look▾{atmoon",
    "toolresult 1It is there.",
  ]);
  expect(await page.getByTestId("chat-usage").textContent()).toContain("700 input tokens");
  await page.keyboard.press("6");
  await expect.poll(() => page.getByTestId("panel-info").textContent()).toContain("chat-2");
  expect(new URL(page.url()).searchParams.get("tab")).toBe("info");
  await page.goto(`${window.fake.url}/traces/t1?span=search&tab=chat`);
  await page.getByTestId("panel-source").waitFor();
  expect(await page.getByTestId("tab-chat").count()).toBe(0);
});

test("long values show a head and come whole where they are asked for; base64 is folded", async () => {
  await using window = await windowOn(routes, "/traces/t1?span=chat-2&tab=input");
  const { page } = window;
  const more = page.getByTestId("json-more");
  await more.waitFor();
  const length = (): Promise<number> =>
    textsOf(page, "json-tree").then((texts) => texts.join("").length);
  expect(await length()).toBeLessThan(2000);
  await more.click();
  await expect.poll(length).toBeGreaterThan(65_000);
  await more.click();
  await expect.poll(length).toBeGreaterThan(70_000);
  await page.keyboard.press("3");
  await expect.poll(() => more.textContent()).toBe("base64, 600 B: show");
});

test("on a narrow window the span covers the waterfall, and Escape brings it back", async () => {
  await using window = await windowOn(routes, "/traces/t1", {
    viewport: { width: 320, height: 640 },
  });
  const { page } = window;
  const detail = page.getByTestId("span-detail");
  await page.locator("[data-span-id=search]").click();
  await detail.waitFor();
  expect(await page.getByTestId("waterfall").isVisible()).toBe(false);
  await page.keyboard.press("Escape");
  await page.getByTestId("waterfall").waitFor();
  expect(await detail.isVisible()).toBe(false);
});

test("a trace that is not there says so, and leads on", async () => {
  await using window = await windowOn({}, "/traces/none");
  await window.page.getByTestId("trace-missing").getByRole("link").click();
  await expect.poll(() => new URL(window.page.url()).pathname).toBe("/");
});

test("a part that cannot be drawn says so, and the rest goes on", async () => {
  await using window = await windowOn(
    { ...routes, "/api/traces/t1/spans/answer/source": () => ({ not: "a source" }) },
    "/traces/t1?span=answer",
  );
  const { page } = window;
  await page.getByText("This could not be drawn.").waitFor();
  await page.keyboard.press("j");
  await expect.poll(() => selected(page)).toBe("search");
  await page.getByText("This could not be drawn.").waitFor({ state: "detached" });
});

test("an answer that comes late is not shown for the span that was chosen since", async () => {
  let answer: ((span: unknown) => void) | undefined;
  await using window = await windowOn(
    {
      ...routes,
      "/api/traces/t1/spans/search": () => new Promise((resolve) => (answer = resolve)),
    },
    "/traces/t1?span=search&tab=raw",
  );
  const { page } = window;
  await expect.poll(() => answer).toBeDefined();
  await page.keyboard.press("j");
  await expect.poll(() => textsOf(page, "json-tree").then(([text]) => text)).toContain("complete");
  answer?.({ span: { span_id: "late" } });
  await page.keyboard.press("n");
  await expect.poll(() => textsOf(page, "json-tree").then(([text]) => text)).toContain("chat-1");
  expect(await page.getByTestId("json-tree").textContent()).not.toContain("late");
});

test("a trace that goes on while one looks gets its new spans, and keeps the place", async () => {
  await using window = await windowOn(routes, "/traces/t1?span=search");
  const { page, fake } = window;
  await expect.poll(() => page.getByTestId("span-row").count()).toBe(5);
  const more = [...spans, spanRow({ span_id: "late", depth: 1, start: 95, duration_ms: 5 })];
  for (const [path, route] of Object.entries(traceOf(row, more))) fake.routes.set(path, route);
  fake.send("trace", { trace: { ...row, updated: row.updated + 1 } });
  await expect.poll(() => page.getByTestId("span-row").count()).toBe(6);
  expect(await selected(page)).toBe("search");
});
