// A directory → a whole `llmops dev` without its process: store, queue, server; and requests to it,
// also such as no client sends.
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { devOptions, type DevFlags } from "../../src/cli/dev/options.ts";
import { startServing, type Serving } from "../../src/cli/dev/serving.ts";
import { tellingTo } from "../../src/cli/dev/told.ts";

export interface Dev extends Serving {
  readonly root: string;
  readonly url: string;
  readonly token: string;
  /** A path → the answer. */
  get(path: string, init?: RequestInit): Promise<Response>;
  /** With the token and a JSON body. */
  send(method: string, path: string, body?: unknown): Promise<Response>;
  /** Bytes as they are → the whole answer. `PORT` stands for the server's port. */
  raw(text: string): Promise<Raw>;
  end(): Promise<void>;
}

interface Raw {
  /** 0: the connection was closed without an answer. */
  readonly status: number;
  readonly text: string;
}

export async function startDev(
  flags: DevFlags = {},
  { root = temporary(), env = {} }: { root?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Dev> {
  const surroundings = { cwd: root, env, isTTY: false };
  const options = devOptions({ port: "0", spool: false, ...flags }, [], surroundings);
  const told = tellingTo(
    true,
    () => {},
    () => {},
  );
  const serving = await startServing(options, told, () => null);
  const { url, port, token } = serving.about;
  const send: Dev["send"] = (method, path, body) =>
    fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  return {
    ...serving,
    root,
    url,
    token,
    get: (path, init) => fetch(url + path, init),
    send,
    raw: (text) => rawRequest(port, text.replaceAll("PORT", String(port))),
    async end() {
      await serving.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export function temporary(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "llmops-dev-")));
}

function rawRequest(port: number, text: string): Promise<Raw> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    const done = (): void => {
      socket.destroy();
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0), text: answer });
    };
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      answer += chunk;
      const [head = "", body = ""] = answer.split("\r\n\r\n", 2);
      const length = /content-length: (\d+)/i.exec(head)?.[1];
      if (length !== undefined && Buffer.byteLength(body) >= Number(length)) done();
    });
    socket.once("close", done);
    socket.once("error", done);
  });
}

/** A trace as a program sends it. */
export function wireTrace(id: string, more: object = {}, spans: readonly object[] = []): object {
  return {
    trace_id: id,
    trace_name: "question",
    project_id: "shop",
    environment: "test",
    start_time: 1_795_841_314,
    end_time: 1_795_841_315,
    duration_ms: 1000,
    spans,
    ...more,
  };
}

export function wireSpan(id: string, more: object = {}): object {
  return {
    span_id: id,
    span_name: "pay",
    span_type: "span",
    parent_span_id: null,
    start_time: 1_795_841_314,
    end_time: 1_795_841_315,
    duration_ms: 1000,
    input_data: { args: [], kwargs: {}, locals: {} },
    output_data: { output: null },
    status: "success",
    ...more,
  };
}
