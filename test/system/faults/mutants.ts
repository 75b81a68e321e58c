// `npm run mutants [NAME…]`: delivery broken on purpose, one way at a time, in a copy of the sources → which test notices.
// Exit status 1 where one survives, or where the text to be broken is not there any more.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Test files that are to notice, by part of their name. */
  readonly tests: readonly string[];
}

const MUTANTS: readonly Mutant[] = [
  {
    name: "delete before the acknowledgement",
    file: "delivery/lane.ts",
    from: "      const outcomes = await ask(",
    to: "      this.#ledger.sent(request.map(({ group }) => group.item.trace));\n      const outcomes = await ask(",
    tests: ["delivery/exit", "delivery/failures"],
  },
  {
    name: "acknowledge all that did not fail",
    file: "sinks/sqs/outcome.ts",
    from: 'if (failure === undefined) return retry("NotInReply");',
    to: "if (failure === undefined) return SENT;",
    tests: ["delivery/failures"],
  },
  {
    name: "acknowledge whatever the digest",
    file: "sinks/sqs/outcome.ts",
    from: "return theirs === undefined || theirs ===",
    to: "return true || theirs ===",
    tests: ["delivery/failures"],
  },
  {
    name: "take any answer to a repeated request for a success",
    file: "sinks/sqs/connection.ts",
    from: "return answer.statusCode === 200",
    to: "return answer.statusCode !== undefined",
    tests: ["sinks/sqs"],
  },
  {
    name: "send another body than was announced",
    file: "sinks/sqs/repetition.ts",
    from: "query: {}, headers, body },",
    to: "query: {}, headers, body: body.subarray(1) },",
    tests: ["sinks/sqs"],
  },
  {
    name: "take a failure of the moment for a final one",
    file: "sinks/sqs/outcome.ts",
    from: 'if (failure.SenderFault === true && pace === "network")',
    to: "if (failure.SenderFault === true)",
    tests: ["delivery/failures"],
  },
  {
    name: "one bad message takes its batch along",
    file: "sinks/sqs/sqs.ts",
    from: "return isAboutContent(error)\n        ? halves(entries, reason)",
    to: 'return isAboutContent(error)\n        ? entries.map(() => ({ state: "rejected", reason }))',
    tests: ["delivery/failures"],
  },
  {
    name: "no checksum",
    file: "delivery/spool/record-format.ts",
    from: 'return zlib().crc32(payload) === Number.parseInt(prefix[1] ?? "", 16) ? payload : undefined;',
    to: "return payload;",
    tests: ["delivery/spool"],
  },
  {
    name: "no fence after a torn tail",
    file: "delivery/spool/segment.ts",
    from: "    if (this.#torn) {\n      this.#size += fs.writeSync(this.#fd, FENCE);",
    to: "    if (this.#torn) {\n",
    tests: ["delivery/spool"],
  },
  {
    name: "a torn write is not cut off",
    file: "delivery/spool/segment.ts",
    from: "      fs.ftruncateSync(this.#fd, size);\n    } catch {",
    to: "    } catch {",
    tests: ["delivery/spool"],
  },
  {
    name: "count-only bound of the disk",
    file: "delivery/spool/spool.ts",
    from: "    if (this.bytes >= this.#limits.diskBytes) throw new SpoolFullError();\n    if (this.#crowded)",
    to: "    if (this.#crowded)",
    tests: ["delivery/delivery.test", "delivery/spool.test"],
  },
  {
    name: "count-only bound of the memory",
    file: "delivery/ledger.ts",
    from: "this.#memoryBytes + bytes <= this.#limitBytes",
    to: "this.#memoryOnly + 0 * bytes < 1000",
    tests: ["delivery/delivery.test"],
  },
  {
    name: "count-only batches",
    file: "delivery/messages.ts",
    from: "if (last !== undefined && last.length < batchSize && bytes <= room) {",
    to: "if (last !== undefined && last.length < batchSize) {",
    tests: ["delivery/delivery.test", "delivery/parts"],
  },
  {
    name: "a living owner is robbed",
    file: "delivery/spool/claims.ts",
    from: 'const free = liveness === "dead" ||',
    to: 'const free = liveness !== "foreign" ||',
    tests: ["delivery/spool-owners"],
  },
  {
    name: "a zombie counts as alive",
    file: "delivery/spool/owner.ts",
    from: 'fields[0] === "Z" || fields[0] === "X" ? undefined :',
    to: "",
    tests: ["delivery/spool-owners"],
  },
  {
    name: "trust in one clock",
    file: "delivery/spool/claims.ts",
    from: "return age > this.#times.foreignIdleMs && watched;",
    to: "return age > this.#times.foreignIdleMs || watched;",
    tests: ["delivery/spool-owners"],
  },
  {
    name: "write after accepting",
    file: "delivery/spool/segment.ts",
    from: "      written = fs.writeSync(this.#fd, bytes);",
    to: "      written = bytes.length;\n      const copy = Buffer.from(bytes);\n      setImmediate(() => fs.writeSync(this.#fd, copy));",
    tests: ["delivery/spool.test"],
  },
  {
    name: "the backlog starves",
    file: "delivery/send-queue.ts",
    from: "const backlogFirst = this.#turn++ % BACKLOG_TURN === BACKLOG_TURN - 1;",
    to: "const backlogFirst = this.#turn++ < 0;",
    tests: ["delivery/failures"],
  },
  {
    name: "new traces wait for the backlog",
    file: "delivery/send-queue.ts",
    from: "const backlogFirst = this.#turn++ % BACKLOG_TURN === BACKLOG_TURN - 1;",
    to: "const backlogFirst = this.#turn++ >= 0;",
    tests: ["delivery/failures"],
  },
  {
    name: "what waits stays behind in a file that is gone",
    file: "delivery/spool/segment.ts",
    from: "        target.#waiting[lane]?.push(moved(row));\n",
    to: "",
    tests: ["delivery/spool-owners"],
  },
  {
    name: "the last account leaves out what waits",
    file: "delivery/ledger.ts",
    from: "    this.#parked = this.#spool?.records ?? 0;\n",
    to: "",
    tests: ["delivery/delivery.test", "delivery/failures"],
  },
  {
    name: "what waits is taken without an end",
    file: "delivery/spool/segment.ts",
    from: "    waiting.shift();\n    this.#held.add(position);",
    to: "    this.#held.add(position);",
    tests: ["delivery/spool", "delivery/delivery.test"],
  },
  {
    name: "drops are forgotten where the message did not arrive",
    file: "delivery/lane.ts",
    from: "this.#ledger.returnUntold(drops);",
    to: "{}",
    tests: ["delivery/failures"],
  },
  {
    name: "the first destination that has a trace ends it for all",
    file: "delivery/spool/segment.ts",
    from: "    if (after >= LANE) {",
    to: "    if (after < 0) {",
    tests: ["delivery/lanes"],
  },
  {
    name: "in memory, the first destination that has a trace ends it for all",
    file: "delivery/ledger.ts",
    from: "if (--trace.needs > 0) return;",
    to: "if (--trace.needs < 0) return;",
    tests: ["delivery/lanes"],
  },
  {
    name: "a refusal is forgotten when another destination takes the trace",
    file: "delivery/spool/segment.ts",
    from: "(before - LANE) | (refused ? REFUSED : 0)",
    to: "before - LANE",
    tests: ["delivery/lanes", "delivery/failures"],
  },
  {
    name: "the files of others are not looked at before a new segment",
    file: "delivery/spool/spool.ts",
    from: "      this.#foreignBytes += found?.size ?? 0;",
    to: "      this.#foreignBytes += 0 * (found?.size ?? 0);",
    tests: ["delivery/processes"],
  },
  {
    name: "a queue on loopback gets the user's profile",
    file: "sinks/sqs/address.ts",
    from: "if (!LOOPBACK.test(new URL(endpoint).hostname))",
    to: "if (endpoint !== '')",
    tests: ["delivery/processes"],
  },
];

const root = join(import.meta.dirname, "../../..");
const scratch = join(root, ".llmops/mutants");
const wanted = process.argv.slice(2);
const chosen = MUTANTS.filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
);

rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch, { recursive: true });
for (const name of ["runtime", "processor", "transformer", "demo", "test"]) {
  cpSync(join(root, name), join(scratch, name), {
    recursive: true,
    filter: (path) => !/[/\\](?:node_modules|dist)$/.test(path),
  });
}
for (const name of ["package.json", "tsconfig.json", "vitest.config.ts"]) {
  cpSync(join(root, name), join(scratch, name));
}
symlinkSync(join(root, "node_modules"), join(scratch, "node_modules"));

let survivors = 0;
for (const mutant of [undefined, ...chosen]) {
  const tests = mutant?.tests ?? [...new Set(chosen.flatMap((one) => one.tests))];
  const output = mutant === undefined ? runTests(tests) : broken(mutant);
  // Unbroken, all tests pass; else nothing could be told from a failure.
  const ok = output === undefined ? false : mutant === undefined ? output === "" : output !== "";
  if (!ok) survivors++;
  const verdict = mutant === undefined ? "unbroken" : output === "" ? "SURVIVES" : "killed";
  console.log(`${ok ? "ok  " : "FAIL"} ${mutant?.name ?? "the sources as they are"}: ${verdict}`);
  if (output !== undefined && output !== "") console.log(`       ${output}`);
}
rmSync(scratch, { recursive: true, force: true });
process.exitCode = survivors === 0 ? 0 : 1;

/** The first test that fails; "" where none does; undefined where there was nothing to break. */
function broken({ file, from, to, tests }: Mutant): string | undefined {
  const path = join(scratch, "runtime/src", file);
  const source = readFileSync(path, "utf8");
  if (source.split(from).length !== 2) {
    console.log(`       ${file} does not hold exactly once: ${from}`);
    return undefined;
  }
  writeFileSync(
    path,
    source.replace(from, () => to),
  );
  try {
    return runTests(tests);
  } finally {
    writeFileSync(path, source);
  }
}

function runTests(tests: readonly string[]): string {
  const args = [join(root, "node_modules/vitest/vitest.mjs"), "run", "--bail", "1"];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...args, "--reporter", "dot", ...tests.map((name) => `runtime/test/${name}`)],
    { cwd: scratch, encoding: "utf8", timeout: 300_000, env: { ...process.env, NO_COLOR: "1" } },
  );
  if (status === 0) return "";
  return /^ *FAIL +(.*)$/m.exec(stdout + stderr)?.[1] ?? "the run did not end well";
}
