// New applications, as their frameworks' own generators make them → `npx llmops init --yes` in them, with the tarballs:
// it changes what it said, a second run changes nothing, linters say what they said before, and the application records.
// `npm run packages:init` (10 minutes; `-- nest` one of them); asks the registry for generators and frameworks.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { waitingIn } from "../../runtime/test/delivery/waiting.ts";
import { TSCONFIG } from "../../transformer/test/cli/templates.ts";
import { packages } from "./doors.ts";
import { freshFolder, packed, remove, write } from "./setup.ts";

interface App {
  readonly name: string;
  /** Makes the folder `app`. */
  readonly generator?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** Beside what it brings. */
  readonly installs?: readonly string[];
  readonly build: readonly string[];
  /** A program that ends, or a server at `PORT` that is asked for `path`. */
  readonly run: string;
  readonly path?: string;
  /** What it prints, or answers. */
  readonly says: string;
  readonly spans: readonly string[];
}

const manifest = (more: object): string =>
  JSON.stringify({ name: "app", private: true, type: "module", ...more }, null, 2);

const SEARCH =
  "export async function search(query: string): Promise<string[]> {\n  return [query];\n}\n";

const next = (major: number): App => ({
  name: `Next ${major}`,
  generator: `create-next-app@${major} app --ts --app --eslint --no-tailwind --no-src-dir --no-react-compiler --import-alias @/* --use-npm --skip-install --disable-git --yes`,
  files: {
    // Its own asks for a font over the network.
    "app/layout.tsx":
      'export default function RootLayout({ children }: { children: React.ReactNode }) {\n  return (\n    <html lang="en">\n      <body>{children}</body>\n    </html>\n  );\n}\n',
    "app/page.tsx": "export default function Home() {\n  return <main>Hello</main>;\n}\n",
    "app/api/ask/route.ts":
      'import { search } from "@/lib/search";\n\nexport async function GET(request: Request) {\n  return Response.json(await search(new URL(request.url).searchParams.get("q") ?? ""));\n}\n',
    "lib/search.ts": SEARCH,
  },
  build: ["npm run build"],
  run: "npm start",
  path: "/api/ask?q=tea",
  says: '["tea"]',
  spans: ["search"],
});

const nest = (major: number): App => ({
  name: `NestJS ${major}`,
  generator: `@nestjs/cli@${major} new app --skip-install --skip-git --package-manager npm`,
  files: { ".gitignore": "node_modules\ndist\n" },
  build: ["npm run build"],
  run: "npm run start:prod",
  path: "/",
  says: "Hello World!",
  spans: ["AppController.getHello"],
});

const APPS: readonly App[] = [
  next(16),
  { ...next(16), name: "Next 16, webpack", build: ["npm run build -- --webpack"] },
  next(15),
  nest(12),
  nest(11),
  {
    name: "Vite",
    generator: "create-vite@latest app --template vanilla-ts --no-interactive",
    files: {
      "src/server.ts":
        'import { search } from "./search.ts";\n\nprocess.stdout.write(String(await search("tea")));\n',
      "src/search.ts": SEARCH,
    },
    // It comes with TypeScript 7, which cannot be called.
    installs: ["@types/node", "@typescript/typescript6"],
    build: ["npx vite build", "npx vite build --ssr src/server.ts"],
    run: "node dist/server.js",
    says: "tea",
    spans: ["search"],
  },
  {
    name: "Express",
    files: {
      "package.json": manifest({
        scripts: { build: "tsc", dev: "tsx watch src/index.ts", start: "node dist/index.js" },
      }),
      "tsconfig.json": TSCONFIG,
      ".gitignore": "node_modules\ndist\n",
      "src/index.ts":
        'import express from "express";\nimport { search } from "./search.js";\n\nconst app = express();\napp.get("/", async (_request, response) => {\n  response.json(await search("tea"));\n});\napp.listen(Number(process.env.PORT));\n',
      "src/search.ts": SEARCH,
    },
    installs: ["express", "@types/express", "@types/node", "tsx", "typescript@6"],
    build: ["npm run build"],
    run: "npm start",
    path: "/",
    says: '["tea"]',
    spans: ["search"],
  },
  {
    name: "Lambda, by esbuild",
    files: {
      "package.json": manifest({
        scripts: {
          build:
            "esbuild src/handler.ts --bundle --platform=node --format=esm --target=node22 --outfile=dist/handler.mjs --external:@aws-sdk/*",
        },
      }),
      ".gitignore": "node_modules\ndist\n",
      "src/handler.ts":
        "export const handler = async (event: { name: string }) => {\n  return { statusCode: 200, body: `Hello ${event.name}` };\n};\n",
      "invoke.mjs":
        'import { handler } from "./dist/handler.mjs";\n\nprocess.stdout.write((await handler({ name: "Ada" })).body);\n',
    },
    installs: ["esbuild", "typescript@6"],
    build: ["npm run build"],
    run: "node invoke.mjs",
    says: "Hello Ada",
    spans: ["handler"],
  },
  {
    name: "a monorepo",
    files: {
      "package.json": manifest({
        workspaces: ["packages/*"],
        scripts: { build: "npm run build --workspaces --if-present" },
      }),
      ".gitignore": "node_modules\ndist\n",
      "packages/lib/package.json": JSON.stringify({
        name: "lib",
        version: "1.0.0",
        type: "module",
        exports: { types: "./src/index.ts", default: "./dist/index.js" },
        scripts: { build: "tsc" },
      }),
      "packages/lib/tsconfig.json": TSCONFIG,
      "packages/lib/src/index.ts": SEARCH,
      "packages/web/package.json": JSON.stringify({
        name: "web",
        type: "module",
        dependencies: { lib: "1.0.0" },
        scripts: { build: "vite build" },
      }),
      "packages/web/vite.config.js": 'export default { build: { ssr: "src/main.ts" } };\n',
      "packages/web/src/main.ts":
        'import { search } from "lib";\n\nprocess.stdout.write(String(await search("tea")));\n',
    },
    installs: ["vite", "typescript@6", "@types/node"],
    build: ["npm run build"],
    run: "node packages/web/dist/main.js",
    says: "tea",
    spans: ["search"],
  },
];

const tarballs = freshFolder();
const paths: ReadonlyMap<string, string> = new Map(
  packages().map((each) => [each.name, packed(each, tarballs).path]),
);
const wanted = process.argv.slice(2).map((word) => word.toLowerCase());
for (const [index, app] of APPS.entries()) {
  if (wanted.length > 0 && !wanted.some((word) => app.name.toLowerCase().includes(word))) continue;
  const folder = freshFolder();
  let fault: string | undefined;
  try {
    await tryApp(app, folder, 4_400 + index);
  } catch (error) {
    fault = error instanceof Error ? error.message : String(error);
    process.exitCode = 1;
  }
  console.log(`${fault === undefined ? "✓" : "✗"} ${app.name}`);
  if (fault !== undefined) console.log(`    ${fault.replaceAll("\n", "\n    ")}\n    in ${folder}`);
  else remove(folder);
}
remove(tarballs);

async function tryApp(app: App, folder: string, port: number): Promise<void> {
  const directory = join(folder, "app");
  if (app.generator !== undefined) command(`npx --yes ${app.generator}`, folder);
  write(directory, app.files ?? {});
  command(`npm install --save-dev ${app.installs?.join(" ") ?? ""}`, directory);
  command("npm install llmops-observability", directory);
  command("npm install --save-dev llmops-transformer", directory);
  git(directory, "init", "--quiet");
  commit(directory);
  const lint = linted(directory);

  const output = command("npx llmops init --yes", directory);
  const said = [...output.matchAll(/^\+\+\+ (\S+)$/gm)].map(([, file = ""]) => file);
  expectSame("Files that changed", changedIn(directory), said);
  const before = git(directory, "diff", "HEAD");
  const again = command("npx llmops init --yes", directory);
  if (!again.includes("Nothing to change.")) throw new Error(`A second run:\n${again}`);
  expectSame("A second run", git(directory, "diff", "HEAD"), before);
  for (const [, at = ".", install = ""] of output.matchAll(/^To install(?: \(in (.+)\))?: (.+)$/gm))
    command(install, join(directory, at));
  if (/^By hand: Run the script prepare once/m.test(output)) command("npm run prepare", directory);
  command("npx llmops check", directory);
  expectSame("Lint", linted(directory), lint);

  for (const step of app.build) command(step, directory);
  const answer =
    app.path === undefined
      ? command(app.run, directory)
      : await asked(app.run, directory, port, app.path);
  if (!answer.includes(app.says)) throw new Error(`It says ${answer}`);
  expectSame("Recorded", recordedIn(join(directory, "spool")), app.spans);
}

function expectSame(what: string, found: string | readonly string[], wished: typeof found): void {
  const text = (value: typeof found): string =>
    typeof value === "string" ? value : value.toSorted().join("\n");
  if (text(found) !== text(wished))
    throw new Error(`${what}:\n${text(found)}\ninstead of\n${text(wished)}`);
}

function environment(directory: string): NodeJS.ProcessEnv {
  const ours = /^(?:LLMOPS_|AWS_|OTEL_|LANGFUSE_|NODE_OPTIONS$|CI$)/;
  const kept = Object.entries(process.env).filter(([name]) => !ours.test(name));
  return {
    ...Object.fromEntries(kept),
    PATH: [join(process.execPath, ".."), process.env["PATH"]].join(delimiter),
    NEXT_TELEMETRY_DISABLED: "1",
    NO_COLOR: "1",
    npm_config_fund: "false",
    npm_config_audit: "false",
    npm_config_update_notifier: "false",
    LLMOPS_SPOOL_DIR: join(directory, "spool"),
  };
}

/** @throws {Error} where it fails, with what it said */
function command(line: string, cwd: string): string {
  const { status, output } = ran(line, cwd);
  if (status !== 0) throw new Error(`${line}: status ${status}\n${output.slice(-3_000)}`);
  return output;
}

function ran(line: string, cwd: string): { status: number | null; output: string } {
  const [tool = "", ...args] = line
    .trim()
    .split(/\s+/)
    .map((word) => paths.get(word) ?? word);
  const { status, stdout, stderr } = spawnSync(tool, args, {
    cwd,
    encoding: "utf8",
    env: environment(cwd),
    stdio: ["ignore", "pipe", "pipe"],
    // Only stops what hangs.
    timeout: 600_000,
  });
  return { status, output: `${stdout}${stderr}` };
}

/** What the application's own linter says, if it has one. */
function linted(directory: string): string {
  const text = readFileSync(join(directory, "package.json"), "utf8");
  const { scripts } = JSON.parse(text) as { scripts?: Record<string, string> };
  if (scripts?.["lint"] === undefined) return "none";
  const { status, output } = ran("npm run --silent lint", directory);
  return `${status} ${output.replaceAll(/\d+ms|\d+(?:\.\d+)?s\b/g, "")}`;
}

/** A server's answer; it is ended afterwards, with what it has started. */
async function asked(line: string, directory: string, port: number, path: string): Promise<string> {
  const [tool = "", ...args] = line.split(" ");
  const server = spawn(tool, args, {
    cwd: directory,
    env: { ...environment(directory), PORT: String(port), HOSTNAME: "127.0.0.1" },
    stdio: ["ignore", "ignore", 2],
    detached: true,
  });
  try {
    for (let tries = 0; tries < 120 && server.exitCode === null; tries++) {
      await sleep(500);
      const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
      if (answer !== undefined) return await answer.text();
    }
    throw new Error(`${line} does not answer (status ${String(server.exitCode)}).`);
  } finally {
    if (server.pid !== undefined && server.exitCode === null) process.kill(-server.pid, "SIGTERM");
    await sleep(1_000);
  }
}

function recordedIn(spool: string): string[] {
  if (!existsSync(spool)) return ["nothing"];
  const traces = waitingIn(spool).map(
    ({ json }) => JSON.parse(json) as { spans: { span_name: string }[] },
  );
  return [...new Set(traces.flatMap(({ spans }) => spans.map(({ span_name }) => span_name)))];
}

function git(directory: string, ...args: readonly string[]): string {
  const who = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
  return execFileSync("git", [...who, ...args], { cwd: directory, encoding: "utf8" });
}

function commit(directory: string): void {
  git(directory, "add", "--all");
  git(directory, "commit", "--quiet", "--message", "as it was");
}

/** Files that are new among them. */
function changedIn(directory: string): string[] {
  git(directory, "add", "--all", "--intent-to-add");
  const names = git(directory, "diff", "--name-only", "HEAD");
  return names.trim().split("\n");
}
