import { ConfigError } from "../../src/config/config-error.ts";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { OPTION_TABLE } from "../../src/config/table.ts";
import type { ConfigureOptions } from "../../src/config/options.ts";
import { readDotenv, resolveOptions } from "../../src/config/resolve.ts";
import { memorySink } from "../../src/testing.ts";

/** As a JavaScript user may pass them. */
const untyped = (options: unknown): ConfigureOptions => options as ConfigureOptions;

test("explicit wins over environment, environment over .env, .env over the default", () => {
  const env = { PROJECT_ID: "from-env", ENV: "from-env" };
  const dotenv = { PROJECT_ID: "from-file", ENV: "from-file", MODEL_ID: "from-file" };
  const { options, warnings } = resolveOptions({ projectId: "explicit" }, env, dotenv);
  expect(options).toMatchObject({
    projectId: "explicit",
    environment: "from-env",
    modelId: "from-file",
  });
  expect(options.sqs.region).toBe("us-east-1");
  expect(warnings).toEqual([]);
});

test("with nothing set, every option has the table's default", () => {
  const { options } = resolveOptions({}, {}, {});
  for (const [path, row] of Object.entries(OPTION_TABLE)) {
    const value = path
      .split(".")
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], options);
    expect(value, path).toEqual(row.default);
  }
});

test("every variable of the environment that the table names is read", () => {
  const samples: Record<string, string> = {
    LLMOPS_ENABLED: "false",
    LLMOPS_SAMPLE_RATE: "0.25",
    LLMOPS_DURABILITY: "memory",
    LLMOPS_DEBUG: "1",
    LLMOPS_KEEP_ERRORS: "yes",
    LLMOPS_PROPAGATE: "true",
    LLMOPS_WIRE: "events",
    LANGFUSE_VERIFY_SSL: "no",
    LANGFUSE_DEBUG: "true",
    AWS_SQS_URL: "https://example.org/1/q",
    AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:1",
    LANGFUSE_BASE_URL: "https://example.org",
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://example.org/v1/traces",
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: "a=1,b=%20",
    OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: "none",
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: "100",
    OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: "true",
    OTEL_RESOURCE_ATTRIBUTES: "host.role=web",
  };
  for (const [path, row] of Object.entries(OPTION_TABLE)) {
    if (row.env === undefined) continue;
    const { options, warnings } = resolveOptions(
      {},
      { [row.env]: samples[row.env] ?? "some text" },
      {},
    );
    const value = path
      .split(".")
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], options);
    expect(warnings, row.env).toEqual([]);
    expect(value, row.env).not.toEqual(row.default);
  }
});

test("a bad or empty variable costs the default, the bad one a warning that names it", () => {
  const env = {
    LLMOPS_SAMPLE_RATE: "often",
    LLMOPS_DURABILITY: "paper",
    AWS_SQS_URL: "",
    LLMOPS_ENABLED: " ",
  };
  const { options, warnings } = resolveOptions({}, env, {});
  expect(options).toMatchObject({ sampleRate: 1, durability: "wal", enabled: true });
  expect(options.sqs.url).toBeUndefined();
  expect(warnings).toEqual([
    'LLMOPS_SAMPLE_RATE must be a number from 0 to 1, but is "often": 1 is used.',
    'LLMOPS_DURABILITY must be one of "wal", "fsync", "spill", "memory", but is "paper": wal is used.',
  ]);
});

test("a warning does not print what may be a secret", () => {
  const { warnings } = resolveOptions(
    {},
    { AWS_SQS_URL: "user:hunter2@queue.example.org/with/a/path" },
    {},
  );
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).not.toContain("hunter2");
});

test.each<[string, unknown, RegExp]>([
  [
    "an unknown option, with the nearest",
    { projectID: "x" },
    /no option projectID\. Did you mean projectId\?/,
  ],
  [
    "an unknown option of a section",
    { sqs: { batchsize: 5 } },
    /no option sqs\.batchsize\. Did you mean sqs\.batchSize\?/,
  ],
  ["an option far from any", { qqqqqqqqqqqqqqqq: 1 }, /no option qqqqqqqqqqqqqqqq\. See the table/],
  [
    "a text for a number",
    { sqs: { batchSize: "5" } },
    /sqs\.batchSize must be a whole number from 1 to 10, got a string/,
  ],
  [
    "a number out of range",
    { sqs: { batchSize: 11 } },
    /sqs\.batchSize must be a whole number from 1 to 10, got a number/,
  ],
  [
    "no URL",
    { sqs: { url: "queue" } },
    /sqs\.url must be an http:\/\/ or https:\/\/ URL, got a string\. Pass one, leave it out, or set AWS_SQS_URL/,
  ],
  ["a section that is no object", { sqs: 3 }, /sqs must be an object of options, got a number/],
  ["a sink without send", { sink: {} }, /sinks must be a list of sinks/],
  ["sink and sinks", { sink: memorySink(), sinks: [] }, /either sink or sinks/],
  [
    "a pattern that is text",
    { redact: { patterns: ["x"] } },
    /redact\.patterns must be a list of regular expressions, got a list/,
  ],
  ["null", { projectId: null }, /projectId must be a non-empty string, got null/],
  ["no object at all", "x", /takes an object of options, not a string/],
  ["a key of every object", { toString: 1 }, /no option toString/],
])("configure refuses %s", (_, given, sentence) => {
  expect(() => resolveOptions(untyped(given), {}, {})).toThrow(ConfigError);
  expect(() => resolveOptions(untyped(given), {}, {})).toThrow(sentence);
});

test("undefined counts as not given", () => {
  const { options } = resolveOptions(
    { projectId: undefined, sqs: { url: undefined } },
    { PROJECT_ID: "p" },
    {},
  );
  expect(options.projectId).toBe("p");
});

test("sink is short for a list of one", () => {
  const sink = memorySink();
  expect(resolveOptions({ sink }, {}, {}).options.sinks).toEqual([sink]);
});

test.each([
  ["https://sqs.eu-west-1.amazonaws.com/1/q", {}, "eu-west-1"],
  ["https://sqs.us-gov-west-1.amazonaws.com/1/q", {}, "us-gov-west-1"],
  ["https://sqs.eu-west-1.amazonaws.com/1/q", { AWS_REGION: "eu-north-1" }, "eu-north-1"],
  ["http://127.0.0.1:4566/1/q", {}, "us-east-1"],
])("the region of %s with %o is %s", (url, env, region) => {
  expect(resolveOptions({ sqs: { url } }, env, {}).options.sqs.region).toBe(region);
});

test("resolving twice shares nothing that could be changed by the other", () => {
  const first = resolveOptions({}, {}, {}).options;
  first.sqs.workers = 1;
  expect(resolveOptions({}, {}, {}).options.sqs.workers).toBe(4);
});

test(".env is read from a directory, and an absent one is empty", () => {
  const directory = mkdtempSync(join(tmpdir(), "llmops-options-"));
  expect(readDotenv(directory)).toEqual({});
  writeFileSync(join(directory, ".env"), '# a comment\nPROJECT_ID="shop"\nENV=uat # inline\n');
  expect(readDotenv(directory)).toEqual({ PROJECT_ID: "shop", ENV: "uat" });
});
