// An app that finishes traces, reports their ids on stdout, and ends in the way that its argument names. With
// LLMOPS_ENABLED=false it does the same without recording: exit code and stderr must not differ.
import cluster from "node:cluster";
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { endTrace, startTrace } from "llmops-observability";

const path = process.argv[2];
const recorded = process.env.LLMOPS_ENABLED !== "false";

function finish(count) {
  for (let n = 0; n < count; n++) {
    const id = startTrace("exit");
    endTrace();
    if (recorded) writeSync(1, `${id}\n`);
  }
}

const ends = {
  natural: () => {},
  exit: () => process.exit(3),
  exitCode: () => void (process.exitCode = 4),
  exitInFinally: async () => {
    try {
      await sleep(5);
    } finally {
      process.exit(5);
    }
  },
  uncaught: () => {
    throw new Error("the app's own");
  },
  uncaughtLater: () =>
    setTimeout(() => {
      throw new Error("the app's own");
    }, 5),
  unhandled: () => void Promise.reject(new Error("the app's own")),
  handledByApp: () => {
    process.on("uncaughtException", (error) => {
      writeSync(2, `app: ${error.message}\n`);
      process.exit(6);
    });
    throw new Error("the app's own");
  },
  sigterm: () => {
    setInterval(() => {}, 1000);
    process.kill(process.pid, "SIGTERM");
  },
  sigtermHandled: () => {
    process.on("SIGTERM", () => process.exit(7));
    setInterval(() => {}, 1000);
    process.kill(process.pid, "SIGTERM");
  },
  sigint: () => {
    setInterval(() => {}, 1000);
    process.kill(process.pid, "SIGINT");
  },
  abort: () => process.abort(),
  closedStdio: () => {
    process.stdout.destroy();
    process.stderr.destroy();
  },
};

const workerEnds = {
  natural: () => {},
  exit: () => process.exit(0),
  uncaught: () => {
    throw new Error("the worker's own");
  },
  terminate: () => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's port, no window's
    parentPort.postMessage("finished");
    setInterval(() => {}, 1000);
  },
};

if (!isMainThread) {
  finish(5);
  workerEnds[workerData]();
} else if (path.startsWith("worker:")) {
  finish(5);
  const kind = path.slice("worker:".length);
  const worker = new Worker(new URL(import.meta.url), {
    workerData: kind === "mainExits" ? "terminate" : kind,
  });
  worker.on("error", (error) => writeSync(2, `app: ${error.message}\n`));
  worker.on("message", () => {
    if (kind === "mainExits") process.exit(8);
    else void worker.terminate();
  });
} else if (path.startsWith("cluster:")) {
  if (cluster.isPrimary) {
    cluster.setupPrimary({ exec: fileURLToPath(import.meta.url), args: [path] });
    finish(5);
    let left = 3;
    for (let n = 0; n < 3; n++) {
      const worker = cluster.fork();
      worker.on("message", () => {
        if (path === "cluster:kill") worker.process.kill("SIGKILL");
        else worker.disconnect();
      });
      worker.on("exit", () => {
        if (--left === 0) finish(1);
      });
    }
  } else {
    finish(5);
    process.send("finished");
  }
} else {
  finish(10);
  ends[path]();
}
