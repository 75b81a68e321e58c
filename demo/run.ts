// `npm run demo [-- --question "…" …]`: questions in → the traces of a program that answers them,
// on stdout and in .llmops/demo/. Exit code 0: every question's trace arrived. Ctrl-C ends the
// program and the servers, too.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

// `-- --queue`, `-- --consumer`, `-- --send`: one part by itself, as docs/processor.md has it.
const USAGE =
  'Usage: npm run demo [-- --question "…" [--question "…"] | --queue | --consumer | --send]';
const ROOT: string = join(import.meta.dirname, "..");
const BUILT: readonly string[] = [
  "runtime/dist/index.js",
  "runtime/dist/instrument.js",
  "transformer/dist/index.js",
  "processor/dist/index.js",
];

interface Asked {
  readonly questions: string[];
  /** Of the demo, what is to run by itself. */
  readonly part: "queue" | "consumer" | "send" | undefined;
}

function asked(): Asked {
  const flag = { type: "boolean" } as const;
  const { values } = parseArgs({
    options: {
      question: { type: "string", multiple: true },
      queue: flag,
      consumer: flag,
      send: flag,
    },
  });
  const questions = (values.question ?? []).map((text) => text.trim()).filter(Boolean);
  const part = (["queue", "consumer", "send"] as const).find((name) => values[name]);
  return { questions, part };
}

async function main(): Promise<number> {
  let given: Asked;
  try {
    given = asked();
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
  if (given.part !== undefined) {
    const { PARTS } = await import("./parts.ts");
    await PARTS[given.part](stop.signal);
    return 0;
  }
  const { demonstrate } = await import("./demonstrate.ts");
  const arrived = await demonstrate({ root: ROOT, asked: given.questions, signal: stop.signal });
  if (received !== undefined) return received === "SIGINT" ? 130 : 143;
  return arrived ? 0 : 1;
}

process.exitCode = await main();
