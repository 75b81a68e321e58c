import { expect, test } from "vitest";
import { LINES, view } from "./example.ts";
import { spanRow, traceOf, traceRow, type Route } from "./fake.ts";
import { expectTexts, windowOn } from "./setup.ts";

const row = traceRow({ trace_id: "t1" });
const routesOf = (source: unknown): Record<string, Route> => ({
  ...traceOf(row, [spanRow({ span_id: "pay" })]),
  "/api/traces/t1/spans/pay/source": () => source,
});

test("values stand inside the lines that assigned them, the error below its line", async () => {
  await using window = await windowOn(routesOf(view), "/traces/t1");
  const { page } = window;
  const line = (number: number) => page.locator(`[data-testid=source-line][data-line="${number}"]`);
  await expect.poll(() => line(3).getByTestId("line-value").textContent()).toContain("2.2");
  expect(await line(3).getByTestId("line-value").getAttribute("data-name")).toBe("total");
  expect(await line(2).getByTestId("line-value").getAttribute("data-phase")).toBe("argument");
  expect(await line(6).getByTestId("line-value").getAttribute("data-phase")).toBe("return");
  expect(await line(4).getByTestId("line-value").count()).toBe(0);
  expect(await line(5).getAttribute("data-failing")).toBe("true");
  expect(await line(5).getByTestId("line-error").textContent()).toContain("CardError: declined");
  expect(await line(5).getByTestId("line-error").isVisible()).toBe(true);
  await expectTexts(page, "line-text", LINES);
  expect(window.complaints).toEqual([]);
});

test("a value opens whole beside its line, and closes back to it", async () => {
  await using window = await windowOn(routesOf(view), "/traces/t1");
  const { page } = window;
  const badge = page.locator("[data-testid=line-value][data-name=order]");
  await badge.focus();
  await page.keyboard.press("Enter");
  const popover = page.getByRole("dialog", { name: "Value of order" });
  await popover.waitFor();
  await expect.poll(() => popover.getByTestId("json-tree").textContent()).toContain("Ada");
  await page.keyboard.press("Escape");
  await popover.waitFor({ state: "detached" });
  expect(await page.locator(":focus").getAttribute("data-name")).toBe("order");
});

test("instrumented code stands beside the original, with what was put in marked", async () => {
  await using window = await windowOn(routesOf(view), "/traces/t1");
  const { page } = window;
  await page.getByTestId("source-both").check();
  const second = page.locator('[data-testid=instrumented-line][data-line="2"]');
  expect(await second.textContent()).toBe("function pay(order: Order) { const span = enter(7);");
  expect((await second.locator("ins").allTextContents()).join("").trim()).toBe(
    "const span = enter(7);",
  );
  expect(await page.getByTestId("line-text").count()).toBe(LINES.length);
  await page.getByTestId("source-instrumented").check();
  await expect.poll(() => page.getByTestId("line-text").count()).toBe(0);
});

test.for([
  ["changed", "Source changed since this run: this is the text that ran.", LINES.length],
  ["missing", "The file is gone.", 0],
  ["unknown", "The span does not say which text ran.", LINES.length],
  ["outside", "The path leads out of the project.", 0],
] as const)("a source that is %s is told, in words", async ([state, message, lines]) => {
  const source = { ...view, state, message, lines: lines === 0 ? [] : view.lines };
  await using window = await windowOn(routesOf(source), "/traces/t1");
  const warning = window.page.getByTestId("source-warning");
  await warning.waitFor();
  expect(await warning.getAttribute("data-state")).toBe(state);
  expect(await warning.textContent()).toContain(message);
  await expect.poll(() => window.page.getByTestId("source-line").count()).toBe(lines);
});

test("open in the editor is a write with the token, and says what came of it", async () => {
  await using window = await windowOn({ ...routesOf(view), "/api/open": () => null }, "/traces/t1");
  const { page, fake } = window;
  await page.getByTestId("open-in-editor").click();
  await expect.poll(() => page.getByTestId("toast").textContent()).toBe("Opened in the editor.");
  const asked = fake.asked.find(({ url }) => url.pathname === "/api/open");
  expect(asked).toMatchObject({ method: "POST", authorization: "Bearer the-token-of-the-test" });
  expect(JSON.parse(asked?.body ?? "")).toEqual({ trace_id: "t1", span_id: "pay", line: 5 });
});
