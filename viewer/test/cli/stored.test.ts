import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { encode } from "llmops-observability/wire";
import { beforeEach, expect, test } from "vitest";
import { openStore } from "../../src/store/open.ts";
import { coming, generation, scratch, T0, trace } from "../store/setup.ts";

let root: string;

beforeEach(async () => {
  root = realpathSync(scratch());
  const store = await openStore({ path: join(root, ".llmops", "dev.db") });
  await store.ingest(
    coming(
      trace("a", [
        { span_id: "1", input_data: { args: ["hello"], kwargs: {}, locals: { total: 3.3 } } },
        generation("2", "1", 100),
      ]),
      trace(
        "b\u001b[31m",
        [{ span_id: "1", status: "error", error: { type: "E", message: "\u202eno", stack: null } }],
        { start_time: T0 + 5, trace_name: "evil \u001b]0;x\u0007 name" },
      ),
    ),
  );
  await store.close();
});

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function llmops(
  args: readonly string[],
  { input = "", cwd = root, env = {} }: { input?: string; cwd?: string; env?: object } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "llmops.child.ts"), ...args], {
    cwd,
    // Else what other programs of this machine have left would be there.
    env: { ...process.env, TMPDIR: root, LLMOPS_SPOOL_DIR: "", LLMOPS_DEV_DB: "", ...env },
  });
  child.stdin.end(input);
  const [out, err] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { code: child.exitCode, out, err };
}

test("the list, from any folder below, without control characters", async () => {
  const below = join(root, "src", "deep");
  mkdirSync(below, { recursive: true });
  const { code, out } = await llmops(["traces"], { cwd: below });
  expect(code).toBe(0);
  const lines = out.trimEnd().split("\n");
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain("evil \\u001b]0;x\\u0007 name");
  expect(lines[0]).toContain("E: \\u202eno");
  expect(lines[1]).toContain("100 tokens");
  // eslint-disable-next-line no-control-regex
  expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});

test("as JSON, by a query, sorted and limited", async () => {
  const listed = async (
    ...args: string[]
  ): Promise<{ ids: string[]; total: number; code: number | null }> => {
    const { out, code } = await llmops(["traces", "--json", ...args]);
    const { traces, total } = JSON.parse(out) as { traces: { trace_id: string }[]; total: number };
    return { ids: traces.map((row) => row.trace_id), total, code };
  };
  expect(await listed()).toEqual({ ids: ["b\u001b[31m", "a"], total: 2, code: 0 });
  expect(await listed("-q", "model:gpt*")).toEqual({ ids: ["a"], total: 1, code: 0 });
  expect(await listed("--sort", "tokens", "--limit", "1")).toEqual({
    ids: ["a"],
    total: 2,
    code: 0,
  });
  expect(await listed("-q", "nothing")).toEqual({ ids: [], total: 0, code: 1 });
});

test("one trace as a tree, as the wire's JSON, as Markdown, and one span of it", async () => {
  const tree = await llmops(["traces", "a"]);
  expect(tree.out).toContain("trace a");
  expect(tree.out).toContain("total = 3.3");
  const json = await llmops(["traces", "a", "--json"]);
  expect((JSON.parse(json.out) as { spans: unknown[] }).spans).toHaveLength(2);
  const span = await llmops(["traces", "a", "--span", "2", "--json"]);
  expect(JSON.parse(span.out)).toMatchObject({ span_id: "2", model_id: "gpt-4o" });
  expect((await llmops(["traces", "a", "--markdown"])).out).toContain("# Trace `trace a`");
  expect(await llmops(["traces", "none"])).toMatchObject({ code: 1, out: "" });
  expect(await llmops(["traces", "a", "--span", "none"])).toMatchObject({ code: 1, out: "" });
});

test.each([
  [["traces", "--sort", "size"]],
  [["traces", "--limit", "0"]],
  [["traces", "--markdown"]],
  [["traces", "-q", "modle:x"]],
  [["export", "--format", "xml"]],
  [["clear"]],
  [["import"]],
])("%j is called wrongly: exit code 2, and a sentence", async (args) => {
  const { code, out, err } = await llmops(args);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/\w/);
  expect(err).not.toContain("    at ");
});

test("exported, cleared and imported, all is there again", async () => {
  const exported = await llmops(["export"]);
  expect(exported.code).toBe(0);
  const file = join(root, "out.ndjson");
  expect((await llmops(["export", "-o", file])).code).toBe(0);
  const lines = (text_: string): string[] => text_.split("\n").slice(1);
  expect(lines(readFileSync(file, "utf8"))).toEqual(lines(exported.out));
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(await llmops(["clear", "-q", "id:a", "--yes"])).toMatchObject({
    code: 0,
    out: "deleted 1\n",
  });
  expect(await llmops(["clear", "-q", "id:a", "--yes"])).toMatchObject({
    code: 1,
    out: "deleted 0\n",
  });
  expect(await llmops(["clear", "--yes"])).toMatchObject({ code: 0, out: "deleted 1\n" });
  expect((await llmops(["traces"])).err).toContain("npx llmops dev");
  expect(await llmops(["import", file])).toEqual({
    code: 0,
    out: "imported 2, updated 0, failed 0\n",
    err: "",
  });
  expect(lines((await llmops(["export"])).out)).toEqual(lines(exported.out));
  expect((await llmops(["export", "--ids", "a,none"])).out.split("\n")).toHaveLength(3);
  expect((await llmops(["export", "--ids", "none"])).code).toBe(1);
  expect((await llmops(["export", "--format", "otlp"])).out).toContain("resourceSpans");
});

test("import reads stdin, gzip and bodies; what it cannot read is named, the rest goes in", async () => {
  const [body = ""] = await encode("c", JSON.stringify(trace("c", [])));
  const zipped = join(root, "bodies.gz");
  writeFileSync(zipped, gzipSync(JSON.stringify([body, "no body"])));
  const { code, out, err } = await llmops(["import", "--json", zipped, "-"], {
    input: JSON.stringify(trace("d", [])),
  });
  expect(code).toBe(1);
  expect(JSON.parse(out)).toEqual({
    imported: 2,
    updated: 0,
    failed: [{ file: zipped, line: 2, message: "Could not read the message body as JSON." }],
  });
  expect(err).toContain("bodies.gz:2: ");
  expect(await llmops(["import", join(root, "none")])).toMatchObject({ code: 1, out: "" });
});

test("what waits in a spool is listed too, and nothing of it is written", async () => {
  const spool = join(root, ".llmops", "spool");
  const child = spawn(process.execPath, [
    join(import.meta.dirname, "../ingest/spooling.child.ts"),
    spool,
  ]);
  await expect.poll(async () => (await llmops(["traces", "--json"])).out).toContain('"total":4');
  const { out } = await llmops(["traces"]);
  expect(out).toContain("first");
  expect(out).toContain("evil");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect((await llmops(["export", "-q", "second"])).out.split("\n")).toHaveLength(3);
});
