// JSON → POST → the answer, whatever comes of it.
// Invariant: never rejects; the same text is sent as the same bytes.
import { promisify } from "node:util";
import { gzip, gzipSync, type ZlibOptions } from "node:zlib";
import { type Agents, exchange, headersOf, textOf } from "../http/exchange.ts";
import type { Answer } from "./answer.ts";

/** Below this a request is not compressed: it fits one packet. */
const GZIP_BYTES = 1024;

/** Half of the time of level 6, for requests of the same size within 2 % (measured, Node 24). */
const LEVEL = 3;
/** Up to here on the spot: a trip to the thread pool takes more of this thread than the work. */
const SYNC_LENGTH = 256 * 1024;
const inThreadPool = promisify<string, ZlibOptions, Buffer>(gzip);

function zip(text: string): Buffer | Promise<Buffer> {
  const options = { level: LEVEL };
  return text.length <= SYNC_LENGTH ? gzipSync(text, options) : inThreadPool(text, options);
}

export interface Target {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly agents: Agents;
  /** Longest wait for an answer. */
  readonly timeoutMs: number;
  readonly compress: boolean;
}

/** Counts the bytes of a text only where its length leaves the answer open. */
export function isLonger(text: string, bytes: number): boolean {
  const { length } = text;
  return length > bytes || (length * 3 > bytes && Buffer.byteLength(text) > bytes);
}

/** @param signal ends the request */
export async function post(target: Target, json: string, signal?: AbortSignal): Promise<Answer> {
  try {
    const { protocol, hostname, port, pathname, search } = target.url;
    const compressed = target.compress && isLonger(json, GZIP_BYTES);
    const body = compressed ? await zip(json) : Buffer.from(json);
    const message = await exchange(
      {
        protocol,
        hostname,
        ...(port !== "" && { port: Number(port) }),
        method: "POST",
        path: pathname + search,
        headers: {
          ...target.headers,
          "content-type": "application/json",
          "content-length": String(body.length),
          ...(compressed && { "content-encoding": "gzip" }),
        },
        body,
      },
      target.agents,
      target.timeoutMs,
      signal,
    );
    const text = await textOf(message);
    return {
      status: message.statusCode ?? 0,
      headers: headersOf(message),
      text,
      failure: undefined,
    };
  } catch (error) {
    return { status: 0, headers: {}, text: "", failure: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "Error";
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : error.name;
}
