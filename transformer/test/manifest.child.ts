// Builds files one by one into a manifest that other processes write to as well.
// Arguments: the root, a prefix for the files' names, how many.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { instrumentIn } from "../src/hosts/instrument.ts";
import { writeManifest } from "../src/hosts/manifest.ts";
import { openSession } from "../src/hosts/session.ts";

const [root = "", prefix = "", count = ""] = process.argv.slice(2);
for (let index = 0; index < Number(count); index++) {
  const filename = join(root, `${prefix}${index}.ts`);
  const text = "/** @track */ export function f() {}";
  writeFileSync(filename, text);
  const session = openSession({}, root);
  instrumentIn(session, text, { filename });
  const problem = writeManifest(session, prefix);
  if (problem !== undefined) throw new Error(problem.message);
}
