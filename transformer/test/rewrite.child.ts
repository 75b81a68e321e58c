// Adds a word to a file; says when it has its turn, and leaves time to be stopped in it.
// Argument: the file.
import { readFileSync, writeSync } from "node:fs";
import { rewrite } from "../src/hosts/rewrite.ts";

const [file = ""] = process.argv.slice(2);
let turns = 0;
rewrite(file, () => {
  const before = readFileSync(file, "utf8");
  turns++;
  if (turns === 1) {
    writeSync(1, "mine\n");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  }
  return `${before}child `;
});
