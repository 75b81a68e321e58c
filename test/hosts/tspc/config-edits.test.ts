// An edit of the configuration alone is built: by `tspc -b`, by its watch, and in what it extends.
import { statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createProject, type Project } from "./project.ts";

const projects: Project[] = [];
afterEach(() => {
  for (const created of projects.splice(0)) created.remove();
});

const config = (team: string): string =>
  JSON.stringify({ track: [{ functions: "add", metadata: { team } }] });

function project(more: Readonly<Record<string, string>> = {}): Project {
  const created = createProject(
    {
      "src/a.ts": "export function add(a: number): number {\n  return a;\n}\n",
      "src/b.ts": "export const b = 1;\n",
      "llmops.config.json": config("first"),
      ...more,
    },
    { compilerOptions: { composite: true } },
  );
  projects.push(created);
  return created;
}

const PLUGINS = [{ transform: "llmops-transformer", transformProgram: true }];
const teamIn = (built: Project, file = "out/a.js"): string | undefined =>
  /"team": "(\w+)"/.exec(built.read(file))?.[1];

test("tspc -b, also where nothing else has changed in between", () => {
  const built = project();
  expect(built.command("tspc", "-b").code).toBe(0);
  expect(teamIn(built)).toBe("first");
  const output = (): number => statSync(join(built.directory, "out/b.js")).mtimeMs;
  const before = output();
  expect(built.command("tspc", "-b")).toEqual({ code: 0, output: "" });
  built.write({ "llmops.config.json": config("second") });
  expect(built.command("tspc", "-b").code).toBe(0);
  expect(teamIn(built)).toBe("second");
  expect(output()).toBeGreaterThanOrEqual(before);
});

test("tspc -b of projects that reference each other, with one configuration above that extends", () => {
  const part = (references: readonly string[]): string =>
    JSON.stringify({
      compilerOptions: {
        composite: true,
        target: "es2022",
        module: "nodenext",
        rootDir: ".",
        outDir: "out",
        lib: ["es2022"],
        types: [],
        plugins: PLUGINS,
      },
      include: ["*.ts"],
      references: references.map((path) => ({ path })),
    });
  const built = project({
    "tsconfig.json": JSON.stringify({ files: [], references: [{ path: "./app" }] }),
    "lib/tsconfig.json": part([]),
    "lib/lib.ts": "export function add(a: number): number {\n  return a;\n}\n",
    "app/tsconfig.json": part(["../lib"]),
    "app/app.ts":
      'import { add } from "../lib/lib.js";\nexport const main = (): number => add(1);\n',
    "llmops.config.json": '{ "extends": "./shared.json" }',
    "shared.json": config("first"),
  });
  expect(built.command("tspc", "-b")).toEqual({ code: 0, output: "" });
  expect(teamIn(built, "lib/out/lib.js")).toBe("first");
  built.write({ "shared.json": config("second") });
  expect(built.command("tspc", "-b")).toEqual({ code: 0, output: "" });
  expect(teamIn(built, "lib/out/lib.js")).toBe("second");
});

test("a tsconfig that extends the configuration: tspc -b stays quick, and takes the edit", () => {
  const tsconfig = {
    extends: ["./llmops.config.json"],
    compilerOptions: {
      composite: true,
      target: "es2022",
      module: "nodenext",
      rootDir: "src",
      outDir: "out",
      lib: ["es2022"],
      types: [],
      plugins: PLUGINS,
    },
    include: ["src"],
    exclude: [],
  };
  const built = project({ "tsconfig.json": JSON.stringify(tsconfig) });
  expect(built.command("tspc", "-b")).toEqual({ code: 0, output: "" });
  expect(built.command("tspc", "-b", "--verbose").output).toContain("is up to date");
  built.write({ "llmops.config.json": config("second") });
  expect(built.command("tspc", "-b")).toEqual({ code: 0, output: "" });
  expect(teamIn(built)).toBe("second");
});

test.each([[[]], [["-b"]]])(
  "tspc %j --watch: an edit of it alone, and one that is new",
  async (flags) => {
    const built = project();
    const watch = built.watch(...flags);
    await watch.until((output) => output.includes("Found 0 errors"));
    expect(teamIn(built)).toBe("first");
    for (const team of ["second", "third"]) {
      built.write({ "llmops.config.json": config(team) });
      await watch.until((output) => output.includes("Found 0 errors") && teamIn(built) === team);
    }
    built.write({ "llmops.config.json": '{ "trak": [] }' });
    expect(await watch.until((output) => output.includes("Found 1 error"))).toContain("LLMOPS1101");
    built.write({ "llmops.config.json": config("fourth") });
    await watch.until((output) => output.includes("Found 0 errors") && teamIn(built) === "fourth");
    await watch.stop();
  },
);
