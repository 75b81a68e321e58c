// The guides of docs/hosts, followed to the letter in a new folder → the program runs, and its trace is written.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import webpack, { type Configuration } from "webpack";
import { rspack, type RspackOptions } from "@rspack/core";
import { waitingIn } from "../../runtime/test/delivery/waiting.ts";

const ROOT = join(import.meta.dirname, "../..");
const BIN = join(ROOT, "node_modules/.bin");
const BUN = join(import.meta.dirname, "others/node_modules/@oven/bun-linux-x64/bin");

/** The file that a guide has written, and the commands that follow it. */
function followed(name: string): { file: string; text: string; commands: string[] } {
  const guide = readFileSync(join(ROOT, "docs/hosts", `${name}.md`), "utf8");
  const [, file = "", text = ""] = /`([^`]+)`:\n\n```\w+\n([^]*?)```/.exec(guide) ?? [];
  const shells = [...guide.matchAll(/```sh\n([^]*?)```/g)].map(([, commands = ""]) => commands);
  return { file, text, commands: (shells.at(-1) ?? "").trim().split("\n") };
}

function project(name: string, { file, text }: { file: string; text: string }): string {
  mkdirSync(join(ROOT, ".llmops/test"), { recursive: true });
  const directory = mkdtempSync(join(ROOT, `.llmops/test/guide-${name}-`));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const ending = text.includes("src/main.js") ? "js" : "ts";
  const files = {
    "package.json": '{ "name": "guide", "type": "module" }',
    "tsconfig.json": "{}",
    [`src/main.${ending}`]:
      "/** @track */\nfunction pay(amount) { return amount * 2; }\nconsole.log(pay(21));\n",
    [file]: text,
  };
  mkdirSync(join(directory, "src"));
  for (const [path, content] of Object.entries(files))
    writeFileSync(join(directory, path), content);
  return directory;
}

function expectRecorded(directory: string, stdout: string): void {
  expect(stdout).toMatch(/^42$/m);
  const spans = waitingIn(join(directory, "spool")).flatMap(
    ({ json }) => (JSON.parse(json) as { spans: { span_name: string }[] }).spans,
  );
  expect(spans.map(({ span_name }) => span_name)).toEqual(["pay"]);
}

const environment = (directory: string): NodeJS.ProcessEnv => ({
  PATH: [join(process.execPath, ".."), BIN, BUN, process.env["PATH"]].join(":"),
  LLMOPS_SPOOL_DIR: join(directory, "spool"),
  HOME: directory,
});

const byCommand = ["vite", "rollup", "rolldown", "esbuild", ...(existsSync(BUN) ? ["bun"] : [])];

test.each(byCommand)("%s", (name) => {
  const guide = followed(name);
  const directory = project(name, guide);
  let stdout = "";
  for (const command of guide.commands) {
    const [tool = "", ...args] = command.replace(/^npx /, "").split(" ");
    const ran = spawnSync(tool, args, {
      cwd: directory,
      env: environment(directory),
      encoding: "utf8",
    });
    expect([command, ran.status, ran.status === 0 ? "" : ran.stderr]).toEqual([command, 0, ""]);
    stdout = ran.stdout;
  }
  expectRecorded(directory, stdout);
});

// Their command line tools are packages of their own.
const byConfiguration: Readonly<
  Record<string, (config: object, done: (error: unknown) => void) => void>
> = {
  webpack: (config, done) => void webpack(config as Configuration, done),
  rspack: (config, done) => void rspack(config as RspackOptions, done),
};

test.each(Object.entries(byConfiguration))("%s", async (name, build) => {
  const guide = followed(name);
  const directory = project(name, guide);
  const loaded = (await import(pathToFileURL(join(directory, guide.file)).href)) as {
    default: object;
  };
  const output = { path: join(directory, "dist") };
  const { default: config } = loaded;
  const own = "output" in config && typeof config.output === "object" ? config.output : {};
  const failure = await new Promise((resolve) => {
    build({ ...config, context: directory, output: { ...own, ...output } }, resolve);
  });
  expect(failure).toBeNull();
  const run = guide.commands.at(-1)?.split(" ").at(-1) ?? "";
  const stdout = execFileSync(process.execPath, [join(directory, run)], {
    env: environment(directory),
    encoding: "utf8",
  });
  expectRecorded(directory, stdout);
});
