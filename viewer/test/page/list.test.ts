import { expect, test } from "vitest";
import { listOf, Refusal, TAKEN, traceOf, traceRow, spanRow, type Route } from "./fake.ts";
import { expectTexts, textsOf, windowOn } from "./setup.ts";

const rows = Array.from({ length: 1200 }, (_, index) =>
  traceRow({
    trace_id: `t${index}`,
    name: `question ${index}`,
    started: 1_790_000_000 - index,
    ...(index === 1
      ? { status: "error" as const, error: { type: "CardError", message: "declined" } }
      : {}),
  }),
);

const [first = traceRow({ trace_id: "t0" })] = rows;
const routes: Record<string, Route> = {
  ...listOf(rows),
  ...traceOf(first, [spanRow({ span_id: "s1" })]),
};

test("a row says what a trace did: name, status in words, numbers with units", async () => {
  await using window = await windowOn(routes);
  const { page } = window;
  const row = page.locator("[data-trace-id=t1]");
  await row.waitFor();
  expect(await page.getByTestId("trace-list").getAttribute("aria-rowcount")).toBe("1201");
  expect(await row.getAttribute("data-status")).toBe("error");
  expect(await row.getByTestId("cell-status").textContent()).toContain("error");
  expect(await row.getByTestId("cell-duration").textContent()).toBe("2.10 s");
  expect(await row.getByTestId("cell-tokens").textContent()).toBe("916");
  expect(await row.getByTestId("cell-cost").textContent()).toBe("$0.0002");
  expect(await page.getByTestId("app").getAttribute("data-state")).toBe("ready");
  expect(window.complaints).toEqual([]);
});

test("scrolled to its end, the list has asked for all rows and draws few", async () => {
  await using window = await windowOn(routes);
  const { page } = window;
  await page.getByTestId("trace-row").first().waitFor();
  await page.getByTestId("trace-list").evaluate((list) => (list.scrollTop = list.scrollHeight));
  await page.locator("[data-trace-id=t1199]").waitFor();
  expect(await page.getByTestId("trace-row").count()).toBeLessThan(80);
});

test("keys walk the rows, open one, and back brings the focus to it again", async () => {
  await using window = await windowOn(routes);
  const { page } = window;
  await page.getByTestId("trace-row").first().waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  await page.getByTestId("trace-title").waitFor();
  expect(new URL(page.url()).pathname).toBe("/traces/t0");
  await page.keyboard.press("Escape");
  await page.getByTestId("trace-list").waitFor();
  const focused = page.locator("[data-testid=trace-row]:focus");
  await expect.poll(() => focused.getAttribute("data-trace-id")).toBe("t0");
});

test("the search is in the address, and the address in the search", async () => {
  await using window = await windowOn(routes, "/?q=question%2077");
  const { page } = window;
  await expect.poll(() => textsOf(page, "cell-name").then(([name]) => name)).toBe("question 77");
  expect(await page.getByTestId("search-input").inputValue()).toBe("question 77");
  await page.keyboard.press("/");
  await page.keyboard.type("question 118");
  await expect.poll(() => new URL(page.url()).searchParams.get("q")).toBe("question 118");
  await expect.poll(() => textsOf(page, "cell-name").then(([name]) => name)).toBe("question 118");
  // Single keys are text in there.
  await page.keyboard.type("xe?t");
  expect(await page.getByTestId("search-input").inputValue()).toBe("question 118xe?t");
  await page.getByTestId("list-no-match").waitFor();
  await page.getByRole("button", { name: "Without 118xe?t: 1,200" }).click();
  await expect.poll(() => page.getByTestId("search-input").inputValue()).toBe("question");
});

test("a menu writes its term, which stands as a chip and goes with it", async () => {
  const asked: (string | null)[] = [];
  const list = listOf(rows);
  const traces: Route = (one, response) => {
    asked.push(one.url.searchParams.get("q"));
    one.url.searchParams.delete("q");
    return list["/api/traces"]?.(one, response);
  };
  await using window = await windowOn({ ...routes, "/api/traces": traces });
  const { page } = window;
  await page.getByTestId("filter-model").click();
  await page.getByRole("option", { name: /gpt-4o-mini/ }).waitFor();
  await page.keyboard.press("Enter");
  await expect.poll(() => asked.at(-1)).toBe("model:gpt-4o-mini");
  const option = page.getByTestId("filter-option");
  await expect.poll(() => option.getAttribute("aria-selected")).toBe("true");
  await page.keyboard.press("Escape");
  expect(await page.getByTestId("filter-chip").getAttribute("data-term")).toBe("model:gpt-4o-mini");
  await page.getByRole("button", { name: "Without model:gpt-4o-mini" }).click();
  await expect.poll(() => asked.at(-1)).toBe(null);
  await expectTexts(page, "filter-chip", []);
});

test("new traces slide in at the top; scrolled or paused, they wait", async () => {
  await using window = await windowOn(routes);
  const { page, fake } = window;
  const name = (): Promise<string | undefined> => textsOf(page, "cell-name").then(([text]) => text);
  await expect.poll(name).toBe("question 0");
  fake.send("trace", {
    trace: traceRow({ trace_id: "n1", name: "new 1", started: 1_790_000_100 }),
  });
  await expect.poll(name).toBe("new 1");
  await page.keyboard.press("p");
  expect(await page.getByTestId("live-toggle").getAttribute("aria-pressed")).toBe("false");
  fake.send("trace", {
    trace: traceRow({ trace_id: "n2", name: "new 2", started: 1_790_000_200 }),
  });
  await expect.poll(() => page.getByTestId("new-traces").textContent()).toContain("1 new");
  expect(await name()).toBe("new 1");
  fake.routes.set("/api/traces", () => ({
    traces: [traceRow({ trace_id: "n2", name: "new 2" }), ...rows.slice(0, 50)],
    total: 51,
    next: null,
    took_ms: 1,
  }));
  await page.keyboard.press("p");
  await expect.poll(name).toBe("new 2");
  expect(await page.getByTestId("new-traces").count()).toBe(0);
});

test("what fails is told with what to do, and tried again", async () => {
  let failing = true;
  const list = listOf(rows);
  const traces: Route = (asked, response) =>
    failing
      ? new Refusal(500, { code: "internal", message: "The store is busy." })
      : list["/api/traces"]?.(asked, response);
  await using window = await windowOn({ ...routes, "/api/traces": traces });
  const { page } = window;
  await expect
    .poll(() => textsOf(page, "list-error").then(([text]) => text))
    .toContain("The store is busy.");
  await expect.poll(() => page.getByTestId("app").getAttribute("data-state")).toBe("error");
  failing = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByTestId("trace-row").first().waitFor();
  await expect.poll(() => page.getByTestId("app").getAttribute("data-state")).toBe("ready");
});

test("a query that cannot be read keeps the rows and says where it is wrong", async () => {
  const list = listOf(rows);
  const traces: Route = (asked, response) =>
    asked.url.searchParams.get("q") === "stauts:error"
      ? new Refusal(400, {
          code: "bad_query",
          message: "There is no field stauts.",
          hint: "Did you mean status?",
          position: 0,
        })
      : list["/api/traces"]?.(asked, response);
  await using window = await windowOn({ ...routes, "/api/traces": traces });
  const { page } = window;
  await page.getByTestId("trace-row").first().waitFor();
  await page.getByTestId("search-input").fill("stauts:error");
  await expect
    .poll(() => textsOf(page, "search-error").then(([text]) => text))
    .toContain("Did you mean status?");
  expect(await page.getByTestId("trace-row").count()).toBeGreaterThan(0);
});

test("an empty list says how to begin and where traces lie", async () => {
  await using window = await windowOn(listOf([]));
  const { page } = window;
  const empty = page.getByTestId("list-empty");
  await expect.poll(() => empty.textContent()).toContain("npx llmops dev -- npm start");
  await expect.poll(() => empty.textContent()).toContain("/home/me/app/.llmops/dev.db");
});

test("a list that is long in coming shows a skeleton, and nothing moves when it comes", async () => {
  let answer: (() => void) | undefined;
  const traces: Route = (_, response) => {
    answer = () => response.end(JSON.stringify({ traces: [], total: 0, next: null, took_ms: 1 }));
    return TAKEN;
  };
  await using window = await windowOn({ ...listOf([]), "/api/traces": traces });
  const { page } = window;
  await page.getByTestId("list-loading").waitFor();
  await expect.poll(() => answer).toBeDefined();
  answer?.();
  await page.getByTestId("list-empty").waitFor();
});

test("without the server the page says so, keeps what it has, and comes back by itself", async () => {
  await using window = await windowOn(routes);
  const { page, fake } = window;
  await page.getByTestId("trace-row").first().waitFor();
  await fake.stop();
  await page.getByTestId("offline-banner").waitFor();
  expect(await page.getByTestId("app").getAttribute("data-state")).toBe("offline");
  expect(await page.getByTestId("trace-row").count()).toBeGreaterThan(10);
  fake.routes.set("/api/traces", () => ({
    traces: [traceRow({ trace_id: "since", name: "since then" })],
    total: 1,
    next: null,
    took_ms: 1,
  }));
  await fake.start();
  await page.getByTestId("offline-banner").waitFor({ state: "detached" });
  await expectTexts(page, "cell-name", ["since then"]);
});

test("what was deleted goes; after a reset the list is asked for again", async () => {
  await using window = await windowOn(routes);
  const { page, fake } = window;
  const names = (): Promise<string[]> => textsOf(page, "cell-name");
  await expect.poll(() => names().then(([name]) => name)).toBe("question 0");
  fake.send("removed", { trace_ids: ["t0", "t1"] });
  await expect.poll(() => names().then(([name]) => name)).toBe("question 2");
  expect(await page.getByTestId("trace-list").getAttribute("aria-rowcount")).toBe("1199");
  fake.send("reset", {});
  await expect.poll(() => names().then(([name]) => name)).toBe("question 0");
  // The token leaves with writes alone.
  expect(fake.asked.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
});
