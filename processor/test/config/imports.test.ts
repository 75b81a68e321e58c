// What importing the package loads: neither an AWS client nor node:sqlite, which take longer than
// all of it.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);

test.each(["index", "s3", "dynamodb", "local", "new-relic"])(
  "importing %s is light",
  async (door) => {
    const entry = join(import.meta.dirname, `../../dist/${door}.js`);
    const script = `
    import { registerHooks } from "node:module";
    const seen = [];
    registerHooks({ resolve: (name, context, next) => (seen.push(name), next(name, context)) });
    await import(${JSON.stringify(entry)});
    console.log(JSON.stringify(seen));
  `;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script]);
    const seen = JSON.parse(stdout) as string[];
    expect(seen).toContain(entry);
    expect(seen.filter((name) => /^@aws-sdk|^node:(?:sqlite|http)/.test(name))).toEqual([]);
  },
);
