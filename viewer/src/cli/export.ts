// `llmops export` → traces in a form that others read, on stdout or in a file.
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { WireTrace } from "llmops-observability/wire";
import { tracesOf } from "../formats/select.ts";
import { exportOf, FORMATS, isFormat } from "../formats/write.ts";
import { CommandError } from "./command-error.ts";
import { openTraces, type Traces } from "./open-traces.ts";
import { VERSION } from "./version.ts";

export interface ExportFlags {
  readonly query?: string;
  readonly ids?: string;
  readonly format?: string;
  readonly output?: string;
  readonly withSource?: boolean;
}

export async function exportTraces(flags: ExportFlags): Promise<number> {
  const { query, ids, format = "llmops", output, withSource = false } = flags;
  if (!isFormat(format)) throw new CommandError(`--format takes ${FORMATS.join(", ")}`);
  const opened = await openTraces(process.cwd());
  let count = 0;
  try {
    const counted = async function* (): AsyncGenerator<WireTrace> {
      for await (const trace of tracesOf(opened, { q: query, ids: ids?.split(",") })) {
        count++;
        yield trace;
      }
    };
    const text = exportOf(format, counted(), {
      version: VERSION,
      ...(withSource && { sourcesOf: (trace) => sourcesOf(opened, trace) }),
    });
    await write(text, output);
  } finally {
    await opened.close();
  }
  if (output !== undefined)
    process.stderr.write(`${count} ${count === 1 ? "trace" : "traces"} in ${output}\n`);
  if (count > 0 || (query === undefined && ids === undefined)) return 0;
  process.stderr.write("No trace matches.\n");
  return 1;
}

async function write(text: AsyncIterable<string>, output: string | undefined): Promise<void> {
  try {
    if (output === undefined) {
      for await (const piece of text)
        if (!process.stdout.write(piece))
          await new Promise((resolve) => process.stdout.once("drain", resolve));
    } else await pipeline(Readable.from(text), createWriteStream(output, { mode: 0o600 }));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (output === undefined || code === undefined) throw error;
    throw new CommandError(`${output} cannot be written: ${message}`, 1);
  }
}

async function sourcesOf(
  opened: Traces,
  trace: WireTrace,
): Promise<Readonly<Record<string, string>>> {
  const hashes = new Set(trace.spans.flatMap(({ code }) => code?.hash ?? []));
  const sources: Record<string, string> = {};
  for (const hash of hashes) {
    const snapshot = await opened.snapshot(hash);
    if (snapshot !== undefined) sources[hash] = snapshot.text;
  }
  return sources;
}
