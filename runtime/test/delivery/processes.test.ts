// What several processes do to one directory, and what a process takes from its machine; from the sources.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { faulty, temporary, unsent } from "./setup.ts";

test("four processes keep one cap of the disk together, but for one segment each", async () => {
  const directory = temporary();
  const child = fileURLToPath(new URL("filling.child.ts", import.meta.url));
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, [child, directory], { stdio: ["pipe", "pipe", "ignore"] }),
  );
  const counts = await Promise.all(
    children.map(async ({ stdout }) => Number(((await once(stdout, "data")) as [Buffer])[0])),
  );
  const bytes = readdirSync(directory)
    .filter((name) => name.endsWith(".wal"))
    .reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
  const accepted = counts.reduce((sum, count) => sum + count, 0);
  expect(unsent(directory)).toHaveLength(accepted);
  // A segment ends with the record that fills it.
  expect(bytes).toBeLessThanOrEqual(1024 * 1024 + children.length * (256 * 1024 + 5_000));
  expect(bytes).toBeGreaterThan(1024 * 1024 - 256 * 1024);
  await Promise.all(
    children.map((one) => {
      one.stdin.end();
      return once(one, "exit");
    }),
  );
});

test.each([
  ["no credentials at all", {}],
  ["a profile that is not for it", { AWS_PROFILE: "work" }],
])("a queue on this machine gets its traces with %s", async (_, env) => {
  const queue = await faulty([]);
  const home = temporary();
  mkdirSync(join(home, ".aws"));
  writeFileSync(
    join(home, ".aws/credentials"),
    "[work]\naws_access_key_id = WORKKEY\naws_secret_access_key = worksecret\n",
  );
  const source = `
    import { endTrace, flush, startTrace } from ${JSON.stringify(new URL("../../src/index.ts", import.meta.url).href)};
    startTrace("a");
    endTrace();
    console.log(await flush(10_000));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "ignore"],
    env: {
      AWS_EC2_METADATA_DISABLED: "true",
      HOME: home,
      AWS_SQS_URL: queue.url,
      LLMOPS_SPOOL_DIR: temporary(),
      ...env,
    },
  });
  const [flushed] = (await once(child.stdout, "data")) as [Buffer];
  expect(flushed.toString()).toBe("true\n");
  expect(queue.stored).toHaveLength(1);
  expect(queue.authorizations.join()).toContain("Credential=local/");
});
