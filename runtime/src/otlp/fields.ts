// A trace, whoever wrote it → the fields that both mappings read.
// Invariant: what is absent, or of a wrong kind as careless writers send it, counts as null.
import type { Json } from "../wire/schema-type.ts";
import type { WireSpan, WireTrace } from "../wire/schema.ts";

export interface Http {
  readonly method: string | null;
  readonly route: string | null;
  readonly path: string | null;
  readonly statusCode: number | null;
  readonly userAgent: string | null;
  readonly clientAddress: string | null;
  readonly aborted: boolean;
}

/** The request that a trace answers, where a server integration began it. */
export function httpOf({ metadata }: WireTrace): Http | undefined {
  const http = metadata?.["http"];
  if (!isObject(http)) return undefined;
  return {
    method: textIn(http, "method"),
    route: textIn(http, "route"),
    path: textIn(http, "path"),
    statusCode: typeof http["status_code"] === "number" ? http["status_code"] : null,
    userAgent: textIn(http, "user_agent"),
    clientAddress: textIn(http, "client_address"),
    aborted: http["aborted"] === true,
  };
}

/** Without the two that every span repeats. */
export function ownMetadata({ metadata }: WireSpan): Readonly<Record<string, Json>> {
  const { environment, project_id, ...own } = metadata ?? {};
  return own;
}

function textIn(object: Readonly<Record<string, Json>>, key: string): string | null {
  const value = object[key];
  return typeof value === "string" ? value : null;
}

function isObject(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
