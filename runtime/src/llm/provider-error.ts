// What a provider's SDK threw → status, code, request id and retry-after, as one line.
// Invariant: own data properties only, and headers by the platform's own `get`; an error of
// another kind yields nothing.
import {
  asText,
  descendsFrom,
  field,
  firstItem,
  isObject,
  parsedJson,
  textField,
} from "../platform/own-properties.ts";

/** `HTTP 429, rate_limit_exceeded, request id req_1, retry after 20 s`. */
export function providerFacts(thrown: unknown): string | undefined {
  // The AI SDK's `RetryError` holds the last of its attempts; some wrap the provider's error as a
  // cause.
  const error = sourceOf(thrown);
  const response = field(error, "rawResponse") ?? field(error, "$response");
  const metadata = field(error, "$metadata");
  const status =
    statusIn(error) ??
    asStatus(field(metadata, "httpStatusCode")) ??
    asStatus(field(response, "statusCode"));
  const headers =
    field(error, "headers") ?? field(error, "responseHeaders") ?? field(response, "headers");
  if (status === undefined && !isObject(metadata)) return undefined;
  const requestId =
    textField(error, "requestID") ??
    textField(error, "request_id") ??
    textField(metadata, "requestId") ??
    requestIdIn(headers);
  const retryAfter = retryAfterIn(headers);
  const facts = [
    status === undefined ? undefined : `HTTP ${status}`,
    codeOf(error),
    requestId === undefined ? undefined : `request id ${requestId}`,
    retryAfter === undefined ? undefined : `retry after ${retryAfter}`,
  ].filter((fact) => fact !== undefined);
  return facts.length > 0 ? facts.join(", ") : undefined;
}

/** An abort is the caller's own doing: the platform's error, and what SDKs make of it. */
export function isAbort(thrown: unknown): boolean {
  if (!isObject(thrown)) return false;
  const name = textField(thrown, "name") ?? nameOnPrototype(thrown);
  return (
    name === "AbortError" ||
    name === "APIUserAbortError" ||
    className(thrown) === "APIUserAbortError"
  );
}

/**
 * What a provider told as an error among its chunks, as an error of the type that the provider
 * names.
 */
export function toldError(told: unknown): unknown {
  if (typeof told !== "string" && (!isObject(told) || descendsFrom(told, Error.prototype)))
    return told;
  const inner = field(told, "error");
  const body = isObject(inner) ? inner : told;
  const fields = isObject(body)
    ? Object.keys(body).map((key) => [key, field(body, key)] as const)
    : [];
  const error = Object.create(Error.prototype) as object;
  return Object.assign(error, Object.fromEntries(fields), {
    name: nameOf(body) ?? "Error",
    message: asText(body) ?? textField(body, "message") ?? "",
  });
}

function nameOf(body: unknown): string | undefined {
  const code = field(body, "code");
  // OpenRouter's code is a status.
  const status = typeof code === "number" ? String(code) : undefined;
  return asText(code) ?? textField(body, "type") ?? textField(body, "status") ?? status;
}

const NESTED: readonly string[] = ["lastError", "cause"];

function sourceOf(thrown: unknown): unknown {
  let error = thrown;
  for (let depth = 0; depth < 4 && isObject(error); depth++) {
    const known = statusIn(error) !== undefined || isObject(field(error, "$metadata"));
    const inner = NESTED.map((name) => field(error, name)).find(isObject);
    if (known || inner === undefined) return error;
    error = inner;
  }
  return thrown;
}

function statusIn(error: unknown): number | undefined {
  return (
    asStatus(field(error, "status")) ??
    asStatus(field(error, "statusCode")) ??
    asStatus(field(error, "status_code"))
  );
}

function asStatus(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 100 && value < 600
    ? value
    : undefined;
}

/** The provider's own name of what went wrong, wherever it puts it. */
function codeOf(error: unknown): string | undefined {
  const body =
    field(error, "error") ??
    field(error, "data") ??
    parsedJson(field(error, "body")) ??
    field(error, "body") ??
    parsedJson(field(error, "responseBody")) ??
    // Gemini's message is the body.
    parsedJson(field(error, "message"));
  const inner = field(firstItem(body) ?? body, "error") ?? body;
  const code =
    textField(error, "code") ??
    textField(inner, "code") ??
    asText(field(inner, "status")) ??
    textField(error, "type") ??
    textField(inner, "type") ??
    (isObject(field(error, "$metadata")) ? textField(error, "name") : undefined);
  return code === undefined || code.length > 80 ? undefined : code;
}

const REQUEST_ID_HEADERS: readonly string[] = [
  "x-request-id",
  "request-id",
  "x-amzn-requestid",
  "x-goog-request-id",
  "mistral-correlation-id",
  "x-debug-trace-id",
];

function requestIdIn(headers: unknown): string | undefined {
  for (const name of REQUEST_ID_HEADERS) {
    const id = headerIn(headers, name);
    if (id !== undefined) return id;
  }
  return undefined;
}

function retryAfterIn(headers: unknown): string | undefined {
  const milliseconds = headerIn(headers, "retry-after-ms");
  if (milliseconds !== undefined) return `${milliseconds} ms`;
  const after = headerIn(headers, "retry-after");
  return after !== undefined && /^\d+(?:\.\d+)?$/.test(after) ? `${after} s` : after;
}

/** Of the platform's `Headers`, or of a plain object of headers. */
function headerIn(headers: unknown, name: string): string | undefined {
  if (!isObject(headers)) return undefined;
  const plain = textField(headers, name);
  // We compare the name first: asking for `Headers` makes Node load its fetch.
  if (plain !== undefined || className(headers) !== "Headers") return plain;
  try {
    return asText(Reflect.apply(globalThis.Headers.prototype.get, headers, [name]));
  } catch {
    return undefined;
  }
}

/**
 * Status and request id of a `Response` that was asked for instead of what is in it; undefined for
 * anything else.
 */
export function rawResponseFacts(value: unknown): string | undefined {
  // We compare the name first: asking for `Response` makes Node load its fetch.
  if (!isObject(value) || className(value) !== "Response") return undefined;
  try {
    const { prototype } = globalThis.Response;
    if (!descendsFrom(value, prototype)) return undefined;
    const read = (name: string): unknown =>
      Object.getOwnPropertyDescriptor(prototype, name)?.get?.call(value);
    const requestId = requestIdIn(read("headers"));
    const status = `HTTP ${String(read("status"))}`;
    return requestId === undefined ? status : `${status}, request id ${requestId}`;
  } catch {
    return undefined;
  }
}

/** Of a result that is a raw response, or holds one. */
export function responseFacts(result: unknown): string | undefined {
  return (
    rawResponseFacts(result) ??
    rawResponseFacts(field(result, "response")) ??
    copiedResponseFacts(field(result, "rawResponse"))
  );
}

/** Cohere's `withRawResponse()` has a copy of the response's facts. */
function copiedResponseFacts(raw: unknown): string | undefined {
  const status = asStatus(field(raw, "status"));
  if (status === undefined) return undefined;
  const requestId = requestIdIn(field(raw, "headers"));
  return requestId === undefined ? `HTTP ${status}` : `HTTP ${status}, request id ${requestId}`;
}

function className(value: object): string | undefined {
  const prototype = Object.getPrototypeOf(value) as unknown;
  const made = field(prototype, "constructor");
  return typeof made === "function"
    ? asText(Object.getOwnPropertyDescriptor(made, "name")?.value)
    : undefined;
}

const domNameOf = Object.getOwnPropertyDescriptor(DOMException.prototype, "name")?.get;

/**
 * The name of a `DOMException` is a getter of the platform, that of other errors stands on a
 * prototype.
 */
function nameOnPrototype(value: object): string | undefined {
  try {
    const name: unknown = domNameOf?.call(value);
    if (typeof name === "string") return name;
  } catch {
    // Not one.
  }
  for (let holder = Object.getPrototypeOf(value) as object | null; holder !== null;) {
    const name = textField(holder, "name");
    if (name !== undefined) return name;
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  return undefined;
}
