// Names of files that lead elsewhere → never read, never opened; and the editor that opens the others.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Dev, startDev, temporary, wireSpan, wireTrace } from "./setup.ts";

let dev: Dev;
/** What the editor was called with, a line of JSON for each time. */
const opened = (): string[][] => {
  try {
    const lines = readFileSync(join(dev.root, "opened.txt"), "utf8").trim().split("\n");
    return lines.map((line) => JSON.parse(line) as string[]);
  } catch {
    return [];
  }
};

beforeAll(async () => {
  const root = temporary();
  const note = `require("fs").appendFileSync("${root}/opened.txt", JSON.stringify(process.argv.slice(2)) + "\\n")`;
  writeFileSync(join(root, "editor.cjs"), note);
  const editor = `"${process.execPath}" ${root}/editor.cjs`;
  dev = await startDev({}, { root, env: { LLMOPS_EDITOR: editor } });
  mkdirSync(join(dev.root, "src"));
  writeFileSync(join(dev.root, "src/pay.ts"), "export function pay() {\n  return 1;\n}\n");
  writeFileSync(join(dev.root, "notes.txt"), "secret");
  symlinkSync("/etc/hostname", join(dev.root, "src/link.ts"));
  const spans = [
    wireSpan("out", { code: { function: "f", file: "../../etc/passwd", line: 1, column: 1 } }),
    wireSpan("link", { code: { function: "f", file: "src/link.ts", line: 1, column: 1 } }),
    wireSpan("text", { code: { function: "f", file: "notes.txt", line: 1, column: 1 } }),
  ];
  await dev.send("POST", "/api/import", [
    wireTrace("t1", {}, spans),
    wireTrace("../../etc/passwd", {}, [wireSpan("a/../b")]),
    wireTrace("%2e%2e", {}, [wireSpan("s")]),
  ]);
});

afterAll(() => dev.end());

const HOST = "Host: 127.0.0.1:PORT\r\n";

describe("paths", () => {
  test.each([
    "../../etc/passwd",
    "src/../../../etc/passwd",
    "/etc/passwd",
    "src/link.ts",
    "src/pay.ts\u0000.png",
    "C:\\Windows\\win.ini",
    "c:/windows/win.ini",
    "\\\\host\\share\\x.ts",
    "//host/share/x.ts",
    "file:///etc/passwd",
    "http://evil.example/x.ts",
    "src/pay.ts::$DATA",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/x.ts",
    "src/CON.ts",
    "NUL",
    "notes.txt",
    "--version",
    "src",
    "",
  ])("%j is not opened", async (file) => {
    const answer = await dev.send("POST", "/api/open", { file });
    expect([404, 422]).toContain(answer.status);
    if (!["--version", "src"].includes(file)) expect(answer.status).toBe(422);
    expect(await answer.text()).not.toContain("root:");
  });

  test.each(["out", "link"])("a span that names a file outside shows none: %s", async (span) => {
    const answer = await dev.get(`/api/traces/t1/spans/${span}/source`);
    expect(await answer.json()).toMatchObject({ state: "outside", lines: [] });
  });

  test.each([
    "/assets/../../package.json",
    "/assets/%2e%2e%2findex.html",
    "/assets/index.html",
    "/assets/..%5c..%5cpackage.json",
    "/.llmops/dev-token",
    "/api/../.llmops/dev.db",
  ])("%s is no file", async (path) => {
    const answer = await dev.raw(`GET ${path} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
    expect(answer.status).toBe(404);
    expect(answer.text).not.toMatch(/"name": ?"llmops-viewer"|SQLite/);
  });

  test.each(["../../etc/passwd", "%2e%2e"])("any text is a legal id: %s", async (id) => {
    const found = await dev.get(`/api/traces/${encodeURIComponent(id)}`);
    expect(await found.json()).toMatchObject({ trace: { trace_id: id } });
  });
});

describe("the editor", () => {
  const HOSTILE = "src/$(touch x); `id` & a.ts";

  test("gets file, line and column as arguments, and nothing that was refused", async () => {
    writeFileSync(join(dev.root, HOSTILE), "");
    expect(
      (await dev.send("POST", "/api/open", { file: HOSTILE, line: 3, column: 4 })).status,
    ).toBe(204);
    await expect.poll(opened).toEqual([[join(dev.root, HOSTILE), "3", "4"]]);
    // A span's own file may have any ending.
    const span = { trace_id: "t1", span_id: "text" };
    expect((await dev.send("POST", "/api/open", span)).status).toBe(204);
    await expect.poll(opened).toHaveLength(2);
    expect(opened()[1]).toEqual([join(dev.root, "notes.txt"), "1", "1"]);
  });

  test.each([{ line: "1; rm" }, { line: -1 }, { line: 1.5 }, { column: 1e99 }])(
    "%j",
    async (at) => {
      expect((await dev.send("POST", "/api/open", { file: "src/pay.ts", ...at })).status).toBe(400);
    },
  );
});
