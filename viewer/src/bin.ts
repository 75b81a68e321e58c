#!/usr/bin/env node
// The bin `llmops-viewer`: its commands under a name of their own.
import { run } from "./cli.ts";

process.exitCode = await run(process.argv.slice(2));
