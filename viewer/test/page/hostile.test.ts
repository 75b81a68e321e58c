import { expect, test } from "vitest";
import type { ChatView } from "../../src/views.ts";
import { everything, pipeline, view } from "./example.ts";
import { spanRow, traceOf, traceRow, type Route } from "./fake.ts";
import { textsOf, windowOn } from "./setup.ts";

/** What must come out as text, and as what text. */
const ATTACKS: readonly (readonly [string, string])[] = [
  ["<script>globalThis.hit = 1</script>", "<script>globalThis.hit = 1</script>"],
  ['"><img src=x onerror="globalThis.hit = 1">', '"><img src=x onerror="globalThis.hit = 1">'],
  ["javascript:globalThis.hit=1", "javascript:globalThis.hit=1"],
  ["[link](https://evil.test/) **bold**", "[link](https://evil.test/) **bold**"],
  ["https://evil.test/beacon?x=1", "https://evil.test/beacon?x=1"],
  ["a\u202eb\u2066c", "a\\u202eb\\u2066c"],
  ["nul\u0000bell\u0007esc\u001b[31m", "nul\\u0000bell\\u0007esc\\u001b[31m"],
  ["zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"],
  ["half \ud800 pair", "half \\ud800 pair"],
  ["</style><style>*{display:none}</style>", "</style><style>*{display:none}</style>"],
  ["${globalThis.hit = 1} {{hit}} <%= hit %>", "${globalThis.hit = 1} {{hit}} <%= hit %>"],
  ["&lt;b&gt; &amp;", "&lt;b&gt; &amp;"],
];

test.for(ATTACKS)("%j is text wherever it stands", async ([attack, shown]) => {
  const row = traceRow({
    trace_id: "t1",
    name: attack,
    models: [attack],
    preview: attack,
    status: "error",
    error: null,
  });
  const chat: ChatView = {
    messages: [
      {
        role: "user",
        parts: [
          { type: "text", text: attack },
          { type: "tool_call", id: attack, name: attack, arguments: { [attack]: attack } },
        ],
      },
    ],
    model: attack,
    finish_reason: attack,
    usage: null,
    cost: null,
    stream: null,
    source: "input",
  };
  const source = {
    ...view,
    state: "changed",
    message: attack,
    file: attack,
    lines: [{ line: 1, text: attack }],
    start_line: 1,
    end_line: 1,
    values: [
      { ...view.values[0], name: attack, line: 1, preview: attack, value: { [attack]: attack } },
    ],
    failing: { line: 1, column: 1, type: attack, message: attack },
    instrumented: null,
  };
  const error = { type: attack, message: attack, stack: attack };
  const routes: Record<string, Route> = {
    ...everything,
    ...traceOf(
      row,
      [spanRow({ span_id: "s", name: attack, kind: "generation", fn: attack })],
      () => ({
        input_data: { kwargs: { [attack]: attack } },
        output_data: { output: attack },
        error,
        metadata: { [attack]: attack },
      }),
    ),
    "/api/traces": () => ({ traces: [row], total: 1, next: null, took_ms: 1 }),
    "/api/traces/t1/spans/s/source": () => source,
    "/api/traces/t1/spans/s/chat": () => chat,
    "/api/pipeline": () => ({ ...pipeline, child: { ...pipeline.child, command: attack } }),
  };
  await using window = await windowOn(routes);
  const { page, fake } = window;
  await expect.poll(() => textsOf(page, "cell-name")).toEqual([shown]);
  expect(await textsOf(page, "cell-model")).toEqual([shown]);
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  for (const [index, tab] of ["source", "input", "output", "chat", "raw", "info"].entries()) {
    await page.getByTestId("span-row").waitFor();
    await page.keyboard.press(String(index + 1));
    const panel = page.getByTestId(`panel-${tab}`);
    await expect.poll(() => panel.textContent()).toContain(shown);
    // Neither elements nor links are made of it.
    expect(await page.locator("main img, main script, main iframe, main style").count()).toBe(0);
    expect(await panel.locator("a").count()).toBe(0);
  }
  await page.keyboard.press("1");
  await page.getByTestId("line-value").click();
  await expect.poll(() => page.getByRole("dialog").textContent()).toContain(shown);
  await page.goto(`${fake.url}/pipeline`);
  await expect.poll(() => textsOf(page, "pipeline-view").then(([text]) => text)).toContain(shown);
  expect(await page.evaluate("globalThis.hit")).toBeUndefined();
  expect(window.complaints).toEqual([]);
});

test("keys of prototypes are names like others", async () => {
  const values = JSON.parse(
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":"own","hasOwnProperty":2}',
  ) as Record<string, unknown>;
  await using window = await windowOn(
    traceOf(
      traceRow({ trace_id: "t1" }),
      [spanRow({ span_id: "__proto__", name: "constructor" })],
      () => ({
        input_data: { kwargs: values },
      }),
    ),
    "/traces/t1?tab=input&span=__proto__",
  );
  const { page } = window;
  await expect
    .poll(() => textsOf(page, "json-tree").then((texts) => texts.join()))
    .toContain("__proto__");
  const text = (await textsOf(page, "json-tree")).join();
  for (const name of ["constructor", "toString", "hasOwnProperty", "own"])
    expect(text).toContain(name);
  expect(await page.evaluate("({}).polluted")).toBeUndefined();
  expect(window.complaints).toEqual([]);
});

test("a value of 120 levels, and one of 100,000 members, are shown a step at a time", async () => {
  let deep: unknown = "bottom";
  for (let level = 0; level < 120; level += 1) deep = { next: deep };
  const wide = Object.fromEntries(
    Array.from({ length: 100_000 }, (_, index) => [`key${index}`, index]),
  );
  await using window = await windowOn(
    traceOf(traceRow({ trace_id: "t1" }), [spanRow({ span_id: "s" })], () => ({
      input_data: { kwargs: { deep }, locals: wide },
    })),
    "/traces/t1?tab=input",
  );
  const { page } = window;
  await page.getByTestId("json-more").waitFor();
  expect(await page.getByTestId("json-more").textContent()).toBe("99,900 more");
  expect(await page.getByRole("treeitem").count()).toBeLessThan(300);
  await page.getByTestId("json-more").click();
  await expect.poll(() => page.getByTestId("json-more").textContent()).toBe("99,800 more");
});

test.for(["a/b?c#d", "...", "%2e%2e", "<b>", "ünï", "x".repeat(300)])(
  "any text is an id: %s",
  async (id) => {
    const row = traceRow({ trace_id: id, name: "named" });
    await using window = await windowOn({
      ...traceOf(row, [spanRow({ span_id: id })]),
      "/api/traces": () => ({ traces: [row], total: 1, next: null, took_ms: 1 }),
    });
    const { page } = window;
    await page.getByTestId("trace-row").click();
    await expect.poll(() => textsOf(page, "trace-title")).toEqual(["named"]);
    await page.getByTestId("span-row").click();
    await page.reload();
    const line = page.getByTestId("span-row");
    await expect.poll(() => line.getAttribute("data-span-id")).toBe(id);
  },
);
