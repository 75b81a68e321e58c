// What the environment names → the sinks of a handler, without a line of code.
import { ConfigError, createHandler, type Failure } from "llmops-processor";
import { afterEach, describe, expect, test, vi } from "vitest";
import { failuresOf, recordOf } from "../deliver/setup.ts";
import { type LoopbackServer, startServer } from "../sinks/setup.ts";

const ALL = {
  LANGFUSE_PUBLIC_KEY: "pk",
  LANGFUSE_SECRET_KEY: "sk",
  OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
  LLMOPS_S3_BUCKET: "traces",
  NEW_RELIC_LICENSE_KEY: "key",
  DD_API_KEY: "key",
  LLMOPS_METRICS: "emf",
  LLMOPS_DB: "/tmp/never-opened.db",
};
function set(variables: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(ALL)) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}
afterEach(() => vi.unstubAllEnvs());

test("every sink has its variables, and its name", () => {
  set(ALL);
  expect(Object.keys(createHandler().stats().sinks)).toEqual([
    "langfuse",
    "otlp",
    "s3",
    "new-relic",
    "datadog",
    "cloudwatch",
    "local",
  ]);
});

describe("is refused at once where", () => {
  test.each([
    ["nothing is set", {}, /names no sink/],
    ["half of Langfuse is set", { LANGFUSE_PUBLIC_KEY: "pk" }, /LANGFUSE_SECRET_KEY/],
    ["the other half is", { LANGFUSE_SECRET_KEY: "sk" }, /LANGFUSE_PUBLIC_KEY/],
    ["the layout is none", { LLMOPS_S3_BUCKET: "b", LLMOPS_S3_LAYOUT: "x" }, /LLMOPS_S3_LAYOUT/],
    ["the metrics are none", { LLMOPS_METRICS: "statsd" }, /LLMOPS_METRICS/],
    ["a URL is none", { DD_API_KEY: "k", LLMOPS_DATADOG_ENDPOINT: "x" }, /LLMOPS_DATADOG_ENDPOINT/],
  ])("%s", (_, variables, sentence) => {
    set(variables);
    expect(() => createHandler()).toThrow(ConfigError);
    expect(() => createHandler()).toThrow(sentence);
    expect(() => createHandler()).toThrow(/LLMOPS4007/);
  });
});

test("what cannot be understood of OpenTelemetry's variables is said", () => {
  set({ ...ALL, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" });
  const heard: Failure[] = [];
  createHandler({ onError: (failure) => void heard.push(failure) });
  expect(heard).toMatchObject([{ code: "LLMOPS4007" }]);
});

describe("traces reach", () => {
  const servers: LoopbackServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  const started = async (): Promise<LoopbackServer> => {
    const server = await startServer();
    servers.push(server);
    return server;
  };

  test("Langfuse, OTLP, New Relic and Datadog as they are set", async () => {
    const [langfuse, otlp, newRelic, datadog] = await Promise.all([1, 2, 3, 4].map(started));
    set({
      LANGFUSE_PUBLIC_KEY: "pk",
      LANGFUSE_SECRET_KEY: "sk",
      LANGFUSE_BASE_URL: langfuse?.url ?? "",
      OTEL_EXPORTER_OTLP_ENDPOINT: otlp?.url ?? "",
      NEW_RELIC_LICENSE_KEY: "key",
      NEW_RELIC_OTLP_ENDPOINT: newRelic?.url ?? "",
      DD_API_KEY: "key",
      LLMOPS_DATADOG_ENDPOINT: `${datadog?.url}/spans`,
    });
    const now = Date.now() / 1000;
    const one = await recordOf({ start_time: now - 1, end_time: now, spans: [] });
    expect(failuresOf(await createHandler()({ Records: [one] }))).toEqual([]);
    expect(langfuse?.received).toMatchObject([{ path: "/api/public/otel/v1/traces" }]);
    expect(otlp?.received).toMatchObject([{ path: "/v1/traces" }]);
    expect(newRelic?.received).toMatchObject([{ path: "/v1/traces" }]);
    expect(datadog?.received).toMatchObject([{ path: "/spans" }]);
  });
});
