// The other end of every exporter, a process of its own on loopback: requests → how often a span's
// name, and a mark, stand in them.
// POST /watch {name, mark} begins to count anew, POST /count answers {spans, marks}; every other
// request is somebody's export.
// POST /watch {traces} keeps what comes until /count, so that reading it costs nobody's time, and
// counts the marks of each trace.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";

interface Watched {
  readonly name?: string;
  readonly mark?: string;
  /** Matches the mark of a trace, which stands in each of its values. */
  readonly traces?: string;
}

interface Export {
  readonly path: string;
  readonly encoding: string | undefined;
  readonly body: Buffer;
}

/** LangSmith sends a span's end as a part of its own, with the name once more. */
const UPDATE = /^ form-data; name="patch\./;

let watched: Watched = {};
let spans = 0;
let marks = 0;
let bytes = 0;
let lastAtMs = 0;
let kept: Export[] = [];
const seen = new Map<string, number>();

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    response.setHeader("content-type", "application/json");
    response.end(answer(request, Buffer.concat(chunks)));
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address) process.send?.(address.port);
});
process.on("disconnect", () => process.exit());

function answer({ url = "/", headers }: IncomingMessage, body: Buffer): string {
  if (url === "/count") return JSON.stringify(counted());
  if (url === "/watch") {
    watched = JSON.parse(body.toString()) as Watched;
    spans = marks = bytes = 0;
    kept = [];
    seen.clear();
    return "{}";
  }
  const one: Export = { path: url, encoding: headers["content-encoding"], body };
  bytes += body.length;
  lastAtMs = Date.now();
  if (watched.traces === undefined) tally(one);
  else kept.push(one);
  return headers["x-amz-target"] === undefined ? "{}" : stored(body);
}

function counted(): object {
  if (watched.traces === undefined) return { spans, marks };
  const mark = new RegExp(watched.traces, "g");
  for (const one of kept)
    for (const text of textsOf(one))
      for (const [trace] of text.matchAll(mark)) seen.set(trace, (seen.get(trace) ?? 0) + 1);
  kept = [];
  return { bytes, lastAtMs, seen: Object.fromEntries(seen) };
}

function tally(one: Export): void {
  for (const text of textsOf(one)) {
    for (const part of text.split("Content-Disposition:"))
      if (!UPDATE.test(part)) spans += occurrences(part, `name":"${watched.name}"`);
    if (watched.mark !== undefined) marks += occurrences(text, watched.mark);
  }
}

function textsOf({ path, encoding, body }: Export): readonly string[] {
  const text = (encoding === "gzip" ? gunzipSync(body) : body).toString();
  if (path === "/llmops") return (JSON.parse(text) as string[]).map(unpacked);
  return text.startsWith('{"Entries"') || text.includes('"MessageBody"')
    ? entriesOf(text).map(({ MessageBody }) => unpacked(MessageBody))
    : [text];
}

interface QueueEntry {
  readonly Id: string;
  readonly MessageBody: string;
}

function entriesOf(request: string): readonly QueueEntry[] {
  return (JSON.parse(request) as { Entries: readonly QueueEntry[] }).Entries;
}

/** As SQS answers SendMessageBatch. */
function stored(request: Buffer): string {
  const Successful = entriesOf(request.toString()).map(({ Id, MessageBody }) => ({
    Id,
    MessageId: Id,
    MD5OfMessageBody: createHash("md5").update(MessageBody).digest("hex"),
  }));
  return JSON.stringify({ Successful });
}

function unpacked(message: string): string {
  const { data } = JSON.parse(message) as { data: string };
  return gunzipSync(Buffer.from(data, "base64")).toString();
}

function occurrences(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) count++;
  return count;
}
