// `llmops dev` as it is started → what it prints, what its program finds, and how they end.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { temporary, wireTrace } from "../server/setup.ts";

const BIN = join(import.meta.dirname, "../../bin/llmops-viewer.js");

let root: string;
const running: Command[] = [];

beforeEach(() => {
  root = temporary();
});

afterEach(async () => {
  for (const command of running.splice(0)) {
    command.child.kill("SIGKILL");
    await command.ended;
  }
  rmSync(root, { recursive: true, force: true });
});

interface Event {
  readonly event: string;
  readonly [key: string]: unknown;
}

interface Command {
  readonly child: ChildProcess;
  readonly ended: Promise<number>;
  readonly out: () => string;
  readonly err: () => string;
  /** Lines of `--json`. */
  readonly events: () => Event[];
}

function start(args: readonly string[], env: Record<string, string> = {}, input?: string): Command {
  const { AWS_REGION: _, LLMOPS_SPOOL_DIR: __, ...inherited } = process.env;
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: root,
    env: { ...inherited, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(input);
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const ended = new Promise<number>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? (signal === null ? -1 : -2)));
  });
  const command: Command = {
    child,
    ended,
    out: () => out,
    err: () => err,
    events: () =>
      out
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Event),
  };
  running.push(command);
  return command;
}

const DEV = ["dev", "--json", "--port", "0", "--no-spool"];

async function ready(command: Command): Promise<Event & { url: string; sqs_url: string }> {
  await expect.poll(() => command.events().length).toBeGreaterThan(0);
  return command.events()[0] as Event & { url: string; sqs_url: string };
}

function program(code: string): string {
  const path = join(root, "program.mjs");
  writeFileSync(path, code);
  return path;
}

/** Sends a trace as the SDK does, without it. */
const SENDS = `
  const body = ${JSON.stringify(JSON.stringify(wireTrace("from-the-program")))};
  const url = process.env.AWS_SQS_URL;
  await fetch(new URL("/", url), { method: "POST", headers: {
    "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.SendMessage" },
    body: JSON.stringify({ QueueUrl: url, MessageBody: body }) });
`;

describe("dev", () => {
  test("one line says where everything is; its file is its user's alone, and goes with it", async () => {
    const dev = start(DEV);
    const { event, ...about } = await ready(dev);
    const told = JSON.parse(readFileSync(join(root, ".llmops/dev.json"), "utf8")) as object;
    expect(event).toBe("ready");
    expect(about).toMatchObject({
      root,
      db: join(root, ".llmops/dev.db"),
      pid: dev.child.pid,
      otlp_url: `${about.url}/v1/traces`,
      mcp_url: `${about.url}/mcp`,
      sqs_url: `${about.url}/000000000000/llmops`,
    });
    expect(told).toMatchObject({ url: about.url, root, token: about["token"], pid: dev.child.pid });
    for (const name of ["dev.json", "dev-token", "dev.db"])
      expect(statSync(join(root, ".llmops", name)).mode & 0o777, name).toBe(0o600);
    expect(statSync(join(root, ".llmops")).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(root, ".llmops/.gitignore"), "utf8")).toBe("*\n");
    dev.child.kill("SIGINT");
    expect(await dev.ended).toBe(130);
    expect(existsSync(join(root, ".llmops/dev.json"))).toBe(false);
    // Pages that are open go on with the token they have.
    const again = start(DEV);
    expect((await ready(again))["token"]).toBe(about["token"]);
  });

  test.skipIf(process.platform === "win32")(
    "it is one process from the start to the end, set up to use little memory",
    async () => {
      const dev = start(DEV);
      const { pid } = dev.child;
      expect((await ready(dev))["pid"]).toBe(pid);
      if (process.platform !== "linux") return;
      const read = (name: string): readonly string[] =>
        readFileSync(`/proc/${pid}/${name}`, "utf8").split("\0");
      expect(read("cmdline")).toContain("--max-semi-space-size=2");
      expect(read("environ")).toContain("MALLOC_ARENA_MAX=2");
      expect(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")).toBe("");
    },
  );

  test("what the command reads from its standard input, its program reads", async () => {
    const dev = start(
      [...DEV, "--exit", "--", process.execPath, program(`process.stdin.pipe(process.stderr)`)],
      {},
      "said",
    );
    expect(await dev.ended).toBe(0);
    expect(dev.err()).toContain("said");
  });

  test("with --exit it ends with its program's exit code, after its traces are here", async () => {
    const dev = start([
      ...DEV,
      "--exit",
      "--",
      process.execPath,
      program(`${SENDS} process.exit(7);`),
    ]);
    expect(await dev.ended).toBe(7);
    expect(dev.events().map(({ event }) => event)).toContain("trace");
    expect(dev.events().find(({ event }) => event === "child_exit")).toMatchObject({
      code: 7,
      signal: null,
    });
    const twin = start(DEV);
    const { url } = await ready(twin);
    expect((await fetch(`${url}/api/traces/from-the-program`)).status).toBe(200);
  });

  test("the program is pointed here, and keeps its own credentials and settings", async () => {
    const names =
      "AWS_SQS_URL LLMOPS_DEV_URL AWS_REGION LLMOPS_SPOOL_DIR OTEL_EXPORTER_OTLP_TRACES_ENDPOINT OTEL_EXPORTER_OTLP_TRACES_PROTOCOL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE MALLOC_ARENA_MAX MALLOC_TRIM_THRESHOLD_ LLMOPS_DEV_SETTINGS NODE_OPTIONS".split(
        " ",
      );
    const print = `console.log(JSON.stringify(${JSON.stringify(names)}.map((name) => process.env[name] ?? null)))`;
    const run = async (env: Record<string, string>): Promise<unknown[]> => {
      const dev = start([...DEV, "--exit", "--", process.execPath, "-e", print], {
        AWS_ACCESS_KEY_ID: "own",
        AWS_SECRET_ACCESS_KEY: "own",
        ...env,
      });
      await dev.ended;
      const { url, sqs_url: queue } = await ready(dev);
      // The program's own output is no JSON of ours.
      const given = JSON.parse(dev.err().trim().split("\n").at(-1) ?? "[]") as unknown[];
      expect(given.slice(0, 2)).toEqual([queue, url]);
      expect(given.slice(6, 10)).toEqual(["own", "own", null, env["AWS_PROFILE"] ?? null]);
      // What `dev` sets for itself alone, and what it must not touch.
      expect(given.slice(10)).toEqual([env["MALLOC_ARENA_MAX"] ?? null, null, null, null]);
      return given.slice(2, 6).map((value) => String(value).replace(url, "URL"));
    };
    expect(await run({ AWS_PROFILE: "work", MALLOC_ARENA_MAX: "4" })).toEqual([
      "us-east-1",
      join(root, ".llmops/spool"),
      "URL/v1/traces",
      "http/json",
    ]);
    const own = { AWS_REGION: "eu-west-1", LLMOPS_SPOOL_DIR: "/elsewhere" };
    expect((await run(own)).slice(0, 2)).toEqual(["eu-west-1", "/elsewhere"]);
  });

  test("a second one uses the first, and ends with its program", async () => {
    const first = start(DEV);
    const { url } = await ready(first);
    const second = start([
      ...DEV,
      "--",
      process.execPath,
      program(`${SENDS} process.exitCode = 3;`),
    ]);
    expect(await second.ended).toBe(3);
    expect(second.events()[0]).toMatchObject({ event: "attached", url });
    await expect
      .poll(async () => (await fetch(`${url}/api/traces/from-the-program`)).status)
      .toBe(200);
    expect(first.child.exitCode).toBeNull();
  });

  test("the file of a server that was killed misleads nobody", async () => {
    const killed = start(DEV);
    await ready(killed);
    killed.child.kill("SIGKILL");
    await killed.ended;
    expect(existsSync(join(root, ".llmops/dev.json"))).toBe(true);
    expect((await ready(start(DEV))).event).toBe("ready");
  });

  test("a port that is taken: the next one, and it says so", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    const dev = start(["dev", "--json", "--no-spool", "--port", String(port)]);
    expect((await ready(dev))["port"]).not.toBe(port);
    await expect
      .poll(() => dev.events()[1])
      .toMatchObject({ event: "warning", code: "port_taken" });
    other.close();
  });

  test("Ctrl-C ends the program, too, whose exit code it is", async () => {
    const code = `process.on("SIGINT", () => process.exit(9)); setInterval(() => {}, 1000); console.error("up");`;
    const dev = start([...DEV, "--", process.execPath, program(code)]);
    await expect.poll(dev.err).toContain("up");
    dev.child.kill("SIGINT");
    expect(await dev.ended).toBe(9);
  });

  test("a program that a signal ended: 128 and its number", async () => {
    const dev = start([
      ...DEV,
      "--exit",
      "--",
      process.execPath,
      "-e",
      "process.kill(process.pid, 'SIGTERM')",
    ]);
    expect(await dev.ended).toBe(143);
  });

  test.each<[string, readonly string[], Record<string, string>]>([
    ["an address of the network", ["--host", "0.0.0.0"], {}],
    ["a name", ["--host", "example.com"], {}],
    ["a port", ["--port", "99999"], {}],
    ["a size", ["--db-max-size", "1MB"], {}],
    ["a size without unit", ["--db-max-size", "512"], {}],
    ["an origin with a path", ["--allow-origin", "http://a.test/x"], {}],
    ["a host that is a URL", ["--allow-host", "http://a"], {}],
    ["a flag", ["--prot", "1"], {}],
    ["the environment", [], { LLMOPS_DEV_PORT: "no" }],
    ["the environment's size", [], { LLMOPS_DEV_DB_MAX: "much" }],
    ["a program", ["--port", "0", "--no-spool", "--", "there-is-no-such-program"], {}],
  ])("%s that cannot be: exit code 2, a line, and nothing is left", async (_, args, env) => {
    const dev = start(["dev", "--json", ...args], env);
    expect(await dev.ended).toBe(2);
    expect(dev.err().trim()).toMatch(/\S/);
    expect(dev.err()).not.toMatch(/ at .*:\d+:\d+/);
    expect(existsSync(join(root, ".llmops/dev.json"))).toBe(false);
  });

  test("without --json: where it is, on stderr", async () => {
    const dev = start(["dev", "--port", "0", "--no-spool"]);
    await expect.poll(dev.err).toMatch(/http:\/\/127\.0\.0\.1:\d+\n/);
    expect(dev.out()).toBe("");
  });
});

describe("tail", () => {
  test("prints a line for each trace that matches", async () => {
    const { url, token } = (await ready(start(DEV))) as unknown as { url: string; token: string };
    const put = (id: string, name: string) =>
      fetch(`${url}/api/import`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(wireTrace(id, { trace_name: name })),
      });
    await put("before", "wanted");
    const all = start(["tail", "--json", "--since", "60"]);
    const some = start(["tail", "-q", "name:wanted*"]);
    await expect.poll(() => all.events()).toHaveLength(1);
    // Both are listening from here on.
    await expect
      .poll(async () => {
        await put(`probe-${Math.random()}`, "wanted\u001b[2J");
        return some.out();
      })
      .toContain("wanted");
    await put("t1", "other");
    await put("t2", "wanted");
    await expect.poll(some.out).toContain("t2");
    await expect.poll(() => all.out()).toContain('"t1"');
    expect(some.out()).not.toContain("other");
    expect(some.out()).not.toContain("\u001b");
    expect(all.events()[0]).toMatchObject({ event: "trace", trace: { trace_id: "before" } });
    running[0]?.child.kill("SIGINT");
    expect(await some.ended).toBe(0);
  });

  test("without a running dev: exit code 2", async () => {
    const tail = start(["tail"]);
    expect(await tail.ended).toBe(2);
    expect(tail.err()).toContain("npx llmops dev");
  });
});
