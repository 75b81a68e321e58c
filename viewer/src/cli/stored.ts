// The commands on what is stored, each with its arguments: traces, export, import, clear.
import type { Command } from "commander";
import type { ClearFlags } from "./clear.ts";
import type { ExportFlags } from "./export.ts";
import type { ImportFlags } from "./import.ts";
import type { TracesFlags } from "./traces.ts";

/** Each one's code is loaded when it is called. */
export function addStored(program: Command, end: (exitCode: number) => void): void {
  program
    .command("traces")
    .description("list traces, or show one as a tree")
    .argument("[id]", "of the trace to show")
    .option("-q, --query <query>", "only traces that match")
    .option("--limit <n>", "at most so many (20)")
    .option("--sort <field>", "started, duration, cost, tokens, spans, errors or name")
    .option("--span <id>", "of the trace, this span and what is below it")
    .option("--json", "as JSON; one trace as the wire has it")
    .option("--markdown", "one trace, to paste into a chat with an AI")
    .action(async (id: string | undefined, flags: TracesFlags) => {
      const { traces } = await import("./traces.ts");
      end(await traces(id, flags));
    });
  program
    .command("export")
    .description("write traces for other readers")
    .option("-q, --query <query>", "only traces that match")
    .option("--ids <ids>", "these traces, by commas")
    .option("--format <format>", "llmops, otlp or markdown (llmops)")
    .option("-o, --output <file>", "there, and not on stdout")
    .option("--with-source", "with the source texts that were kept")
    .action(async (flags: ExportFlags) => {
      const { exportTraces } = await import("./export.ts");
      end(await exportTraces(flags));
    });
  program
    .command("import")
    .description("take traces from files: exports, message bodies, OTLP JSON, gzip of any")
    .argument("<file...>", "- for stdin")
    .option("--json", "the result as JSON")
    .action(async (files: readonly string[], flags: ImportFlags) => {
      const { importTraces } = await import("./import.ts");
      end(await importTraces(files, flags));
    });
  program
    .command("clear")
    .description("delete traces")
    .option("-q, --query <query>", "only traces that match")
    .option("--yes", "without asking")
    .action(async (flags: ClearFlags) => {
      const { clear } = await import("./clear.ts");
      end(await clear(flags));
    });
}
