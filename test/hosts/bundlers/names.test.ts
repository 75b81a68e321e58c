// Folders, files and texts that are unlike others → every bundler tracks what is marked in them, under the names that they have.
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { write } from "../../packages/setup.ts";
import { bundlers } from "./build.ts";
import { ranIn } from "./ran.ts";

const ROOT = join(import.meta.dirname, "../../..");
let directory: string;

beforeAll(() => {
  mkdirSync(join(ROOT, ".llmops/test"), { recursive: true });
  directory = realpathSync(mkdtempSync(join(ROOT, ".llmops/test/a name (of) [two] päths-")));
  write(directory, {
    "package.json": '{ "name": "names", "type": "module" }',
    // As Windows' tools write it, and with its line ends.
    "llmops.config.json":
      '\uFEFF{\r\n  "track": [{ "files": "./src/*.ts", "functions": "named" }]\r\n}',
    "src/main.ts": `import { spaced } from "./with space.ts";
import { letters } from "./schön-東京.ts";
import { grouped } from "./(group)/[id].ts";
import { marked } from "./byte-order.ts";
import { windows } from "./line-ends.ts";
import "./empty.ts";
import "./only-comment.ts";
function named(): number { return 1; }
console.log(spaced(), letters(), grouped(), marked(), windows(), named());
`,
    "src/with space.ts": "/** @track */ export function spaced(): number { return 2; }\n",
    "src/schön-東京.ts": "/** @track */ export function letters(): number { return 3; }\n",
    "src/(group)/[id].ts": "/** @track */ export function grouped(): number { return 4; }\n",
    "src/byte-order.ts": "\uFEFF/** @track */ export function marked(): number { return 5; }\n",
    "src/line-ends.ts":
      "/**\r\n * @track capture=a\r\n */\r\nexport function windows(): number {\r\n  const a = 6;\r\n  return a;\r\n}\r\n",
    "src/empty.ts": "",
    "src/only-comment.ts": "// nothing but @tracked in prose\n",
  });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const SPANS = [
  " > grouped",
  " > letters",
  " > marked",
  " > named",
  " > spaced",
  ' > windows [[],{"a":6}]',
];

/** The others take all behind it for a query, of their own imports too. */
const MAY_BE_ASKED = /^(?:rollup|esbuild)/;

describe.each(Object.entries(bundlers))("%s", (name, build) => {
  test("odd names, byte order marks, line ends, empty files", async () => {
    const { file, errors } = await build({ directory });
    expect(errors).toEqual([]);
    const { stdout, spans } = await ranIn(directory, name, file);
    expect(stdout).toBe("2 3 4 5 6 1\n");
    expect(spans.map((span) => span.replace(/ (?:\[\[\],\{\}\] )?\{"output.*/, ""))).toEqual(SPANS);
  });

  test.runIf(MAY_BE_ASKED.test(name))("a question mark in names", async () => {
    const asked = join(directory, "which?");
    // A name up to the mark is a folder's.
    mkdirSync(join(directory, "which"), { recursive: true });
    write(asked, {
      "package.json": '{ "name": "asked", "type": "module" }',
      "src/main.ts": 'import { asked } from "./who?.ts"; console.log(asked());',
      "src/who?.ts": "/** @track */ export function asked(): number { return 1; }\n",
    });
    const { file, errors } = await build({ directory: asked });
    expect(errors).toEqual([]);
    const { spans } = await ranIn(asked, name, file);
    expect(spans).toEqual([' > asked [[],{}] {"output":1} ']);
  });

  test("the plugin twice in one build instruments once", async () => {
    const { code, errors } = await build({ directory, twice: true });
    expect(errors).toEqual([]);
    expect(code.match(/"?fn"?:\s*["'`]spaced/g)).toHaveLength(1);
  });
});
