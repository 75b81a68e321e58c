// A built program → what it prints, and its spans as lines, without ids, times and paths.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { waitingIn } from "../../../runtime/test/delivery/waiting.ts";
import type { WireTrace } from "../../../runtime/src/wire/message.ts";

const run = promisify(execFile);

export interface Ran {
  readonly stdout: string;
  /** `parent > child {arguments} {locals} result`, of all traces. */
  readonly spans: readonly string[];
}

export async function ranIn(directory: string, name: string, ...args: string[]): Promise<Ran> {
  const spool = join(directory, `spool-${name}`);
  const { stdout } = await run(process.execPath, ["--enable-source-maps", ...args], {
    cwd: directory,
    env: { LLMOPS_SPOOL_DIR: spool },
  });
  const spans = waitingIn(spool).flatMap(({ json }) => {
    const trace = JSON.parse(json) as WireTrace;
    const names = new Map(trace.spans.map((span) => [span.span_id, span.span_name]));
    return trace.spans.map(({ span_name, parent_span_id, input_data, output_data, error }) =>
      [
        `${names.get(parent_span_id ?? "") ?? ""} > ${span_name}`,
        JSON.stringify([input_data.args, input_data.locals]),
        JSON.stringify(output_data),
        error?.message ?? "",
      ].join(" "),
    );
  });
  return { stdout, spans: spans.toSorted() };
}
