// Secrets in every place where a program can put them → none is in a message, and none in the
// spool's files.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joined } from "node:path";
import { gunzipSync } from "node:zlib";
import {
  configure,
  currentSpan,
  currentTrace,
  finalizeAndSend,
  flush,
  shutdown,
  startTrace,
  track,
  trackLlm,
} from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
import { expect, test } from "vitest";
import { NAMES, noise, TEXTS } from "../support/secrets.ts";

/** Puts a text, or a value under a name, wherever a trace takes one. */
function tell(text: string, fields: Readonly<Record<string, unknown>>): void {
  const work = track(function work(plain: unknown, nested: unknown, list: unknown[]) {
    currentSpan()?.update({
      metadata: { note: text, ...fields },
      tags: [text],
      statusMessage: text,
    });
    currentTrace()?.score({ name: text, value: text, comment: text });
    return {
      plain,
      nested,
      list,
      json: JSON.stringify(fields),
      wide: `${"x ".repeat(15_000)}${text}`,
    };
  });
  const fails = track(function fails() {
    const error = new Error(`it failed: ${text}`, { cause: new Error(text) });
    throw Object.assign(error, { request: { headers: fields } });
  });
  const ask = trackLlm(function ask(prompt: string) {
    return `answer: ${prompt}`;
  });
  const instance = new (class Client {
    readonly options = fields;
    readonly url = text;
    call = track(
      function call(this: unknown) {
        return new Map(Object.entries(fields));
      },
      { self: true },
    );
  })();
  startTrace({
    name: text,
    userId: text,
    sessionId: text,
    metadata: { text, ...fields },
    tags: [text],
  });
  work(text, { deep: [fields, text] }, [text]);
  instance.call();
  ask(`${text}\n\n${JSON.stringify(fields)}`);
  try {
    fails();
  } catch {
    // Its error is recorded.
  }
  finalizeAndSend({ traceInput: { text, fields }, traceOutput: [text] });
}

const SECRET = noise(32);
const fields = Object.fromEntries(NAMES.map((name, at) => [name, `${SECRET}${at}`]));

test("no message holds one", async () => {
  const sink = memorySink();
  configure({ sink, durability: "memory" });
  for (const [text] of TEXTS) tell(text, fields);
  await flush();
  const sent = sink.messages().map((body) => {
    const { data } = JSON.parse(body) as { data: string };
    return gunzipSync(Buffer.from(data, "base64")).toString("utf8");
  });
  expect(sent.length).toBe(TEXTS.length);
  for (const [at, trace] of sent.entries()) {
    expect(trace).not.toContain(SECRET);
    const secret = TEXTS[at]?.[1] ?? "";
    expect(trace.includes(secret), `text ${at}`).toBe(false);
    // In JSON inside of JSON, too.
    expect(trace.includes(JSON.stringify(secret).slice(1, -1)), `text ${at}, escaped`).toBe(false);
    expect(trace).toContain("[REDACTED]");
  }
});

test("no file of the spool holds one", async () => {
  const directory = mkdtempSync(joined(tmpdir(), "llmops-secrets-"));
  try {
    configure({ sinks: [], spoolDir: directory, durability: "wal" });
    for (const [text] of TEXTS) tell(text, fields);
    await shutdown();
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const written = files
      .map((entry) => readFileSync(joined(entry.parentPath, entry.name), "utf8"))
      .join("");
    expect(written.length).toBeGreaterThan(10_000);
    expect(written).not.toContain(SECRET);
    for (const [, secret] of TEXTS) expect(written).not.toContain(secret);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
