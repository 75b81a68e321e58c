// A request that cannot be answered → the error that is told, as JSON.
// Invariant: no stack, and nothing of the request, stands in it.
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ApiError } from "../views.ts";

/** Thrown where a request cannot be answered; the sentence is for people. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: ContentfulStatusCode;
  readonly told: ApiError;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: ContentfulStatusCode,
    code: string,
    message: string,
    {
      headers = {},
      ...about
    }: { hint?: string; field?: string; position?: number; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.status = status;
    this.headers = headers;
    this.told = { error: { code, message, ...about } };
  }
}

export const notFound = (what: string): Problem =>
  new Problem(404, "not_found", `There is no such ${what}.`);

export const badParameter = (field: string, message: string): Problem =>
  new Problem(400, "bad_request", message, { field });
