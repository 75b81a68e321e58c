// Each package as npm would publish it → what is in it, what it asks for, and that a program in a
// new folder can import, compile against and record with it.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { waitingIn } from "../../runtime/test/delivery/waiting.ts";
import { type Package, packages, ROOT } from "./doors.ts";
import { freshFolder, packed, remove, type Tarball, unpack, write } from "./setup.ts";

/** Bytes of a tarball, a tenth more than it has: what grows beyond is looked at. */
const BUDGET: Readonly<Record<string, number>> = {
  "llmops-observability": 410_000,
  "llmops-transformer": 177_000,
  "llmops-processor": 105_000,
  "llmops-viewer": 260_000,
};

/** What an install brings along. Another one is a decision (docs/decisions). */
const DEPENDENCIES: Readonly<Record<string, readonly string[]>> = {
  "llmops-observability": ["@aws-sdk/client-sqs"],
  "llmops-transformer": [
    "@babel/code-frame",
    "@clack/prompts",
    "commander",
    "diff",
    "magic-string",
    "package-manager-detector",
    "semver",
    "unplugin",
  ],
  "llmops-processor": ["@aws-sdk/client-sqs", "llmops-observability"],
};

/** Of the program, not of the package: peers. */
const PEERS = ["typescript", "@types/node", "@aws-sdk/client-s3", "@aws-sdk/client-dynamodb"];

const tarballs = freshFolder();
afterAll(() => remove(tarballs));
// The viewer brings what it needs to serve, and is installed by itself.
const all = packages().map((each): readonly [Package, Tarball] => [each, packed(each, tarballs)]);
const libraries = all.filter(([{ name }]) => name !== "llmops-viewer");

describe.each(all.map(([each, tarball]) => [each.name, each, tarball] as const))(
  "%s",
  (_, each, tarball) => {
    const { name, folder, version, manifest } = each;

    test("has its papers", () => {
      const papers = ["README.md", "LICENSE", "CHANGELOG.md", "package.json"];
      expect(tarball.files).toEqual(expect.arrayContaining(papers));
      const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
      expect(read(join(folder, "LICENSE"))).toBe(read("LICENSE"));
      expect(read(join(folder, "CHANGELOG.md"))).toContain(`\n## ${version}\n`);
    });

    test("has neither sources, tests nor maps", () => {
      const strange = tarball.files.filter((path) =>
        /(?:^|\/)(?:src|test)\/|\.map$|\.test\.|(?<!\.d)\.[cm]?tsx?$/.test(path),
      );
      expect(strange).toEqual([]);
    });

    test("runs nothing when it is installed", () => {
      const hooks = Object.keys(manifest.scripts ?? {}).filter((script) =>
        /install|prepare/.test(script),
      );
      expect(hooks).toEqual([]);
    });

    test("asks for what is allowed, each in one version", () => {
      const { dependencies = {} } = manifest;
      if (DEPENDENCIES[name] !== undefined)
        expect(Object.keys(dependencies).toSorted()).toEqual(DEPENDENCIES[name]);
      expect(Object.values(dependencies).filter((range) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual(
        [],
      );
    });

    test("is within its size", () => {
      expect(tarball.size).toBeLessThan(BUDGET[name] ?? 0);
    });
  },
);

const directory = freshFolder({ "package.json": '{ "name": "fresh", "type": "module" }' });
afterAll(() => remove(directory));
unpack(directory, libraries, PEERS);

const doors = libraries.flatMap(([{ doors: own }]) => own.map(({ name }) => name));
const fromCommonJs = doors.filter((door) => door.startsWith("llmops-observability"));

function run(file: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): string {
  return execFileSync(process.execPath, [...args, join(directory, file)], {
    cwd: directory,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: directory, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

test("ES modules import every door", () => {
  const lines = doors.map((door) => `await show(${JSON.stringify(door)});`);
  write(directory, {
    "import.mjs": `const show = async (door) => console.log(door, typeof (await import(door)));\n${lines.join("\n")}`,
  });
  expect(run("import.mjs").trim().split("\n")).toEqual(doors.map((door) => `${door} object`));
});

test("CommonJS requires every door of the runtime", () => {
  const lines = fromCommonJs.map((door) => `show(${JSON.stringify(door)});`);
  write(directory, {
    "require.cjs": `const show = (door) => console.log(door, typeof require(door));\n${lines.join("\n")}`,
  });
  expect(run("require.cjs").trim().split("\n")).toEqual(
    fromCommonJs.map((door) => `${door} object`),
  );
});

test("TypeScript finds the types of every door, from both kinds of modules", () => {
  const importing = (names: readonly string[]): string =>
    names.map((door, at) => `import * as d${at} from "${door}";\nvoid d${at};\n`).join("");
  write(directory, {
    "types/esm.mts": importing(doors),
    "types/common.cts": importing(fromCommonJs),
    "types/tsconfig.json": JSON.stringify({
      compilerOptions: {
        target: "es2023",
        module: "nodenext",
        strict: true,
        noEmit: true,
        // What TypeScript itself and other packages declare is not ours.
        skipLibCheck: true,
        types: ["node"],
      },
      files: ["esm.mts", "common.cts"],
    }),
  });
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  expect(() =>
    execFileSync(process.execPath, [tsc, "-p", join(directory, "types")], { encoding: "utf8" }),
  ).not.toThrow();
});

test("a program records", () => {
  write(directory, {
    "src/main.ts":
      "/** @track */\nfunction pay(amount: number) { return amount * 2; }\nconsole.log(pay(21));\n",
  });
  const spool = join(directory, "spool");
  const hooks = ["--import", "llmops-transformer/register"];
  expect(run("src/main.ts", hooks, { LLMOPS_SPOOL_DIR: spool }).trim()).toBe("42");
  const spans = waitingIn(spool).flatMap(
    ({ json }) => (JSON.parse(json) as { spans: { span_name: string }[] }).spans,
  );
  expect(spans.map(({ span_name }) => span_name)).toEqual(["pay"]);
});
