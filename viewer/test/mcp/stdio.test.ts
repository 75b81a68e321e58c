// `llmops mcp` as an AI's program starts it: a child, asked by the official client over stdio.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { describe, expect, onTestFinished, test } from "vitest";
import { openStore } from "../../src/store/open.ts";
import { coming, trace } from "../store/setup.ts";

const BIN = fileURLToPath(new URL("../../dist/bin.js", import.meta.url));

function project(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "llmops-mcp-")));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, ".llmops"));
  return directory;
}

async function connected(directory: string): Promise<Client> {
  const client = new Client({ name: "test", version: "0" });
  const { LLMOPS_DEV_DB: _, ...env } = process.env as Record<string, string>;
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [BIN, "mcp"],
      cwd: directory,
      env: { ...env, LLMOPS_SPOOL_DIR: join(directory, "spool") },
    }),
  );
  onTestFinished(async () => client.close());
  return client;
}

async function said(client: Client, name: string, args = {}): Promise<string> {
  const { content } = await client.callTool({ name, arguments: args });
  return (content as { text: string }[])[0]?.text ?? "";
}

describe("without a running llmops dev", () => {
  test("it answers where nothing was ever recorded, and says what is missing", async () => {
    const client = await connected(project());
    expect((await client.listTools()).tools).toHaveLength(8);
    expect(await said(client, "list_traces")).toMatch(/dev\.db/);
  });

  test("it reads the database, from a folder below, too", async () => {
    const directory = project();
    const store = await openStore({ path: join(directory, ".llmops", "dev.db") });
    await store.ingest(coming(trace("t-1", [{ span_id: "a" }])));
    await store.close();
    mkdirSync(join(directory, "packages", "app"), { recursive: true });
    const client = await connected(join(directory, "packages", "app"));
    expect(JSON.parse(await said(client, "list_traces"))).toMatchObject({
      total: 1,
      traces: [{ trace_id: "t-1" }],
    });
    expect(
      JSON.parse(await said(client, "get_span", { trace_id: "t-1", span_id: "a" })),
    ).toMatchObject({ span: { span_id: "a" }, state: "unknown" });
    expect(JSON.parse(await said(client, "compare_traces", { a: "t-1", b: "t-1" }))).toMatchObject({
      summary: { same: 1 },
    });
    expect(JSON.parse(await said(client, "get_coverage"))).toMatchObject({
      totals: { functions: 0 },
    });
  });
});

test("with a running llmops dev it asks that, and reads on when that has ended", async () => {
  const directory = project();
  const dev = spawn(
    process.execPath,
    [BIN, "dev", "--port", "0", "--no-open", "--no-spool", "--json"],
    {
      cwd: directory,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, LLMOPS_SPOOL_DIR: join(directory, "spool") },
    },
  );
  const ended = new Promise((resolve) => void dev.once("exit", resolve));
  onTestFinished(async () => {
    dev.kill("SIGKILL");
    await ended;
  });
  const lines = createInterface(dev.stdout)[Symbol.asyncIterator]();
  const { url } = JSON.parse((await lines.next()).value ?? "{}") as { url: string };
  const client = await connected(directory);
  expect(JSON.parse(await said(client, "list_traces"))).toMatchObject({ total: 0 });
  await fetch(new URL("/v1/traces", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(ONE_SPAN),
  });
  await expect
    .poll(async () => JSON.parse(await said(client, "list_traces")) as unknown)
    .toMatchObject({ total: 1, traces: [{ name: "from-otlp" }] });
  dev.kill("SIGTERM");
  await ended;
  expect(JSON.parse(await said(client, "list_traces"))).toMatchObject({ total: 1 });
});

const ONE_SPAN = {
  resourceSpans: [
    {
      resource: { attributes: [] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: "5b8efff798038103d269b633813fc60c",
              spanId: "eee19b7ec3c1b174",
              name: "from-otlp",
              startTimeUnixNano: "1795000000000000000",
              endTimeUnixNano: "1795000001000000000",
            },
          ],
        },
      ],
    },
  ],
};
