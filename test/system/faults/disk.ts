// Disks that are full, failing, read-only or somebody else's → the app goes on, everything it finished arrives, the account balances.
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { startFaultSqs } from "../../support/sqs-with-faults.ts";
import { App, settle, temporaryDirectory, type Progress, type Report } from "./harness.ts";

interface Disk {
  readonly name: string;
  /** Why it cannot be made here; undefined where it can. */
  readonly missing?: string | undefined;
  readonly prefix?: readonly string[];
  readonly uid?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Prepares the directory to be spooled to, and returns it. */
  prepare?(base: string): string;
}

const root = process.getuid?.() === 0;
/** Nobody, on all Linux distributions. */
const NOBODY = 65_534;

/** Runs what follows where a file system of this size and mode lies on the spool directory; gone with the process. */
function onTmpfs(options: string): readonly string[] {
  const script = `mount -t tmpfs -o ${options} tmpfs "$LLMOPS_SPOOL_DIR" && exec "$0" "$@"`;
  return [...mountNamespace, "sh", "-c", script];
}

const mountNamespace = root ? ["unshare", "-m"] : ["unshare", "-rm"];
const noMounts =
  spawnSync(mountNamespace[0] ?? "", [
    ...mountNamespace.slice(1),
    ..."mount -t tmpfs tmpfs /mnt".split(" "),
  ]).status === 0
    ? undefined
    : "this machine does not let us mount";
const noStrace = spawnSync("strace", ["--version"]).status === 0 ? undefined : "strace is missing";

/** Node's own writes come before, and after the traces, which are finished in one go; where one of those fails, it ends itself. */
const FIRST = 4;

/** Only of the main thread: libuv's own writes to wake it must not fail. */
function failing(call: string, error: string, when: string): readonly string[] {
  const inject = `inject=${call}:error=${error}:when=${when}`;
  return ["strace", "-qq", "-o", "/dev/null", "-e", `trace=${call}`, "-e", inject];
}

function made(base: string, mode = 0o700): string {
  const directory = join(base, "spool");
  mkdirSync(directory, { mode });
  return directory;
}

export const DISKS: readonly Disk[] = [
  { name: "full after 1 MiB", prefix: onTmpfs("size=1m"), missing: noMounts },
  { name: "full from the start", prefix: onTmpfs("size=4k"), missing: noMounts },
  { name: "without inodes", prefix: onTmpfs("nr_inodes=2"), missing: noMounts },
  { name: "read-only", prefix: onTmpfs("size=1m,ro"), missing: noMounts },
  {
    name: "ENOSPC on 40 writes",
    prefix: failing("write", "ENOSPC", `${FIRST + 4}..${FIRST + 44}`),
    missing: noStrace,
  },
  {
    name: "EIO on every third write",
    prefix: failing("write", "EIO", `${FIRST}..250+3`),
    missing: noStrace,
  },
  {
    name: "EIO on 250 writes",
    prefix: failing("write", "EIO", `${FIRST}..250`),
    missing: noStrace,
  },
  {
    name: "EIO on every third fdatasync",
    prefix: failing("fdatasync", "EIO", "2+3"),
    missing: noStrace,
    env: { LLMOPS_DURABILITY: "fsync" },
  },
  { name: "EIO on ftruncate", prefix: failing("ftruncate", "EIO", "1+"), missing: noStrace },
  { name: "EROFS on unlink", prefix: failing("unlink", "EROFS", "1+"), missing: noStrace },
  {
    name: "a symbolic link",
    prepare(base) {
      const link = join(base, "link");
      symlinkSync(made(base), link);
      return link;
    },
  },
  {
    name: "another user's",
    missing: root ? undefined : "only root can give a directory away",
    prepare(base) {
      const directory = made(base);
      chownSync(directory, NOBODY, NOBODY);
      return directory;
    },
  },
  {
    name: "not writable",
    missing: root ? undefined : "only root can run a child as someone else",
    uid: NOBODY,
    prepare(base) {
      chmodSync(base, 0o755);
      const directory = made(base);
      chownSync(directory, NOBODY, NOBODY);
      chmodSync(directory, 0o500);
      return directory;
    },
  },
  { name: "a path below a file", prepare: () => "/dev/null/spool" },
];

/** 300 traces of 7 KB while SQS is down, and after it has come back. */
export async function badDisk(disk: Disk): Promise<Report> {
  using base = temporaryDirectory();
  const directory = (disk.prepare ?? made)(base.path);
  const queue = await startFaultSqs([], undefined);
  let up = false;
  queue.chaos = () => (up ? undefined : "503");
  const { prefix = [], uid } = disk;
  const app = new App({
    url: queue.url,
    directory,
    env: { COUNT: "300", END: "flush", ...disk.env },
    prefix,
    ...(uid === undefined ? {} : { uid }),
  });
  app.onAccepted = () => {
    if (app.accepted.length === 300) up = true;
  };
  // What was refused is not reported: do not wait for it for ever.
  const patience = setTimeout(() => (up = true), 5000);
  await app.ended;
  clearTimeout(patience);
  const { stats, stderr } = app;
  const other = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("[llmops]"));
  const account = await settle(directory, queue, app.accepted);
  await queue.close();
  const dropped = Object.values(stats?.dropped ?? {}).reduce((sum, count) => sum + count, 0);
  const failures = [
    ...(stats === undefined ? [`the app did not get to its end: ${stderr}`] : []),
    ...other,
    ...(account.lost.length > 0 ? [`lost ${account.lost.length}`] : []),
    ...(stats?.accepted === 300 ? [] : [`${stats?.accepted} of 300 were counted`]),
    ...(stats && stats.accepted === stats.acked + stats.pending + dropped
      ? []
      : [`the account does not balance: ${JSON.stringify(stats)}`]),
    ...(app.accepted.length + dropped === 300 ? [] : [`${app.accepted.length} + ${dropped} ≠ 300`]),
  ];
  return {
    name: `disk: ${disk.name}`,
    figures: `${app.accepted.length} accepted, ${dropped} refused and counted, ${account.lost.length} lost, ${account.duplicates} twice`,
    failures,
  };
}

export async function badDisks(progress?: Progress): Promise<Report[]> {
  const reports: Report[] = [];
  for (const disk of DISKS) {
    reports.push(
      disk.missing === undefined
        ? await badDisk(disk)
        : { name: `disk: ${disk.name}`, figures: `NOT TRIED: ${disk.missing}`, failures: [] },
    );
    progress?.(reports.length, DISKS.length);
  }
  return reports;
}
