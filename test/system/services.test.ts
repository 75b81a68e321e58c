// Two services in two processes, joined by `traceparent` → one trace in OTLP, and one in Langfuse.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startOtlpServer } from "../../runtime/test/sinks/otlp-server.ts";

const child = fileURLToPath(new URL("services.child.ts", import.meta.url));

test.each(["OTLP", "Langfuse"])("%s shows a call and its answer as one trace", async (way) => {
  const server = await startOtlpServer();
  const env =
    way === "OTLP"
      ? { OTEL_EXPORTER_OTLP_ENDPOINT: server.origin }
      : { LANGFUSE_PUBLIC_KEY: "p", LANGFUSE_SECRET_KEY: "s", LANGFUSE_BASE_URL: server.origin };
  const start = (...args: string[]) =>
    spawn(process.execPath, [child, ...args], { env, stdio: ["pipe", "pipe", "ignore"] });
  const callee = start("callee");
  const [port] = (await once(callee.stdout, "data")) as [Buffer];
  const caller = start("caller", port.toString().trim());
  const [said] = (await once(caller.stdout, "data")) as [Buffer];
  expect(said.toString()).toBe("/HELLO\n");
  callee.stdin.end();
  await Promise.all([once(callee, "exit"), once(caller, "exit")]);

  const spans = server.spans();
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  const byId = new Map(spans.map((span) => [span.spanId, span.name]));
  const outline = spans.map(({ name, parentSpanId }) => {
    const parent = parentSpanId === undefined ? undefined : byId.get(parentSpanId);
    return parent === undefined ? name : `${parent} > ${name}`;
  });
  const request = way === "OTLP" ? "GET" : expect.stringMatching(/^ask > callee_/);
  expect(outline.toSorted()).toEqual(
    way === "OTLP"
      ? ["GET > answer", "ask > GET", "call", "call > ask"]
      : expect.arrayContaining([request, "call", "call > ask"]),
  );
});
