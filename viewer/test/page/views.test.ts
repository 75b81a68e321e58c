import { expect, test } from "vitest";
import { comparison, counts, coverage, pipeline, stats } from "./example.ts";
import { Refusal, traceRow, type Route } from "./fake.ts";
import { expectTexts, textsOf, windowOn } from "./setup.ts";

test("a comparison folds what is the same and marks the words that changed", async () => {
  await using window = await windowOn({ "/api/compare": () => comparison }, "/compare?a=a&b=b");
  const { page } = window;
  const states = page.getByTestId("compare-row");
  await expect
    .poll(() => states.evaluateAll((rows) => rows.map((row) => row.getAttribute("data-state"))))
    .toEqual(["same", "changed", "removed"]);
  expect(await states.first().textContent()).toContain("6 same");
  const change = page.locator('[data-path="/input_data/locals/context"]');
  expect(await change.getByTestId("change-a").locator("mark").allTextContents()).toEqual(["good"]);
  expect(await change.getByTestId("change-b").locator("mark").allTextContents()).toEqual(["bad"]);
  const extra = page.locator('[data-path="/input_data/locals/extra"]');
  expect(await extra.getByTestId("change-a").textContent()).toContain("not there");
  const summary = await page.getByTestId("compare-summary").textContent();
  expect(summary).toContain("−200 ms · −214 tokens · −$0.00005");
  expect(summary).toContain("source changed in 1");
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  await expect.poll(() => states.count()).toBe(8);
});

test("two marked rows are compared; without two the page says how to mark", async () => {
  const rows = [traceRow({ trace_id: "a" }), traceRow({ trace_id: "b" })];
  const list: Route = () => ({ traces: rows, total: 2, next: null, took_ms: 1 });
  await using window = await windowOn({
    "/api/traces": list,
    "/api/compare": () => comparison,
  });
  const { page } = window;
  await page.getByTestId("trace-row").first().waitFor();
  await page.keyboard.press("c");
  await expect
    .poll(() => page.getByTestId("toast").textContent())
    .toBe("Mark two traces with x, then c.");
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.keyboard.press("c");
  await page.getByTestId("compare-summary").waitFor();
  expect(new URL(page.url()).search).toBe("?a=a&b=b");
  await page.keyboard.press("Escape");
  await page.getByTestId("trace-list").waitFor();
});

test("coverage tells functions that were never hit first, with tag and line", async () => {
  const opened: string[] = [];
  await using window = await windowOn(
    {
      "/api/coverage": () => coverage,
      "/api/open": ({ body }) => opened.push(body),
    },
    "/coverage",
  );
  const { page } = window;
  const total = page.getByTestId("coverage-total");
  await total.waitFor();
  expect(await total.getAttribute("data-hit")).toBe("1");
  expect(await total.getAttribute("data-functions")).toBe("3");
  const rows = page.getByTestId("coverage-row");
  const [first] = await rows.allTextContents();
  expect(first).toContain("never hit");
  expect(first).toContain("src/pay.ts:9");
  expect(first).toContain("/** @track */");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await expect.poll(() => opened).toEqual(['{"file":"src/pay.ts","line":9}']);
  await page.getByTestId("coverage-filter").getByText("skipped").click();
  await expect.poll(() => rows.count()).toBe(1);
  expect(await rows.textContent()).toContain("It uses arguments.");
});

test("without a manifest coverage says how to get one", async () => {
  await using window = await windowOn(
    {
      "/api/coverage": () => ({
        ...coverage,
        functions: [],
        totals: { ...coverage.totals, functions: 0, percent: null },
      }),
    },
    "/coverage",
  );
  await expect
    .poll(() => textsOf(window.page, "coverage-view").then(([text]) => text))
    .toContain("No manifest: compile once with llmops-transformer.");
});

test("charts say their numbers in a sentence and in a table", async () => {
  await using window = await windowOn({ "/api/stats": () => stats }, "/charts");
  const { page } = window;
  await page.getByTestId("chart-tokens").locator("canvas").waitFor();
  const name = await page.getByTestId("chart-tokens").getAttribute("aria-label");
  expect(name).toContain("in 300 in all, at most 200 at once; out 30 in all");
  const cells = page.locator("[data-testid=chart-table][data-chart=latency] td");
  expect(await cells.allTextContents()).toEqual(["50 ms", "90 ms", "100 ms", "180 ms"]);
  expect(await page.locator("[data-chart=cost] td").allTextContents()).toEqual([
    "$0.001",
    "$0.002",
  ]);
  await page.getByTestId("charts-by").selectOption("env");
  await expect.poll(() => new URL(page.url()).searchParams.get("by")).toBe("env");
  expect(window.complaints).toEqual([]);
});

test("the pipeline shows each part, and what fails says so at once", async () => {
  await using window = await windowOn(
    {
      "/api/pipeline": () => pipeline,
      "/api/pipeline/dead": () => ({
        messages: [
          {
            id: "1",
            reason: "not a trace",
            received_at: 1_790_000_000,
            preview: "{oops",
            bytes: 5,
          },
        ],
      }),
      "/api/pipeline/dead/redrive": () => ({}),
    },
    "/pipeline",
  );
  const { page, fake } = window;
  const queue = page.getByTestId("pipeline-queue");
  await queue.waitFor();
  expect(await queue.getAttribute("data-visible")).toBe("3");
  expect(await queue.getAttribute("data-dead")).toBe("2");
  expect(await page.locator("[data-testid=pipeline-sink][data-name=s3]").textContent()).toContain(
    "Access denied",
  );
  await page.getByRole("button", { name: "Send again" }).click();
  await expect
    .poll(() =>
      fake.asked.some(({ url, method }) => url.pathname.endsWith("/redrive") && method === "POST"),
    )
    .toBe(true);
  fake.send("pipeline", {
    ...pipeline,
    queue: { ...pipeline.queue, state: "down" },
    ingest: { ...pipeline.ingest, spool: { ...counts, failed: 1, last_error: "disk full" } },
  });
  await expect.poll(() => queue.getAttribute("data-state")).toBe("down");
  await expect
    .poll(() => textsOf(page, "pipeline-error").then(([text]) => text))
    .toContain("spool: disk full");
});

test.for(["/compare?a=a&b=b", "/coverage", "/charts", "/pipeline", "/traces/t1"])(
  "a failure at %s is told, with a way on",
  async (path) => {
    let failing = true;
    const route: Route = () => {
      if (failing) return new Refusal(500, { code: "internal", message: "The store is busy." });
      return new Refusal(500, { code: "internal", message: "Still busy." });
    };
    await using window = await windowOn({ "/api/*": route }, path);
    const alert = window.page.getByRole("alert");
    await expect.poll(() => alert.textContent()).toContain("The store is busy.");
    failing = false;
    await alert.getByRole("button", { name: "Try again" }).click();
    await expect.poll(() => alert.textContent()).toContain("Still busy.");
  },
);

test("the palette goes to screens and traces by what is typed", async () => {
  await using window = await windowOn({
    "/api/traces": () => ({
      traces: [traceRow({ trace_id: "t9", name: "nine" })],
      total: 1,
      next: null,
      took_ms: 1,
    }),
    "/api/pipeline": () => pipeline,
  });
  const { page } = window;
  await page.getByTestId("trace-row").waitFor();
  await page.keyboard.press("Control+k");
  await page.getByTestId("palette-input").waitFor();
  await page.keyboard.type("pipe");
  await page.keyboard.press("Enter");
  await page.getByTestId("pipeline-view").waitFor();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("zzz");
  await page.getByRole("option", { name: /nine/ }).waitFor();
  await page.keyboard.press("Enter");
  await expect.poll(() => new URL(page.url()).pathname).toBe("/traces/t9");
});

test("keys lead to each screen, the theme and the list of keys", async () => {
  await using window = await windowOn({});
  const { page } = window;
  await page.getByTestId("app").waitFor();
  for (const [key, path] of [
    ["c", "/charts"],
    ["v", "/coverage"],
    ["p", "/pipeline"],
    ["t", "/"],
  ] as const) {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await expect.poll(() => new URL(page.url()).pathname).toBe(path);
  }
  const theme = (): Promise<string | null> => page.locator("html").getAttribute("data-theme");
  await page.keyboard.press("t");
  await expect.poll(theme).toBe("dark");
  await page.reload();
  await expect.poll(theme).toBe("dark");
  await page.getByTestId("theme-toggle").click();
  await expect.poll(theme).toBe("light");
  await page.keyboard.press("?");
  await page.getByTestId("help-dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("help-dialog").waitFor({ state: "detached" });
  await expectTexts(page, "trace-row", []);
});
