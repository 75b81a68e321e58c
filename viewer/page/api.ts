// Questions to the server → its answers, or an `ApiFailure` that says what it said.
// Invariant: the token leaves only in the `Authorization` header of a write.
import { segmentOf } from "../src/segment.ts";
import type { ApiError } from "../src/views.ts";

export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  /** 0: the server was not reached. */
  readonly status: number;
  readonly code: string;
  readonly hint: string | undefined;
  readonly position: number | undefined;

  constructor(status: number, said: ApiError["error"]) {
    super(said.message);
    this.status = status;
    this.code = said.code;
    this.hint = said.hint;
    this.position = said.position;
  }
}

const token = document.querySelector<HTMLMetaElement>("meta[name=llmops-token]")?.content ?? "";

export async function ask(path: string, signal?: AbortSignal): Promise<Response> {
  return answered(fetch(path, signal === undefined ? {} : { signal }));
}

/** T is what the contract says of the path. */
export async function read<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await ask(path, signal);
  return (await response.json()) as T;
}

export async function write(
  method: "POST" | "DELETE",
  path: string,
  body?: unknown,
): Promise<Response> {
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  if (body !== undefined) headers["content-type"] = "application/json";
  return answered(
    fetch(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
  );
}

async function answered(sent: Promise<Response>): Promise<Response> {
  let response: Response;
  try {
    response = await sent;
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === "AbortError") throw failure;
    throw new ApiFailure(0, { code: "unreachable", message: "llmops dev does not answer." });
  }
  if (response.ok) return response;
  const text = await response.text();
  throw new ApiFailure(response.status, saidIn(text) ?? unsaid(response.status));
}

function saidIn(text: string): ApiError["error"] | undefined {
  try {
    const { error } = JSON.parse(text) as Partial<ApiError>;
    return typeof error?.message === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}

function unsaid(status: number): ApiError["error"] {
  return { code: "unknown", message: `The server answered with status ${status}.` };
}

/** A path with its parameters; those that are undefined or empty are left out. */
export function pathOf(
  base: string,
  parameters: Readonly<Record<string, string | number | undefined>>,
): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined && value !== "") given.set(name, String(value));
  const text = given.toString();
  return text === "" ? base : `${base}?${text}`;
}

export const traceApi = (id: string): string => `/api/traces/${segmentOf(id)}`;
export const spanApi = (id: string, span: string): string =>
  `${traceApi(id)}/spans/${segmentOf(span)}`;
