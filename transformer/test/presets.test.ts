// ESLint with the plugins for JSDoc and TSDoc, and our presets → nothing to say of our tags.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ESLint, type Linter } from "eslint";
import jsdocPlugin from "eslint-plugin-jsdoc";
import tsdoc from "eslint-plugin-tsdoc";
import { afterAll, expect, test } from "vitest";
import llmops from "../src/eslint.ts";

const directory = mkdtempSync(join(tmpdir(), "llmops-presets-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const SOURCE = `/** Pays. @returns what was paid */
/**
 * Pays.
 *
 * @track name="pay all" capture=total,x metadata.team=payments tags=a,b self
 */
export function pay(amount) { return amount; }

/** @trackLlm model=anthropic.claude-3-sonnet-20240229-v1:0 capture=* args=false */
export function ask(question) { return question; }

/** @noTrack */
export function quiet() {}

/** @trak */
export function misspelt() {}
`;

/** `line rule` of each message, in a folder of its own: the plugin for TSDoc keeps what it read. */
async function messages(presets: boolean): Promise<string[]> {
  const cwd = join(directory, String(presets));
  mkdirSync(cwd);
  writeFileSync(join(cwd, "package.json"), "{}");
  if (presets) {
    symlinkSync(join(import.meta.dirname, "../../node_modules"), join(cwd, "node_modules"), "dir");
    const $schema = "https://developer.microsoft.com/json-schemas/tsdoc/v0/tsdoc.schema.json";
    const extended = { $schema, extends: ["llmops-transformer/tsdoc.json"] };
    writeFileSync(join(cwd, "tsdoc.json"), JSON.stringify(extended));
  }
  const config: Linter.Config[] = [
    {
      plugins: { jsdoc: jsdocPlugin, tsdoc },
      rules: { "jsdoc/check-tag-names": "error", "tsdoc/syntax": "error" },
    },
    ...(presets ? llmops : []),
  ];
  const eslint = new ESLint({ cwd, overrideConfigFile: true, overrideConfig: config });
  const [result] = await eslint.lintText(SOURCE, { filePath: join(cwd, "pay.js") });
  return (result?.messages ?? []).map(({ ruleId, line }) => `${line} ${ruleId}`);
}

test("with the presets the linters find misspelt tags alone", async () => {
  const before = await messages(false);
  for (const line of [5, 9, 12]) {
    expect(before).toContain(`${line} jsdoc/check-tag-names`);
    expect(before).toContain(`${line} tsdoc/syntax`);
  }
  expect(await messages(true)).toEqual(["15 jsdoc/check-tag-names", "15 tsdoc/syntax"]);
});
