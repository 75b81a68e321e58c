// `configure`, environment and `.env` → the options in force, and those that the hot path reads.
// Invariant: before `configure` and the first trace, `recording` holds the defaults.
import type { ConfigureOptions, Options, Section } from "../config/options.ts";
import { readDotenv, resolveOptions } from "../config/resolve.ts";
import { runOutside } from "../context/context.ts";
import { encoding } from "../encode/current.ts";
import { createEncoder } from "../encode/encoder.ts";
import { os, process } from "../platform/node.ts";
import { report, setDebug } from "../platform/report.ts";
import { setIdleMs } from "../promises/unasked.ts";

interface Recording {
  /** Undefined until the options were read. */
  enabled: boolean | undefined;
  keepErrors: boolean;
  limits: Pick<Options["limits"], "spansPerTrace" | "openTraces">;
  /** Instrumented modules that have run so far, and functions that `track` wraps. */
  modules: number;
}

export const recording: Recording = {
  enabled: undefined,
  keepErrors: false,
  limits: { spansPerTrace: 50_000, openTraces: 64 * 1024 * 1024 },
  modules: 0,
};

/** What the program has set. */
let explicit: ConfigureOptions = {};
let options: Options | undefined;

const listeners: ((options: Options) => void)[] = [];

/** Calls back whenever the options are read or changed. */
export function onSettings(listener: (options: Options) => void): void {
  listeners.push(listener);
}

/** Options as they stand; the environment is read at the first call. */
export function settings(): Options {
  if (options === undefined)
    runOutside(() => apply(resolveOptions(explicit, process.env, readDotenv())));
  return options as Options;
}

/**
 * Later changes add to earlier ones.
 * @throws {ConfigError} for unknown keys and invalid values
 */
export function changeSettings(changes: ConfigureOptions): void {
  const merged = merge(explicit, changes);
  const resolved = resolveOptions(merged, process.env, readDotenv());
  explicit = merged;
  apply(resolved);
}

function apply({ options: resolved, warnings }: ReturnType<typeof resolveOptions>): void {
  options = resolved;
  setDebug(resolved.debug);
  setIdleMs(resolved.unawaitedMs);
  for (const listener of listeners) listener(resolved);
  for (const warning of warnings) report(`environment: ${warning}`, warning);
  recording.enabled = resolved.enabled;
  recording.keepErrors = resolved.keepErrors;
  recording.limits = resolved.limits;
  encoding.encoder = createEncoder(resolved.redact);
  encoding.limits = resolved.limits;
}

let hostname: string | undefined;

/** Name of the traces of a service's requests. The Host header is no name: the client writes it. */
export function serverName(service: string | undefined): string {
  hostname ??= os().hostname();
  return `${service ?? settings().projectId}_${hostname}`;
}

/** Sections are merged key by key. */
function merge(earlier: ConfigureOptions, later: ConfigureOptions): ConfigureOptions {
  if (!isObject(later)) return later;
  const merged: Record<string, unknown> = { ...earlier };
  for (const [key, value] of Object.entries(later)) {
    const known = merged[key];
    merged[key] =
      isSection(key) && isObject(value) && isObject(known)
        ? Object.assign({}, known, value)
        : value;
  }
  if (later.sink !== undefined) delete merged["sinks"];
  if (later.sinks !== undefined) delete merged["sink"];
  return merged;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

const SECTIONS: ReadonlySet<string> = new Set<Section>([
  "sqs",
  "langfuse",
  "otlp",
  "limits",
  "redact",
]);

function isSection(key: string): boolean {
  return SECTIONS.has(key);
}
