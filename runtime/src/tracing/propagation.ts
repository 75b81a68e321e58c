// Requests that the program makes in a trace → the same with `traceparent`, if that is asked for.
// Invariant: one that has a `traceparent` of its own is left as it is; nothing here throws into the
// program.
import type { ClientRequest } from "node:http";
import { diagnosticsChannel } from "../platform/node.ts";
import { count } from "../platform/report.ts";
import { currentPlace } from "./place.ts";
import { onSettings } from "./settings.ts";
import { traceHeadersAt } from "./trace-parent.ts";

/**
 * All requests, none, or those whose URL (without its query) begins with a text or matches a
 * pattern.
 */
type Propagate = boolean | readonly (string | RegExp)[];

let wanted: Propagate = false;

/** `fetch`, and undici by itself. */
const UNDICI = "undici:request:create";
/** `node:http` and `node:https`, from Node 22.12 on. */
const HTTP = "http.client.request.created";

function setPropagate(next: Propagate): void {
  const was = wanted !== false;
  // A pattern with a memory would match every other time.
  wanted = typeof next === "boolean" ? next : next.map(withoutMemory);
  if (was === (wanted !== false)) return;
  const { subscribe, unsubscribe } = diagnosticsChannel();
  const change = was ? unsubscribe : subscribe;
  change?.(UNDICI, onUndici);
  change?.(HTTP, onHttp);
}

/** Follows the settings from now on. */
export function startPropagation(): void {
  onSettings(({ propagate }) => setPropagate(propagate));
}

function withoutMemory(pattern: string | RegExp): string | RegExp {
  return typeof pattern === "string"
    ? pattern
    : new RegExp(pattern.source, pattern.flags.replaceAll(/[gy]/g, ""));
}

interface UndiciRequest {
  readonly origin?: unknown;
  readonly path?: unknown;
  readonly headers?: unknown;
  addHeader(name: string, value: string): unknown;
}

function onUndici(message: unknown): void {
  guarded(() => {
    const { request } = message as { request: UndiciRequest };
    const { headers, origin, path } = request;
    if (hasOwnParent(headers) || !isWanted(`${String(origin)}${String(path)}`)) return;
    for (const [name, value] of ours()) request.addHeader(name, value);
  });
}

/** A flat list of names and values, or the text of them in older versions. */
function hasOwnParent(headers: unknown): boolean {
  if (typeof headers === "string") return /^traceparent:/im.test(headers);
  return (
    Array.isArray(headers) &&
    headers.some((text, at) => at % 2 === 0 && String(text).toLowerCase() === "traceparent")
  );
}

function onHttp(message: unknown): void {
  guarded(() => {
    const { request } = message as { request: ClientRequest };
    // Headers that were given as a list are written already.
    if (request.headersSent || request.hasHeader("traceparent")) return;
    const { protocol, host, path } = request;
    if (!isWanted(`${protocol}//${String(request.getHeader("host") ?? host)}${path}`)) return;
    for (const [name, value] of ours()) request.setHeader(name, value);
  });
}

function ours(): readonly (readonly [string, string])[] {
  const place = currentPlace();
  return place === undefined ? [] : Object.entries(traceHeadersAt(place));
}

function isWanted(url: string): boolean {
  if (typeof wanted === "boolean") return wanted;
  const [bare = ""] = url.split(/[?#]/, 1);
  return wanted.some((one) => (typeof one === "string" ? bare.startsWith(one) : one.test(bare)));
}

/** What a subscriber throws ends the program. */
function guarded(task: () => void): void {
  try {
    task();
  } catch {
    count("not_propagated");
  }
}
