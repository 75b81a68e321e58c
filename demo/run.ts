// `npm run demo [-- --question "…" …]`: questions in → the traces of a program that answers them, on stdout and in .llmops/demo/.
// Exit code 0: every question's trace arrived. Ctrl-C ends the program and the servers, too.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const USAGE = 'Usage: npm run demo [-- --question "…" [--question "…"]]';
const ROOT: string = join(import.meta.dirname, "..");
const BUILT: readonly string[] = [
  "runtime/dist/index.js",
  "runtime/dist/instrument.js",
  "transformer/dist/index.js",
  "processor/dist/index.js",
];

function questionsAsked(): string[] {
  const { values } = parseArgs({ options: { question: { type: "string", multiple: true } } });
  return (values.question ?? []).map((question) => question.trim()).filter((text) => text !== "");
}

async function main(): Promise<number> {
  let asked: string[];
  try {
    asked = questionsAsked();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return 2;
  }
  const missing = BUILT.filter((file) => !existsSync(join(ROOT, file)));
  if (missing.length > 0) {
    process.stderr.write(`Not built yet: ${missing.join(", ")}. Run \`npm run build\` first.\n`);
    return 2;
  }

  const stop = new AbortController();
  let received: NodeJS.Signals | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      received = signal;
      stop.abort();
    });
  }
  // `npm run demo | head`: nobody reads on.
  process.stdout.once("error", () => stop.abort());
  // Only now: it imports what is built.
  const { demonstrate } = await import("./demonstrate.ts");
  const arrived = await demonstrate({ root: ROOT, asked, signal: stop.signal });
  if (received !== undefined) return received === "SIGINT" ? 130 : 143;
  return arrived ? 0 : 1;
}

process.exitCode = await main();
