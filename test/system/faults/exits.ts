// Every way in which a program can end, on every Node → the traces it had finished arrive, its exit code and stderr are as without us.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { decode } from "../../../runtime/src/wire/message.ts";
import { startFaultSqs } from "../../support/sqs-with-faults.ts";
import { App, appEnvironment, temporaryDirectory, type Progress, type Report } from "./harness.ts";

const run = promisify(execFile);
const PROGRAM = new URL("exit-paths.mjs", import.meta.url).pathname;

export const PATHS = [
  "natural",
  "exit",
  "exitCode",
  "exitInFinally",
  "uncaught",
  "uncaughtLater",
  "unhandled",
  "handledByApp",
  "sigterm",
  "sigtermHandled",
  "sigint",
  "abort",
  "closedStdio",
  "worker:natural",
  "worker:exit",
  "worker:uncaught",
  "worker:terminate",
  "worker:mainExits",
  "cluster:disconnect",
  "cluster:kill",
] as const;

interface Ended {
  readonly code: number | string | undefined;
  readonly stderr: string;
  readonly ids: readonly string[];
}

export async function exitPath(
  node: string,
  path: (typeof PATHS)[number],
  env: Readonly<Record<string, string>> = {},
): Promise<Report> {
  using directory = temporaryDirectory();
  const queue = await startFaultSqs();
  const settings = { AWS_SQS_URL: queue.url, LLMOPS_SPOOL_DIR: directory.path, ...env };
  const bare = await end(node, path, { ...settings, LLMOPS_ENABLED: "false" });
  const ours = await end(node, path, settings);
  // The next process on this directory sends what is left, by this machine's usual Node.
  const drain = new App({ url: queue.url, directory: directory.path, env: { END: "flush" } });
  await drain.ended;
  const stored = new Set(queue.stored.map((body) => decode(body).trace_id));
  await queue.close();
  const lost = ours.ids.filter((id) => !stored.has(id));
  return {
    name: path,
    figures: `${ours.code}, ${ours.ids.length} finished, ${lost.length} lost`,
    failures: [
      ...(lost.length > 0 ? [`lost ${lost.length} of ${ours.ids.length}`] : []),
      ...(ours.ids.length < 10 ? [`only ${ours.ids.length} traces were finished`] : []),
      ...(ours.code === bare.code ? [] : [`ends with ${ours.code}, without us ${bare.code}`]),
      ...(ours.stderr === bare.stderr ? [] : [`stderr differs: ${ours.stderr} | ${bare.stderr}`]),
    ].map((failure) => `${path}: ${failure}`),
  };
}

async function end(
  node: string,
  path: string,
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  // No core files.
  const args = ["-c", `ulimit -c 0; exec "$0" "$@"`, node, PROGRAM, path];
  const options = { env: appEnvironment(env), timeout: 300_000 };
  const { stdout, stderr, code } = await run("sh", args, options).then(
    (output) => ({ ...output, code: 0 }),
    (error: { stdout: string; stderr: string; code?: number; signal?: string }) => ({
      ...error,
      code: error.code ?? error.signal,
    }),
  );
  return { code, stderr: comparable(stderr), ids: stdout.split("\n").filter(Boolean) };
}

/** Without what differs from run to run, and the one sentence that says that this program has no spans. */
function comparable(stderr: string): string {
  return stderr
    .split("\n")
    .filter((line) => !line.startsWith("[llmops] A trace without spans"))
    .join("\n")
    .replaceAll(/0x[0-9a-f]+|\b\d{4,}\b/g, "…");
}

export async function exitPaths(node: string, progress?: Progress): Promise<Report> {
  const reports: Report[] = [];
  for (const path of PATHS) {
    reports.push(await exitPath(node, path));
    progress?.(reports.length, PATHS.length);
  }
  const { stdout } = await run(node, ["--version"]);
  return {
    name: `every way to end, Node ${stdout.trim()}`,
    figures: `${reports.length} ways`,
    failures: reports.flatMap(({ failures }) => failures),
  };
}
