// A thousand requests of all kinds, a hundred at a time, from another process → one trace each, with
// its own functions in it; and bytes that are the bare server's.
import { execFile } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { configure, flush } from "../../src/index.ts";
import { memorySink } from "../../src/testing.ts";
import type { WireTrace } from "../../src/wire.ts";
import { APPS } from "./apps.ts";
import { type Kind, kindOf, type Returned } from "./load.ts";
import { outline } from "./outline.ts";

afterEach(() => configure({ sink: memorySink() }));

const REQUESTS = 1_000;
const AT_ONCE = 100;

async function load(origin: string): Promise<readonly Returned[]> {
  const child = fileURLToPath(new URL("load.child.ts", import.meta.url));
  const args = [child, origin, String(REQUESTS), String(AT_ONCE)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 26 });
  return (JSON.parse(stdout) as Returned[]).toSorted((a, b) => Number(a.id) - Number(b.id));
}

interface Http {
  readonly method: string;
  readonly path: string;
  readonly status_code: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly aborted: boolean;
}

/** What a trace shows of its request. */
function shown(trace: WireTrace): object {
  const {
    method,
    path,
    status_code: code,
    headers,
    aborted,
  } = trace.metadata["http"] as never as Http;
  const { "x-request-id": id, authorization } = headers;
  const { spans, status, status_message: message } = trace;
  const answered = spans.find(({ span_name: name }) => name === "answer")?.input_data.args;
  return {
    id,
    authorization,
    method,
    path,
    code,
    aborted,
    outline: outline(trace),
    answered,
    status,
    message,
  };
}

const WORK = ["answer", "answer > look_up"];

/** What a trace of a request has to show. */
function expected(framework: string, number: number): object {
  const id = String(number);
  const ok = { method: "GET", code: 200, aborted: false, outline: [] as readonly string[] };
  const listens = framework === "node:http" || framework === "Koa";
  const by: Readonly<Record<Kind, object>> = {
    user: { path: `/users/${id}`, outline: WORK, answered: [id] },
    head: { method: "HEAD", path: `/users/${id}`, outline: WORK, answered: [id] },
    body: {
      method: "POST",
      path: "/echo",
      outline: listens ? ["look_up", ...WORK] : WORK,
      answered: [framework === "node:http" ? JSON.stringify({ id }) : id],
    },
    stream: { path: "/stream", outline: ["chunk", "chunk", "chunk"] },
    missing: { path: `/missing/${id}`, code: 404 },
    failing: {
      path: "/fail",
      code: 500,
      status: "error",
      message: framework === "node:http" ? "HTTP 500" : "Broken: no luck",
    },
    aborted: { path: "/hang", aborted: true, status: "error", message: "aborted" },
  };
  return { id, authorization: "[REDACTED]", ...ok, ...by[kindOf(number)] };
}

describe.each(Object.entries(APPS))("%s", (framework, start) => {
  test("1,000 requests, 100 at a time: each its own trace, none mixed", async () => {
    const bare = await start(undefined);
    onTestFinished(() => bare.close());
    const returnedBare = await load(bare.origin);
    const sink = memorySink();
    configure({ sink, projectId: "shop" });
    const app = await start({ headers: ["authorization"] });
    onTestFinished(() => app.close());
    expect(await load(app.origin)).toEqual(returnedBare);
    for (let tries = 0; tries < 200 && sink.messages().length < REQUESTS; tries++) {
      await flush();
      await sleep(10);
    }
    const traces = sink.traces().map(shown) as { readonly id: string }[];
    expect(traces.toSorted((a, b) => Number(a.id) - Number(b.id))).toEqual(
      Array.from({ length: REQUESTS }, (_, number) => expected(framework, number)),
    );
  });

  test("each byte of an answer is the bare server's", async () => {
    const bare = await start(undefined);
    onTestFinished(() => bare.close());
    configure({ sink: memorySink() });
    const app = await start({});
    onTestFinished(() => app.close());
    const requests = [
      "GET /users/7 HTTP/1.1",
      "HEAD /users/7 HTTP/1.1",
      "GET /users/7 HTTP/1.0",
      "GET /stream HTTP/1.1",
      "GET /missing HTTP/1.1",
      "GET /fail HTTP/1.1",
      "GET /teapot HTTP/1.1",
      "OPTIONS /users/7 HTTP/1.1",
      "nonsense",
    ];
    for (const line of requests)
      expect(await raw(app.origin, line), line).toBe(await raw(bare.origin, line));
  });
});

/** All that a server sends for two requests in one packet, but for the time of day. */
function raw(origin: string, line: string): Promise<string> {
  const { port } = new URL(origin);
  const socket = connect(Number(port), "127.0.0.1");
  const asked = (more: string): string => `${line}\r\nhost: x\r\n${more}\r\n`;
  const isStream = line.includes("/stream");
  socket.write((isStream ? "" : asked("")) + asked("connection: close\r\n"));
  return new Promise((done) => {
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      // Hono leaves the connection of a stream open for six seconds, traced or not.
      if (isStream && text.endsWith("\r\n0\r\n\r\n")) socket.destroy();
    });
    socket.on("close", () => done(text.replaceAll(/^date: .*$/gim, "date")));
  });
}
