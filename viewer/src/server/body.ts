// A request's body → its bytes or its JSON, within bounds.
// Invariant: nothing is kept beyond the bound, zipped or not; deep JSON is never parsed.
import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import zlib from "node:zlib";
import { DEEPEST, isDeeper } from "../formats/depth.ts";
import { Problem } from "./problem.ts";

const MIB = 1024 * 1024;

export interface Bounds {
  readonly bytes: number;
  /** Of what a zipped body holds. Absent: none may be zipped. */
  readonly unzipped?: number;
}

export const BOUNDS: Readonly<Record<"command" | "otlp" | "import" | "queue", Bounds>> = {
  command: { bytes: 64 * 1024 },
  otlp: { bytes: 8 * MIB, unzipped: 32 * MIB },
  import: { bytes: 64 * MIB, unzipped: 256 * MIB },
  /** Ten messages of at most 1 MiB, and JSON around them. */
  queue: { bytes: 8 * MIB },
};

const gunzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip);

/** @throws {Problem} 413, 415, 400 */
export async function readBody(incoming: IncomingMessage, bounds: Bounds): Promise<Buffer> {
  const encoding = incoming.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  const zipped = encoding === "gzip" || encoding === "x-gzip";
  if (!(encoding === "identity" || (zipped && bounds.unzipped !== undefined))) {
    incoming.resume();
    throw new Problem(415, "unsupported_media_type", "This content-encoding is not read here.");
  }
  const bytes = await collect(incoming, bounds.bytes);
  if (!zipped) return bytes;
  try {
    return await gunzip(bytes, { maxOutputLength: bounds.unzipped });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge();
    throw new Problem(400, "bad_request", "The body is not gzip, as its content-encoding says.");
  }
}

function collect(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const refuse = (problem: Problem): void => {
      chunks.length = 0;
      // The rest is read and dropped, or the client would never read the answer.
      incoming.removeAllListeners("data").resume();
      reject(problem);
    };
    if (Number(incoming.headers["content-length"] ?? 0) > limit) return refuse(tooLarge());
    incoming.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) refuse(tooLarge());
      else chunks.push(chunk);
    });
    incoming.once("end", () => resolve(Buffer.concat(chunks)));
    incoming.once("error", () => reject(cutOff()));
    incoming.once("close", () => reject(cutOff()));
  });
}

const tooLarge = (): Problem =>
  new Problem(413, "too_large", "The body is larger than this server takes.");
const cutOff = (): Problem => new Problem(400, "bad_request", "The body ended before its end.");

/** @throws {Problem} 400 */
export function jsonIn(bytes: Buffer): unknown {
  const text = bytes.toString("utf8");
  if (isDeeper(text, DEEPEST))
    throw new Problem(400, "bad_request", "The JSON is nested too deeply.");
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Problem(400, "bad_request", "The body is not JSON.");
  }
}
