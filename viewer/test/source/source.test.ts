// A program that the hook compiled and the runtime recorded → its source with the values on their
// lines, and what is said when the file is another one by now.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Store, StoredSpan } from "../../src/store.ts";
import type { SourceView } from "../../src/views.ts";
import { type Desk, deskOf, placed, type Project, projectIn, run, storeOf } from "./setup.ts";

const PAY = `import { charge } from "./charge.ts";

/** @track capture self=shop */
function pay(this: unknown, cart: readonly number[], { rate }: { rate: number }): unknown {
  let total = 0;
  for (const price of cart) {
    total += price;
  }
  const taxed = total * rate; // return taxed
  const never = (): string => {
    return \`return \${taxed}\`;
  };
  if (taxed > 1_000) {
    const total = "inner";
    return total;
  }
  let unused;
  if (taxed < 0) unused = 1;
  const result = { taxed, words: never() };
  return result;
  function after() {
    return 1;
  }
}

/** @track capture */
export function order(cart: readonly number[]): unknown {
  const fee = 2;
  // charge(cart) fails
  const name = "charge(";
  return [pay(cart, { rate: fee }), charge(
    cart.length,
    name,
  )];
}
`;
const CHARGE = `/** @track capture=left */
export function charge(amount: number, name: string): number {
  const left = 10 - amount;
  if (left < 8) {
    throw new RangeError(\`too much: \${name}\`);
  }
  return left;
}
`;
const MAIN = `import { flush } from "llmops-observability";
import { order } from "./pay.ts";
order([1.5, 2]);
try { order([1, 2, 3]); } catch {}
await flush();
`;

let project: Project;
let store: Store;
beforeAll(async () => {
  const root = mkdtempSync(join(tmpdir(), "llmops-shop-"));
  project = projectIn(root, { "src/pay.ts": PAY, "src/charge.ts": CHARGE, "src/main.ts": MAIN });
  run(project);
  store = await storeOf(project);
});
afterAll(async () => {
  await store.close();
  rmSync(project.root, { recursive: true, force: true });
});

const desk = (): Promise<Desk> => deskOf(project, store);

const lineOf = (text: string, part: string): number =>
  text.split("\n").findIndex((line) => line.includes(part)) + 1;

describe("the text that ran", () => {
  test("each value stands on the last line that assigned it", async () => {
    const view = await (await desk()).view("pay");
    expect(view).toMatchObject({
      state: "same",
      file: "src/pay.ts",
      root: project.root,
      site: "src/pay.ts#pay",
      language: "typescript",
      start_line: 4,
      end_line: 24,
      failing: null,
      warnings: [],
    });
    expect(view.lines).toEqual(
      PAY.split("\n")
        .slice(3, 24)
        .map((text, at) => ({ line: at + 4, text })),
    );
    expect(placed(view, "argument")).toEqual(["4 cart: [1,2,3]", "4 rate: 2"]);
    expect(placed(view, "local")).toEqual([
      "4 cart: [1,2,3]",
      "4 rate: 2",
      "7 total: 6",
      "6 price: 3",
      "9 taxed: 12",
      '10 never: "[Function: never]"',
      "18 unused: null",
      '19 result: {"taxed":12,"words":"return 12"}',
      "14 total@14: unset",
    ]);
    expect(view.values.find(({ name }) => name === "total")?.all_lines).toEqual([5, 7]);
  });

  test("what is returned stands at the function's own last return", async () => {
    const view = await (await desk()).view("pay");
    expect(placed(view, "return")).toEqual(['20 return: {"taxed":12,"words":"return 12"}']);
  });

  test("the line that threw is told by the stack, the caller's by its call", async () => {
    const opened = await desk();
    const charge = await opened.view("charge");
    expect(charge.failing).toEqual({
      line: 5,
      column: expect.any(Number) as number,
      type: "RangeError",
      message: "too much: charge(",
    });
    expect(placed(charge, "error")).toEqual(["5 RangeError: RangeError: too much: charge("]);
    expect(placed(charge, "return")).toEqual([]);
    const { traceId, span } = await opened.spanOf("order");
    const called = lineOf(PAY, "pay(cart, {");
    expect((await opened.sources.view(traceId, span)).failing?.line).toBe(called);
    // Of other runtimes, or of minified code, the stack tells nothing.
    const silent = { ...span, error: { ...span.error, stack: null } } as StoredSpan;
    expect((await opened.sources.view(traceId, silent)).failing).toMatchObject({
      line: called,
      column: null,
    });
  });

  test("the instrumented text has the same lines", async () => {
    const { instrumented, lines } = await (await desk()).view("pay");
    expect(instrumented?.note).toBeNull();
    expect(instrumented?.lines.map(({ line }) => line)).toEqual(lines.map(({ line }) => line));
    const at = lines.findIndex(({ text }) => text.includes("total += price"));
    expect(instrumented?.lines[at]?.text).toMatch(/total \+= price.*;/);
    expect(instrumented?.lines[0]?.text).not.toBe(lines[0]?.text);
  });
});

describe("the file is another one by now", () => {
  const first = (view: SourceView): string | undefined => view.lines[0]?.text;

  test("moved down, the values and the failing line move along", async () => {
    const opened = await desk();
    project.edit("src/charge.ts", `// One\n// Two\n// Three\n${CHARGE}`);
    const view = await opened.view("charge");
    expect(view).toMatchObject({ state: "same", start_line: 5, failing: { line: 8 } });
    expect(placed(view, "local")).toEqual(["6 left: 7"]);
  });

  test("moved down before it was ever looked at, too, and with other line ends", async () => {
    project.edit("src/charge.ts", `// One\n${CHARGE}`.replaceAll("\n", "\r\n"));
    const view = await (await desk()).view("charge");
    expect(view).toMatchObject({ state: "same", start_line: 3, failing: { line: 6 } });
    expect(placed(view, "local")).toEqual(["4 left: 7"]);
    expect(first(view)).toBe(CHARGE.split("\n")[1]);
  });

  test("changed, the text that ran is shown", async () => {
    const opened = await desk();
    project.edit("src/charge.ts", `\n\n${CHARGE.replace("10 - amount", "11 - amount")}`);
    const view = await opened.view("charge");
    expect(view).toMatchObject({ state: "changed", start_line: 2, warnings: [] });
    expect(view.lines[1]?.text).toContain("10 - amount");
    expect(placed(view, "local")).toEqual(["3 left: 7"]);
    expect(view.failing?.line).toBe(5);
  });

  test("changed before it was kept, the disk's is shown, with a warning", async () => {
    project.edit("src/charge.ts", CHARGE.replace("10 - amount", "11 - amount"));
    const view = await (await desk()).view("charge");
    expect(view).toMatchObject({ state: "changed", start_line: 2, end_line: 8 });
    expect(view.warnings.map(({ code }) => code)).toEqual(["source_changed"]);
    expect(placed(view, "local")).toEqual(["3 left: 7"]);
  });

  test("gone, the text that was kept is shown, or none", async () => {
    const opened = await desk();
    project.edit("src/charge.ts", undefined);
    expect(await opened.view("charge")).toMatchObject({ state: "missing", start_line: 2 });
    const late = await (await desk()).view("charge");
    expect(late).toMatchObject({ state: "missing", lines: [], values: [], file: "src/charge.ts" });
  });

  test("without a manifest the text is shown by line, values where their names are", async () => {
    const manifest = ".llmops/manifest.json";
    project.edit(manifest, undefined);
    const view = await (await desk()).view("pay");
    expect(view).toMatchObject({ state: "unknown", start_line: 4, end_line: 24 });
    expect(view.warnings.map(({ code }) => code)).toEqual(["no_hash"]);
    expect(placed(view, "local")).toContain("5 total: 6");
    expect(placed(view, "argument")).toEqual(["4 cart: [1,2,3]", "4 rate: 2"]);
    expect(placed(view, "return")).toHaveLength(1);
  });

  test("a manifest that comes after the spans: their texts are kept then", async () => {
    const manifest = join(".llmops", "manifest.json");
    const written = readFileSync(join(project.root, manifest), "utf8");
    project.edit(manifest, undefined);
    const opened = await desk();
    const { span } = await opened.spanOf("charge");
    expect(opened.kept.size).toBe(0);
    project.write(manifest, written);
    await opened.sources.manifests();
    await expect.poll(() => opened.kept.has(span.code?.hash ?? "")).toBe(true);
  });

  test("what is kept in the store is there for the next one", async () => {
    await deskOf(project, store, true);
    project.edit("src/charge.ts", CHARGE.replace("10 - amount", "11 - amount"));
    const view = await (await deskOf(project, store, true)).view("charge");
    expect(view).toMatchObject({ state: "changed", start_line: 2, warnings: [] });
    expect(view.lines[1]?.text).toContain("10 - amount");
  });
});
