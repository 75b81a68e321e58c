// W6: 100,000 spans that are open, then waiting for a destination that does not answer → a table of bytes a span.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { median } from "../quantile.ts";
import { figure } from "../report.ts";
import type { Bench } from "../rag/run.ts";
import type { Memory } from "./child.ts";

const execute = promisify(execFile);
const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));
const CONTENDERS = { llmops: "llmops, compiled (AST)", otel: "OpenTelemetry by hand" } as const;

/** @returns lines of a Markdown table */
export async function measureMemory({ node, rounds }: Bench): Promise<readonly string[]> {
  const lines = ["| W6, bytes a span | open | waiting |", "|---|--:|--:|"];
  for (const [key, title] of Object.entries(CONTENDERS)) {
    const samples: Memory[] = [];
    for (let round = 0; round < Math.min(rounds, 3); round++) {
      const { stdout } = await execute(node, ["--expose-gc", CHILD, key]);
      samples.push(JSON.parse(stdout) as Memory);
      console.error(`W6 ${round + 1} ${key}: ${stdout}`);
    }
    const of = (kind: keyof Memory): string => figure(median(samples.map((one) => one[kind])));
    lines.push(`| ${title} | ${of("open")} | ${of("waiting")} |`);
  }
  return lines;
}
