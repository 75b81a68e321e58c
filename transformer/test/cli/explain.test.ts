// `llmops explain` on files → each function, what is recorded or why not, and the code beside its own.
import { expect, test } from "vitest";
import type { Explanation } from "../../src/cli/explain/explanation.ts";
import { llmops, projectOf } from "./setup.ts";

const SOURCE = `/** @trackLlm capture=text tags=a,b metadata.team=x model=gpt-4o */
export async function ask(question: string, { deep }: { deep: boolean }) {
  let text = question;
  text = text.trim();
  return text + deep;
}
const plain = () => 1;
/** @track */
class Shop {
  /** @noTrack */
  quiet() {}
  pay(amount: number) { return amount; }
}
/** @track */
export async function locked() {
  await using lock = null as never;
  return lock;
}
export function named() { return plain(); }
`;

const FILES = {
  "package.json": { name: "explained" },
  "src/shop.ts": SOURCE,
  "src/left-out.ts": "export function named() { return 1; }\n",
  "llmops.config.json": {
    track: [{ files: "src/*.ts", functions: "named" }],
    exclude: ["src/left-out.ts"],
  },
};

async function explained(...args: readonly string[]): Promise<Explanation> {
  const { out, err } = await llmops(directory, ["explain", "--json", ...args]);
  if (out === "") throw new Error(err);
  return JSON.parse(out) as Explanation;
}

const directory = projectOf(FILES);

test("every function of a file, with what it records or the reason why not", async () => {
  const { functions, sites, original, instrumented } = await explained("src/shop.ts");
  const reasons = functions.map((each) => [each.function, each.tracked, each.reason?.code]);
  expect(reasons).toEqual([
    ["ask", true, undefined],
    ["plain", false, "no-tag"],
    ["Shop.quiet", false, "no-track"],
    ["Shop.pay", true, undefined],
    ["locked", false, "LLMOPS3003"],
    ["named", true, undefined],
  ]);
  expect(functions[0]?.records).toMatchObject({
    args: ["question"],
    kwargs: ["deep"],
    locals: [{ name: "text", lines: [3, 4] }],
    llm: true,
    model: "gpt-4o",
    metadata: { team: "x" },
    tags: ["a", "b"],
  });
  expect(sites.map(({ id }) => id)).toEqual(
    ["ask", "Shop.pay", "locked", "named"].map((name) => `src/shop.ts#${name}`),
  );
  expect(instrumented.split("\n")).toHaveLength(original.split("\n").length);
});

test("a file that the config leaves out says so", async () => {
  const { functions, original, instrumented } = await explained("src/left-out.ts");
  expect(functions[0]?.reason).toMatchObject({
    code: "excluded",
    message: expect.stringContaining("track[0]"),
  });
  expect(instrumented).toBe(original);
});

test.each([
  ["src/shop.ts:4", ["ask"]],
  // At the comment before it, and with a column behind the line.
  ["src/shop.ts:1", ["ask"]],
  ["src/shop.ts:12:9", ["Shop.pay"]],
])("%s is the function there", async (target, names) => {
  const { functions } = await explained(target);
  expect(functions.map((each) => each.function)).toEqual(names);
});

test("a line that the file does not have is wrong usage", async () => {
  const { code, err } = await llmops(directory, ["explain", "src/shop.ts:99"]);
  expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining("no line 99") });
});

test("text: the original beside the instrumented code, or a diff that patch takes", async () => {
  const beside = await llmops(directory, ["explain", "src/shop.ts:4"]);
  expect(beside.code).toBe(0);
  expect(beside.out).toMatch(/ 4 {4}text = text\.trim\(\); +│ \$text = text = text\.trim\(\);/);
  expect(beside.out).not.toContain("pay(amount");
  const { out } = await llmops(directory, ["explain", "src/shop.ts", "--diff"]);
  expect(out).toMatch(/^--- src\/shop\.ts\n\+\+\+ src\/shop\.ts \(instrumented\)\n@@ /m);
  expect(out).toMatch(/^- {2}text = text\.trim\(\);$/m);
  expect(out).toMatch(/^\+ {2}\$text = text = text\.trim\(\);$/m);
});

test("a mistake in a tag is shown, and the exit code is 1", async () => {
  const broken = projectOf({ "a.js": "/** @track captre=x */\nfunction a() {}\n" });
  const { code, out } = await llmops(broken, ["explain", "a.js"]);
  expect(code).toBe(1);
  expect(out).toMatch(/1:12 {2}error {2}Unknown option "captre".*LLMOPS1001/);
});
