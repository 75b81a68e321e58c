// The guides of the documentation, followed to the letter in a new folder → the program runs, and its trace is written.
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { waitingIn } from "../../runtime/test/delivery/waiting.ts";
import { begin, follow, type Place } from "../docs/follow.ts";
import { GUIDES } from "../docs/guides.ts";
import { ROOT } from "../docs/pages.ts";

const HERE = join(ROOT, "node_modules");
const OTHERS = join(import.meta.dirname, "others/node_modules");
const BINS = [HERE, OTHERS].map((modules) => join(modules, ".bin"));
const BUN = join(OTHERS, "@oven/bun-linux-x64/bin");

/** `npm run packages` has it done. */
const INSTALL = /^(?:npm|pnpm|yarn) (?:i|install|init|pkg|add)\b/;

test.for(GUIDES.filter(({ installs }) => installs !== true))("$name", async (guide, { skip }) => {
  const missing = guide.packages.filter((name) => !isThere(HERE, name) && !isThere(OTHERS, name));
  if (missing.length > 0 && process.env["CI"] === undefined)
    skip(`${missing.join(" and ")}: npm ci --prefix test/hosts/others`);
  const directory = folder(guide.packages);
  const spool = join(directory, "spool");
  const place: Place = {
    directory,
    line: (line) =>
      INSTALL.test(line) ? undefined : line.replaceAll(/\bnpx (?:llmops dev -- )?/g, ""),
    environment: {
      PATH: [dirname(process.execPath), ...BINS, BUN, process.env["PATH"]].join(delimiter),
      // Where webpack looks for its command line.
      NODE_PATH: OTHERS,
      HOME: directory,
      LLMOPS_SPOOL_DIR: spool,
    },
    traces: () => waitingIn(spool).length,
  };
  begin(guide, place);
  const said = await follow(guide, place);
  expect(said).toMatch(guide.says);
  const spans = waitingIn(spool).flatMap(
    ({ json }) => (JSON.parse(json) as { spans: { span_name: string }[] }).spans,
  );
  const names = new Set(spans.map(({ span_name }) => span_name));
  expect([...names].toSorted()).toEqual(guide.spans);
});

const isThere = (modules: string, name: string): boolean => existsSync(join(modules, name));

/** What it has of packages that are not found upwards. */
function folder(packages: readonly string[]): string {
  mkdirSync(join(ROOT, ".llmops/test"), { recursive: true });
  const directory = mkdtempSync(join(ROOT, ".llmops/test/guide-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const name of packages.filter((needed) => !isThere(HERE, needed))) {
    const link = join(directory, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(OTHERS, name), link);
  }
  return directory;
}
