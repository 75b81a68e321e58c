// Flags of `llmops dev` and the environment → what it does; flags win.
// Invariant: what is given wrongly ends the command with the name of it, before anything is made.
import { resolve } from "node:path";
import { CommandError } from "../command-error.ts";

/** As commander has them. */
export interface DevFlags {
  readonly port?: string;
  readonly host?: string;
  readonly db?: string;
  readonly dbMaxSize?: string;
  readonly open?: boolean;
  readonly exit?: boolean;
  readonly json?: boolean;
  readonly allowHost?: readonly string[];
  readonly allowOrigin?: readonly string[];
  readonly project?: readonly string[];
  readonly spool?: boolean;
  readonly verbose?: boolean;
}

export interface DevOptions {
  /** Absolute: the directory that is served. */
  readonly root: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly maxBytes: number;
  readonly open: boolean;
  readonly exit: boolean;
  readonly json: boolean;
  readonly allowHosts: readonly string[];
  readonly allowOrigins: readonly string[];
  readonly projects: readonly string[];
  readonly spool: boolean;
  readonly verbose: boolean;
  readonly editor: string | undefined;
  /** The program and its arguments; empty: none. */
  readonly command: readonly string[];
}

export interface Surroundings {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly isTTY: boolean;
}

const PORT = 4319;
const MAX_SIZE = "512MB";

export function devOptions(
  flags: DevFlags,
  command: readonly string[],
  { cwd, env, isTTY }: Surroundings,
): DevOptions {
  const json = flags.json === true;
  const ci = (env["CI"] ?? "") !== "";
  return {
    root: cwd,
    host: loopback(flags.host ?? "127.0.0.1"),
    port: portOf(flags.port ?? env["LLMOPS_DEV_PORT"] ?? String(PORT)),
    database: resolve(cwd, flags.db ?? env["LLMOPS_DEV_DB"] ?? ".llmops/dev.db"),
    maxBytes: bytesOf(flags.dbMaxSize ?? env["LLMOPS_DEV_DB_MAX"] ?? MAX_SIZE),
    open: flags.open !== false && isTTY && !ci && !json,
    exit: flags.exit === true,
    json,
    allowHosts: (flags.allowHost ?? []).map(hostName),
    allowOrigins: (flags.allowOrigin ?? []).map(originOf),
    projects: (flags.project ?? []).map((directory) => resolve(cwd, directory)),
    spool: flags.spool !== false,
    verbose: flags.verbose === true,
    editor: env["LLMOPS_EDITOR"] === "" ? undefined : env["LLMOPS_EDITOR"],
    command,
  };
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new CommandError(`--port takes 0 to 65535, not ${shown(text)}`);
  return port;
}

/** Others could read what the program's functions were called with. */
function loopback(host: string): string {
  const small = host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  if (small === "localhost") return "127.0.0.1";
  if (small === "::1" || /^127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(small)) return small;
  throw new CommandError(
    `--host takes addresses of this machine alone (127.0.0.1, ::1), not ${shown(host)}`,
  );
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ["KB", 1024],
  ["MB", 1024 ** 2],
  ["GB", 1024 ** 3],
]);
const LEAST_BYTES = 4 * 1024 ** 2;

function bytesOf(text: string): number {
  const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([KMG]B)$/i.exec(text.trim()) ?? [];
  const bytes = Math.floor(Number(amount) * (UNITS.get(unit.toUpperCase()) ?? Number.NaN));
  if (!(bytes >= LEAST_BYTES && Number.isSafeInteger(bytes)))
    throw new CommandError(
      `--db-max-size takes a size such as 512MB, at least 4MB, not ${shown(text)}`,
    );
  return bytes;
}

function hostName(name: string): string {
  if (!/^[\w.-]+$|^\[[\da-f:]+\]$/i.test(name))
    throw new CommandError(`--allow-host takes the name of a host, not ${shown(name)}`);
  return name;
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.origin === "null" || url.origin !== text.toLowerCase())
    throw new CommandError(
      `--allow-origin takes an origin such as http://localhost:5173, not ${shown(text)}`,
    );
  return text;
}

const shown = (text: string): string => JSON.stringify(text);
