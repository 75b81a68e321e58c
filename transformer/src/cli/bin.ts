#!/usr/bin/env node
// The `llmops` command → its exit code.
// Invariant: output is written to its end, also where it is longer than a pipe holds.
import { run } from "./main.ts";
import { INTERRUPTED } from "./terminal.ts";

// These work without a pause, in which a handler could run: the signal itself ends them.
const AT_ONCE: ReadonlySet<string | undefined> = new Set(["check", "explain"]);
if (!AT_ONCE.has(process.argv[2])) process.on("SIGINT", () => process.exit(INTERRUPTED));
// `llmops check | head`
process.stdout.on("error", () => process.exit(0));
process.exitCode = await run(process.argv.slice(2));
