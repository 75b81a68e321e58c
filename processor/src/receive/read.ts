// A message body → what sinks get of it, or why it is no trace.
// Invariant: whatever comes in, nothing is thrown, and no piece of the body stands in the reason.
import { createHash } from "node:crypto";
import { readMessage, WireError } from "llmops-observability/wire";
import type { Entry } from "../sink.ts";
import { faultIn, isTooDeep } from "./check.ts";

export type Read = { readonly entry: Entry } | { readonly poison: string };

const DIGEST_DIGITS = 16;

/** @param maxBytes of the decompressed text */
export function read(body: unknown, maxBytes: number): Read {
  if (typeof body !== "string") return { poison: "The record has no body." };
  try {
    const { trace, text, ...head } = readMessage(body, { maxBytes });
    if (isTooDeep(text)) return { poison: "Its values are nested too deeply." };
    const fault = faultIn(trace, head.event);
    if (fault !== undefined) return { poison: fault };
    const digest = createHash("sha256").update(text).digest("hex").slice(0, DIGEST_DIGITS);
    const id = `${digest}-${head.part ?? 0}`;
    const late = trace.late === true && { late: true };
    return { entry: { id, traceId: trace.trace_id, body, digest, trace, ...head, ...late } };
  } catch (error) {
    return { poison: sentenceOf(error) };
  }
}

/** Node's errors behind a colon may quote the text, as does the name of an unknown type. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof WireError)) return "The message cannot be read.";
  if (/type is /.test(error.message)) return `The message's type is not "trace".`;
  const [sentence = ""] = error.message.split(":");
  return /ERR_BUFFER_TOO_LARGE|larger than/.test(error.message)
    ? `${sentence}: it decompresses to more than it may.`
    : sentence;
}
