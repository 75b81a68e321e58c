// A request's line and headers → why it is refused, before anything else looks at it.
// Invariant: a page of another origin, and a name that was rebound to this machine, get nothing,
// whatever the path and the method.

export interface Allowed {
  /** Authorities with their port, in small letters. */
  readonly hosts: ReadonlySet<string>;
  /** Of browsers' OTLP exporters, for `/v1/traces` alone. */
  readonly origins: ReadonlySet<string>;
}

export interface Refusal {
  readonly status: 400 | 403;
  readonly code: "forbidden_host" | "forbidden_origin" | "bad_request";
  readonly message: string;
}

export interface RequestHead {
  readonly method: string;
  /** As in the request line. */
  readonly target: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
}

export const OTLP_PATH = "/v1/traces";

/** Loopback's names, and those that the user gave, with the port that is bound. */
export function allowedFor(
  port: number,
  {
    host,
    hosts = [],
    origins = [],
  }: { host?: string; hosts?: readonly string[]; origins?: readonly string[] },
): Allowed {
  const names = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    ...hosts,
    ...(host === undefined ? [] : [host]),
  ];
  const withPort = names.flatMap((name) => {
    const small = name.toLowerCase();
    // Browsers leave the default port out.
    return port === 80 ? [`${small}:80`, small] : [`${small}:${port}`];
  });
  return { hosts: new Set(withPort), origins: new Set(origins.map((one) => one.toLowerCase())) };
}

/** @param isPage the path is one of the page's */
export function refusalOf(
  head: RequestHead,
  allowed: Allowed,
  isPage: (path: string) => boolean,
): Refusal | undefined {
  const hosts = valuesOf(head, "host");
  if (hosts.length > 1) return { status: 400, code: "bad_request", message: "Two Host headers." };
  const authority = authorityOf(head.target);
  if (!isAllowed(hosts[0], allowed) || (authority !== undefined && !isAllowed(authority, allowed)))
    return {
      status: 403,
      code: "forbidden_host",
      message: "This server answers to its own address alone. Others are named by --allow-host.",
    };
  return foreign(head, allowed, isPage);
}

function foreign(
  head: RequestHead,
  allowed: Allowed,
  isPage: (path: string) => boolean,
): Refusal | undefined {
  const path = pathOf(head.target);
  const origins = valuesOf(head, "origin");
  if (path === OTLP_PATH && origins.length === 1 && allowedOrigin(head, allowed) !== undefined)
    return undefined;
  const refused: Refusal = {
    status: 403,
    code: "forbidden_origin",
    message: "Pages of other origins get nothing from this server.",
  };
  if (!origins.every((origin) => isOwn(origin, allowed))) return refused;
  const sites = valuesOf(head, "sec-fetch-site");
  if (sites.every((site) => site === "same-origin" || site === "none")) return undefined;
  const says = (name: string, value: string): boolean =>
    valuesOf(head, name).every((one) => one === value);
  const opened =
    head.method === "GET" &&
    isPage(path) &&
    valuesOf(head, "sec-fetch-mode").length === 1 &&
    says("sec-fetch-mode", "navigate") &&
    says("sec-fetch-dest", "document");
  return opened ? undefined : refused;
}

/** An origin that `--allow-origin` names, for the headers of the answer. */
export function allowedOrigin(head: RequestHead, { origins }: Allowed): string | undefined {
  const [origin] = valuesOf(head, "origin");
  return origin !== undefined && origins.has(origin.toLowerCase()) ? origin : undefined;
}

/** The target's path and query: targets may be absolute. */
export function pathAndQueryOf(target: string): string {
  const path = target.replace(ABSOLUTE, "");
  return path.startsWith("/") ? path : `/${path}`;
}

function pathOf(target: string): string {
  const path = pathAndQueryOf(target);
  const end = path.search(/[?#]/);
  return end < 0 ? path : path.slice(0, end);
}

const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/** Undefined for the usual target, which is a path. */
function authorityOf(target: string): string | undefined {
  if (target.startsWith("/") || target === "*") return undefined;
  return /^http:\/\/([^/?#]*)/i.exec(target)?.[1] ?? "";
}

function isAllowed(authority: string | undefined, { hosts }: Allowed): boolean {
  return authority !== undefined && hosts.has(authority.toLowerCase());
}

function isOwn(origin: string, { hosts }: Allowed): boolean {
  const small = origin.toLowerCase();
  return small.startsWith("http://") && hosts.has(small.slice("http://".length));
}

function valuesOf({ rawHeaders }: RequestHead, name: string): string[] {
  const found: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === name) found.push((rawHeaders[at + 1] ?? "").trim());
  }
  return found;
}
