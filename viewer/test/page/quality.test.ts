import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import axe from "axe-core";
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { everything, SCREENS } from "./example.ts";
import { windowOn } from "./setup.ts";

const DIST = join(import.meta.dirname, "../../dist/page");
const sizeOf = (ends: string): number =>
  readdirSync(DIST)
    .filter((name) => name.endsWith(ends))
    .reduce((sum, name) => sum + gzipSync(readFileSync(join(DIST, name))).length, 0);

test("what the page weighs: scripts at most 80 KB gzipped, 55 of them at first; styles 15", () => {
  expect(sizeOf(".js")).toBeLessThanOrEqual(80 * 1024);
  expect(sizeOf("main.js")).toBeLessThanOrEqual(55 * 1024);
  expect(sizeOf(".css")).toBeLessThanOrEqual(15 * 1024);
});

test("the code sets no HTML, and evaluates no text", () => {
  const scripts = readdirSync(DIST).filter((name) => name.endsWith(".js"));
  for (const name of scripts) {
    const code = readFileSync(join(DIST, name), "utf8");
    expect(code).not.toMatch(/insertAdjacentHTML|outerHTML|document\.write|new Function|\beval\(/);
  }
  expect(readFileSync(join(DIST, "index.html"), "utf8")).not.toMatch(/style=|<script>|\son\w+=/);
});

async function settled(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await expect.poll(() => page.locator(".skeleton").count()).toBe(0);
}

test("every screen asks its own server alone, and the policy has nothing to refuse", async () => {
  await using window = await windowOn(everything);
  const { page, fake } = window;
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== fake.url) foreign.push(request.url());
  });
  for (const screen of SCREENS) {
    await page.goto(`${fake.url}${screen}`);
    await settled(page);
  }
  expect(foreign).toEqual([]);
  expect(window.complaints).toEqual([]);
});

describe.each(["dark", "light"] as const)("in %s", (colorScheme) => {
  test("axe finds nothing on any screen", async () => {
    await using window = await windowOn(everything, "/", { colorScheme, reducedMotion: "reduce" });
    const { page, fake } = window;
    for (const screen of SCREENS) {
      await page.goto(`${fake.url}${screen}`);
      await settled(page);
      expect(await violationsOf(page), screen).toEqual([]);
    }
  });

  test("axe finds nothing in what lies over the screens", async () => {
    await using window = await windowOn(everything, "/", { colorScheme, reducedMotion: "reduce" });
    const { page, fake } = window;
    await settled(page);
    await page.keyboard.press("?");
    await page.getByTestId("help-dialog").waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+k");
    await page.getByRole("option").first().waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByTestId("filter-model").click();
    await page.getByRole("option").first().waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.goto(`${fake.url}/traces/t1`);
    await page.locator("[data-testid=line-value]").first().click();
    await page.getByRole("dialog").waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await fake.stop();
    await page.getByTestId("offline-banner").waitFor();
    expect(await violationsOf(page)).toEqual([]);
  });
});

async function violationsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const found: axe.AxeResults = await page.evaluate("axe.run()");
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}

test("in forced colours states, failing lines and values differ by glyph, word and border", async () => {
  await using window = await windowOn(everything, "/", { forcedColors: "active" });
  const { page, fake } = window;
  await settled(page);
  const rows = page.getByTestId("trace-row");
  const states = await rows.evaluateAll((all) =>
    all.map((row) => [
      row.getAttribute("data-status"),
      row.querySelector("[data-testid=cell-status]")?.textContent,
    ]),
  );
  const told = new Map(states.map(([status, text]) => [status, text]));
  expect(told.size).toBeGreaterThan(1);
  expect(new Set(told.values()).size).toBe(told.size);
  for (const text of told.values()) expect(text).toMatch(/[^\s\w]/);
  await page.goto(`${fake.url}/traces/t1`);
  const failing = page.locator("[data-testid=source-line][data-failing=true]").first();
  await failing.waitFor();
  expect(await failing.getByTestId("line-error").textContent()).toMatch(/\S/);
  // A background is lost there: the rule beside the line is what marks it.
  const ruleOf = (line: Locator): Promise<string | undefined> =>
    line.getByTestId("line-number").evaluate((number) => {
      const style = number.ownerDocument.defaultView?.getComputedStyle(number);
      return `${style?.borderLeftStyle} ${style?.borderLeftColor}`;
    });
  const other = page.locator("[data-testid=source-line]:not([data-failing=true])").first();
  expect(await ruleOf(failing)).toMatch(/^solid /);
  expect(await ruleOf(failing)).not.toBe(await ruleOf(other));
});

test.for([
  [320, 640],
  // A window of 1,280 px at 200 %.
  [640, 400],
] as const)(
  "at %s px nothing is wider than the window, and controls can be hit",
  async ([width, height]) => {
    await using window = await windowOn(everything, "/", { viewport: { width, height } });
    const { page, fake } = window;
    for (const screen of SCREENS) {
      await page.goto(`${fake.url}${screen}`);
      await settled(page);
      const wide = await page.locator("html").evaluate((html) => html.scrollWidth);
      expect(wide, screen).toBeLessThanOrEqual(width);
      const small = await page
        .locator("button:visible, .rail a:visible, select:visible")
        .evaluateAll((controls) =>
          controls
            .map((control) => ({ box: control.getBoundingClientRect(), html: control.outerHTML }))
            .filter(({ box }) => box.height < 24 || box.width < 24)
            .map(({ html }) => html.slice(0, 120)),
        );
      // Values lie in the lines of the code, which are 20 px high: WCAG's exception for targets in text.
      expect(
        small.filter((html) => !html.includes("line-value")),
        screen,
      ).toEqual([]);
    }
  },
);

test("each element that has the focus shows it", async () => {
  await using window = await windowOn(everything, "/traces/t1");
  const { page } = window;
  await page.getByTestId("line-value").first().waitFor();
  const seen = new Set<string>();
  for (let count = 0; count < 60; count += 1) {
    await page.keyboard.press("Tab");
    const focused = page.locator(":focus");
    if ((await focused.count()) === 0) continue;
    const [outline, name] = await focused.evaluate((element) => {
      const style = element.ownerDocument.defaultView?.getComputedStyle(element);
      const label = element.getAttribute("data-testid") ?? element.getAttribute("aria-label");
      return [
        `${style?.outlineStyle} ${style?.outlineWidth}`,
        label ?? element.outerHTML.slice(0, 80),
      ];
    });
    expect(outline, name).toBe("solid 2px");
    seen.add(name ?? "");
  }
  expect([...seen]).toEqual(
    expect.arrayContaining([
      "nav-charts",
      "theme-toggle",
      "span-search",
      "critical-path",
      "span-row",
    ]),
  );
  expect([...seen]).toEqual(
    expect.arrayContaining(["tab-source", "source-original", "open-in-editor", "line-value"]),
  );
});
