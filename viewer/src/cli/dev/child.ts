// A command line → a child process pointed at the server, its streams passed through.
// Invariant: what was not ours to set stays as it was: no credential is set or taken away.
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import type { Pipeline } from "../../views.ts";

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child {
  readonly ended: Promise<ChildEnd>;
  readonly state: NonNullable<Pipeline["child"]>;
  kill(signal: NodeJS.Signals): void;
}

export interface Pointed {
  readonly url: string;
  readonly sqs_url: string;
  readonly root: string;
}

/** What the child finds in its environment; the second half only where it is not set. */
function environmentFor(env: NodeJS.ProcessEnv, pointed: Pointed): NodeJS.ProcessEnv {
  return {
    AWS_REGION: "us-east-1",
    LLMOPS_SPOOL_DIR: join(pointed.root, ".llmops", "spool"),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${pointed.url}/v1/traces`,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json",
    ...env,
    AWS_SQS_URL: pointed.sqs_url,
    LLMOPS_DEV_URL: pointed.url,
  };
}

/** @param json stdout is for JSON alone: the child's goes to stderr */
export function startChild(
  [command = "", ...args]: readonly string[],
  pointed: Pointed,
  { json, cwd }: { readonly json: boolean; readonly cwd: string },
): Child {
  const child = spawn(command, args, {
    cwd,
    env: environmentFor(process.env, pointed),
    stdio: ["inherit", json ? 2 : "inherit", "inherit"],
    // npm and its kind are scripts there, which only a shell starts.
    shell: process.platform === "win32",
  });
  let end: ChildEnd | undefined;
  const ended = endOf(child).then((found) => {
    end = found;
    return found;
  });
  return {
    ended,
    get state(): Child["state"] {
      return {
        command: [command, ...args].join(" "),
        pid: child.pid ?? null,
        state: end === undefined ? "running" : "exited",
        exit_code: end === undefined ? null : exitCodeOf(end),
      };
    },
    kill: (signal) => void child.kill(signal),
  };
}

function endOf(child: ChildProcess): Promise<ChildEnd> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

/** As shells count them. */
export function exitCodeOf({ code, signal }: ChildEnd): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
