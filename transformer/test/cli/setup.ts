// Files by their names → a project in a folder of its own, and `llmops` run in it.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import type { Report } from "../../src/cli/check/report.ts";
import { run } from "../../src/cli/main.ts";

export type Files = Readonly<Record<string, string | object | null>>;

const made: string[] = [];

afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

/** Writes a project; `null` leaves a file out, an object is written as JSON. */
export function projectOf(...layers: readonly Files[]): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "llmops-cli-")));
  made.push(directory);
  write(directory, Object.assign({}, ...layers) as Files);
  return directory;
}

function write(directory: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    if (content === null) continue;
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`,
    );
  }
}

/** A package as far as its version is asked for. */
export function packageOf(name: string, version: string): Files {
  return { [`node_modules/${name}/package.json`]: { name, version } };
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Around {
  readonly color?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

export async function llmops(
  cwd: string,
  args: readonly string[],
  { color = false, env = {} }: Around = {},
): Promise<Ran> {
  let out = "";
  let err = "";
  const code = await run(args, {
    cwd,
    env,
    interactive: false,
    color,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  });
  return { code, out, err };
}

/** `llmops check --json` */
export async function checked(
  cwd: string,
  ...args: readonly string[]
): Promise<{ code: number; report: Report }> {
  const { code, out, err } = await llmops(cwd, ["check", "--json", ...args]);
  if (out === "") throw new Error(err);
  return { code, report: JSON.parse(out) as Report };
}
