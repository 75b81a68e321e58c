// `llmops build --watch` → the code again, for whatever it depends on, until it is stopped.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { build } from "../../../src/cli/build/build.ts";
import { filesBelow, options, project } from "./setup.ts";

/** A watch that runs, what it has said, and how it is ended. */
function watching(directory: string): {
  readonly until: (done: () => boolean) => Promise<void>;
  readonly said: () => string;
  readonly end: () => Promise<void>;
} {
  const stop = new AbortController();
  let said = "";
  const err = (text: string): void => void (said += text);
  const terminal = {
    cwd: directory,
    env: {},
    interactive: false,
    color: false,
    out: () => {},
    err,
  };
  const ended = build({ watch: true }, terminal, stop.signal);
  return {
    said: () => said,
    until: async (done) => await expect.poll(done, { message: said }).toBe(true),
    end: async () => {
      stop.abort();
      expect(await ended).toBe(0);
    },
  };
}

test("--watch builds again for a source and for the config alone, and goes on after an error", async () => {
  const directory = project(options({ module: "nodenext", target: "es2022" }), {
    "src/a.ts": "export function a() {\n  return 1;\n}\n",
    "llmops.config.json": '{ "track": [] }',
  });
  const { until, said, end } = watching(directory);
  const written = (): string => readFileSync(join(directory, "dist/a.js"), "utf8");
  await until(() => said().includes("0 functions tracked"));
  writeFileSync(join(directory, "llmops.config.json"), '{ "track": [{ "functions": "a" }] }');
  await until(() => written().includes("llmops-observability/instrument"));
  writeFileSync(join(directory, "src/a.ts"), "export function a( {\n");
  await until(() => said().includes("Nothing was written."));
  writeFileSync(join(directory, "src/a.ts"), "export function a() {\n  return 2;\n}\n");
  await until(() => written().includes("$s.returned(2)") || written().includes("return 2"));
  expect(said().match(/error TS1\d+/g)).toHaveLength(1);
  await end();
});

test("--watch follows tsconfigs, what they reference and extend, new files and a new config", async () => {
  const tsconfig = (more: object): string =>
    JSON.stringify({ extends: "./base.json", include: ["src"], ...more });
  const base = (target: string): string =>
    JSON.stringify({
      compilerOptions: { module: "nodenext", target, rootDir: "src", outDir: "dist", types: [] },
    });
  const directory = project({
    "package.json": { type: "module" },
    "tsconfig.json": { files: [], references: [{ path: "app" }] },
    "app/tsconfig.json": tsconfig({}),
    "app/base.json": base("es2022"),
    "app/src/a.ts": "export function a(b?: { c: 1 }) {\n  return b?.c;\n}\n",
  });
  const { until, said, end } = watching(directory);
  const written = (name: string): string => {
    const path = join(directory, "app", name);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };
  await until(
    () => said().includes("0 functions tracked") && written("dist/a.js").includes("b?.c"),
  );
  writeFileSync(join(directory, "app/base.json"), base("es2019"));
  await until(() => written("dist/a.js").includes("void 0"));
  writeFileSync(join(directory, "app/src/new.ts"), "export const n = 1;\n");
  await until(() => written("dist/new.js") !== "");
  writeFileSync(join(directory, "app/llmops.config.json"), '{ "track": [{ "functions": "a" }] }');
  await until(() => written("dist/a.js").includes("llmops-observability/instrument"));
  writeFileSync(
    join(directory, "app/tsconfig.json"),
    tsconfig({ compilerOptions: { outDir: "out" } }),
  );
  await until(() => written("out/a.js").includes("llmops-observability/instrument"));
  writeFileSync(
    join(directory, "app/tsconfig.json"),
    tsconfig({ compilerOptions: { noEmit: true, outDir: null } }),
  );
  await until(() => said().includes("--out DIR"));
  rmSync(join(directory, "app/tsconfig.json"));
  await until(() => said().includes("There is no tsconfig"));
  // As editors write: an empty file says to write beside the sources.
  writeFileSync(join(directory, "app/tsconfig.json"), "");
  writeFileSync(
    join(directory, "app/tsconfig.json"),
    tsconfig({ compilerOptions: { outDir: "third" } }),
  );
  await until(() => written("third/new.js") !== "");
  expect(Object.keys(filesBelow(join(directory, "app/src")))).toEqual(["a.ts", "new.ts"]);
  await end();
});
