// What sinks are made of: who asks a queue, code that is loaded late, and a POST that fails.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type Entry, retry, SENT } from "../../src/sink.ts";
import { createAgents } from "../../src/sinks/http/exchange.ts";
import { lazySink } from "../../src/sinks/otlp/lazy.ts";
import { notice } from "../../src/sinks/otlp/notice.ts";
import { post } from "../../src/sinks/otlp/post.ts";
import { identityFor } from "../../src/sinks/sqs/address.ts";

const own = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" };

test.each([
  ["http://127.0.0.1:4566", {}, { accessKeyId: "local", secretAccessKey: "local" }],
  ["http://localhost:4566", own, { accessKeyId: "id", secretAccessKey: "secret" }],
  ["http://sqs.localhost", {}, { accessKeyId: "local", secretAccessKey: "local" }],
  [
    "http://[::1]:4566",
    { ...own, AWS_SESSION_TOKEN: "token" },
    { accessKeyId: "id", secretAccessKey: "secret", sessionToken: "token" },
  ],
])("a queue at %s gets the environment's credentials, and no profile's", (url, env, expected) => {
  expect(identityFor(url, "work", env)).toEqual({ credentials: expected });
});

test("a queue elsewhere is asked as the profile, or as the SDK finds", () => {
  expect(identityFor("https://localhost.example.org", "work", own)).toEqual({ profile: "work" });
  expect(identityFor("https://sqs.example.org", undefined, own)).toEqual({});
});

test("code that cannot be loaded now is loaded by the next sending", async () => {
  const entries = [{ id: "a" }] as unknown as readonly Entry[];
  const loads = [Promise.reject(new Error("gone")), Promise.resolve()];
  const sink = lazySink("late", async () => {
    await loads.shift();
    return { send: () => Promise.resolve([SENT]), close: () => {} };
  });
  const options = { signal: new AbortController().signal };
  await expect(sink.send(entries, options)).rejects.toThrow("gone");
  expect(await sink.send(entries, options)).toEqual([SENT]);
  sink.close?.();
  expect(await sink.send(entries, options)).toEqual([retry("closed")]);
});

test("a request that fails is an answer without a status", async () => {
  const server = createServer((request) => void request.socket.destroy());
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const agents = await createAgents();
  onTestFinished(() => agents.destroy());
  const url = new URL(`http://127.0.0.1:${port}/v1/traces`);
  const target = { url, headers: {}, agents, timeoutMs: 5000, compress: true };
  const failed = { status: 0, headers: {}, text: "" };
  expect(await post(target, "{}")).toEqual({ ...failed, failure: "ECONNRESET" });
  expect(await post(target, "{}", AbortSignal.abort())).toMatchObject(failed);
  const headers = { "not a name": "x" };
  expect(await post({ ...target, headers }, "{}")).toMatchObject(failed);
});

test("what stderr is told of an answer holds no key and no header", () => {
  const lines: string[] = [];
  const tell = notice("Langfuse", (_, sentence) => void lines.push(sentence));
  const headers = { "set-cookie": "KEY" };
  for (const status of [200, 401, 403, 500])
    tell({ status, headers, text: '{"error":"KEY"}', failure: undefined });
  tell({ status: 0, headers, text: "KEY", failure: "SELF_SIGNED_CERT_IN_CHAIN" });
  expect(lines).toHaveLength(3);
  expect(lines.join("\n")).not.toContain("KEY");
});
