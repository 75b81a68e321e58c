// An application's folder → where a bundler builds it, and what came of that.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PluginOptions } from "llmops-transformer/vite";
import type { Decorators } from "./types.ts";

export interface App {
  readonly directory: string;
  /** @default src/main.ts */
  readonly entry?: string;
  readonly options?: PluginOptions;
  /** Specifiers that stay imports. @default the runtime's */
  readonly external?: readonly string[];
  /** The plugin stands there two times. */
  readonly twice?: boolean;
  readonly minify?: boolean;
  /** Files behind links keep the links' names, in those bundlers that can. */
  readonly keepLinks?: boolean;
  /** Directory of a cache that is kept between builds, of those that have one. */
  readonly cache?: string;
  /** What a decorator is. @default "legacy" */
  readonly decorators?: Decorators;
  /** @default node */
  readonly platform?: "node" | "browser";
}

export interface Built {
  readonly file: string;
  readonly code: string;
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
}

export type Build = (app: App) => Promise<Built>;

const RUNTIME = ["llmops-observability", "llmops-observability/instrument"];

export interface Place {
  readonly entry: string;
  readonly outDir: string;
  readonly file: string;
  readonly external: readonly string[];
}

export function placeOf(
  name: string,
  { directory, entry = "src/main.ts", external = RUNTIME }: App,
): Place {
  const outDir = join(directory, "dist", name);
  rmSync(outDir, { recursive: true, force: true });
  return { entry: join(directory, entry), outDir, file: join(outDir, "main.js"), external };
}

export function result(
  file: string,
  warnings: readonly string[],
  errors: readonly string[],
): Built {
  const folder = dirname(file);
  const files = existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
    : [];
  const scripts = files.filter((name) => name.endsWith(".js"));
  const code = scripts.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
  return { file, code, warnings, errors };
}

/** What a host that throws says. */
export function said(error: unknown): string {
  const {
    message = String(error),
    loc,
    frame,
    id,
  } = error as {
    message?: string;
    loc?: object;
    frame?: string;
    id?: string;
  };
  return [message, id, JSON.stringify(loc), frame].filter((text) => text !== undefined).join("\n");
}
