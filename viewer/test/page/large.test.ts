import { expect, test } from "vitest";
import { spanRow, traceOf, traceRow } from "./fake.ts";
import { windowOn } from "./setup.ts";

/** As many as the contract says, where that is asked for. */
const COUNT = process.env.VIEWER === "long" ? 30_000 : 6000;

const spans = Array.from({ length: COUNT }, (_, index) =>
  spanRow({
    span_id: `s${index}`,
    name: `step ${index}`,
    depth: index === 0 ? 0 : 1 + (index % 7),
    start: index,
    duration_ms: 5 + (index % 40),
    child_count: index === 0 ? COUNT - 1 : Number(index % 7 < 6),
    status: index % 997 === 996 ? "error" : "success",
  }),
);

test("a large trace shows its first rows alone, draws few, and scrolls from end to end without long tasks", async () => {
  await using window = await windowOn(
    traceOf(traceRow({ trace_id: "t1", duration_ms: COUNT, spans: COUNT }), spans),
    "/traces/t1?span=s0&tab=info",
  );
  const { page, fake } = window;
  const waterfall = page.getByTestId("waterfall");
  await page.getByTestId("span-row").first().waitFor();
  const limits = fake.asked
    .filter(({ url }) => url.pathname === "/api/traces/t1/spans")
    .map(({ url }) => Number(url.searchParams.get("limit")));
  expect(limits[0]).toBeLessThanOrEqual(1000);
  // All of it is there.
  const height = (): Promise<number> => waterfall.evaluate((element) => element.scrollHeight);
  await expect.poll(height).toBe(COUNT * 24);
  expect(await waterfall.getAttribute("aria-rowcount")).toBe(String(COUNT));
  await page.evaluate(`
    globalThis.tasks = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) globalThis.tasks.push(entry.duration);
    }).observe({ type: "longtask" });
  `);
  await waterfall.hover();
  for (let step = 0; step < 20; step += 1) {
    await page.mouse.wheel(0, (COUNT * 24) / 20 + 1);
    await expect.poll(() => waterfall.evaluate((element) => element.scrollTop)).toBeGreaterThan(0);
    expect(await waterfall.locator("*").count()).toBeLessThanOrEqual(1500);
  }
  await page.locator(`[data-span-id=s${COUNT - 1}]`).waitFor();
  // The selected row stays in the document, with the focus.
  expect(await page.locator("[data-span-id=s0]").count()).toBe(1);
  const tasks = (await page.evaluate("globalThis.tasks")) as number[];
  console.log(`long tasks while scrolling ${COUNT} spans:`, tasks.map(Math.round));
  await page.keyboard.press("Shift+C");
  await expect.poll(() => page.getByTestId("span-row").count()).toBe(1);
  await page.keyboard.press("Shift+E");
  await expect.poll(height).toBe(COUNT * 24);
  await page.keyboard.press("End");
  await page.locator(`[data-span-id=s${COUNT - 1}][aria-selected=true]`).waitFor();
  expect(window.complaints).toEqual([]);
});
