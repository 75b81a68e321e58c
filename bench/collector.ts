// The other end of every exporter, a process of its own on loopback: requests → how often a span's name, and a mark, stand in them.
// POST /watch {name, mark} begins to count anew, POST /count answers {spans, marks}; every other request is somebody's export.
import { createServer, type IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";

interface Watched {
  readonly name: string;
  readonly mark: string | undefined;
}

/** LangSmith sends a span's end as a part of its own, with the name once more. */
const UPDATE = /^ form-data; name="patch\./;

let watched: Watched = { name: "", mark: undefined };
let spans = 0;
let marks = 0;

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
  const text = (headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString();
  if (url === "/count") return JSON.stringify({ spans, marks });
  if (url === "/watch") {
    watched = JSON.parse(text) as Watched;
    spans = marks = 0;
  } else if (url === "/llmops") {
    for (const message of JSON.parse(text) as string[]) tally(unpacked(message));
  } else {
    tally(text);
  }
  return "{}";
}

function tally(text: string): void {
  for (const part of text.split("Content-Disposition:"))
    if (!UPDATE.test(part)) spans += occurrences(part, `name":"${watched.name}"`);
  if (watched.mark !== undefined) marks += occurrences(text, watched.mark);
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
