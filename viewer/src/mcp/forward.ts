// A call of a tool → the same call of the `llmops dev` that has the store, and its answer.
import type { CallToolResult } from "@modelcontextprotocol/server";
import type { Ask } from "./server.ts";

/** The server answers a query in tenths of a second; coverage of many projects takes longer. */
const LONGEST_MS = 30_000;

/** @param url of the server @throws where it cannot be reached */
export async function forward(url: string, name: string, ask: Ask): Promise<CallToolResult> {
  const response = await fetch(new URL("/mcp", url), {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name, arguments: ask },
    }),
    signal: AbortSignal.timeout(LONGEST_MS),
  });
  const text = await response.text();
  const { result, error } = messageOf(text, response.headers.get("content-type") ?? "");
  if (result === undefined) throw new Error(error?.message ?? `It answered ${response.status}.`);
  return result;
}

interface Message {
  readonly result?: CallToolResult;
  readonly error?: { readonly message: string };
}

/** Alone, or as the last event of a stream. */
function messageOf(text: string, type: string): Message {
  if (!type.startsWith("text/event-stream")) return JSON.parse(text) as Message;
  const data = text
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length).trim())
    .findLast((line) => line !== "");
  return JSON.parse(data ?? "{}") as Message;
}
