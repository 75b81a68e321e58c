// A project → the files that every setup has: config, tsdoc.json, .gitignore, .env, ESLint's.
// Invariant: what is there is added to, and never replaced.
import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { MagicString } from "magic-string";
import { parse } from "../explain/functions.ts";
import { installed, list, nearestWith } from "../project/packages.ts";
import type { Compiler, ts } from "../../syntax.ts";
import { unwrapped } from "../../syntax.ts";
import type { Changes } from "./changes.ts";
import { appendJson, setJson } from "./json-edits.ts";

/** @param root absolute */
export function addConfig(changes: Changes, root: string): void {
  const name = "llmops.config.json";
  if (nearestWith(root, name) !== undefined) return;
  const found = installed("llmops-transformer", root) === undefined ? undefined : modulesOf(root);
  const modules = relative(root, found ?? join(root, "node_modules")).replaceAll("\\", "/");
  const $schema = `${modules.startsWith(".") ? "" : "./"}${modules}/llmops-transformer/schema.json`;
  const config = { $schema, track: [], exclude: ["**/*.test.*"] };
  const text = JSON.stringify(config, null, 2).replace(
    '[\n    "**/*.test.*"\n  ]',
    '["**/*.test.*"]',
  );
  changes.write(join(root, name), `${text}\n`);
}

/** The `node_modules` that holds our package. */
function modulesOf(root: string): string | undefined {
  for (let directory = root; ; directory = dirname(directory)) {
    const modules = join(directory, "node_modules");
    if (existsSync(join(modules, "llmops-transformer"))) return modules;
    if (dirname(directory) === directory) return undefined;
  }
}

/** TSDoc's linters look for it in the nearest folder with a package.json. */
export function addTsdoc(changes: Changes, directory: string): void {
  const path = join(directory, "tsdoc.json");
  if (changes.read(path) === undefined) {
    const $schema = "https://developer.microsoft.com/json-schemas/tsdoc/v0/tsdoc.schema.json";
    setJson(changes, path, ["$schema"], $schema);
  }
  appendJson(changes, path, ["extends"], "llmops-transformer/tsdoc.json");
}

export function addIgnore(changes: Changes, root: string): void {
  const path = join(root, ".gitignore");
  const text = changes.read(path) ?? "";
  if (/^\/?\.llmops\/?\s*$/m.test(text)) return;
  changes.write(path, withLine(text, ".llmops/"));
}

/** In the file's own line ends. */
function withLine(text: string, line: string): string {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  return `${text === "" || text.endsWith("\n") ? text : text + eol}${line}${eol}`;
}

export function addQueue(changes: Changes, root: string, url: string): void {
  const path = join(root, ".env");
  const text = changes.read(path) ?? "";
  if (/^AWS_SQS_URL=/m.test(text)) return;
  changes.write(path, withLine(text, `AWS_SQS_URL=${url}`));
}

/** @returns what is to be done by hand, if the config is of a shape that is not known */
export function addEslint(ts: Compiler, changes: Changes, directory: string): string | undefined {
  const name = list(directory).find((each) => /^eslint\.config\.[cm]?[jt]s$/.test(each));
  if (name === undefined) return undefined;
  const path = join(directory, name);
  const text = changes.read(path) ?? "";
  if (!/jsdoc/.test(text) || text.includes("llmops-transformer/eslint")) return undefined;
  const edited = withPreset(ts, parse(ts, path, text));
  if (edited === undefined)
    return `Add to ${name}: import llmops from "llmops-transformer/eslint"; and ...llmops to its list.`;
  changes.write(path, edited);
  return undefined;
}

/** `export default [ …, ...llmops ]`, also in a call: `defineConfig([ … ])`, `config(…)`. */
function withPreset(ts: Compiler, file: ts.SourceFile): string | undefined {
  const exported = file.statements.find((statement) => ts.isExportAssignment(statement));
  const last = file.statements.findLast((statement) => ts.isImportDeclaration(statement));
  if (exported === undefined || last === undefined) return undefined;
  let target = unwrapped(ts, exported.expression);
  if (ts.isCallExpression(target)) {
    const [first] = target.arguments;
    if (first !== undefined && ts.isArrayLiteralExpression(first)) target = first;
  }
  const items = ts.isArrayLiteralExpression(target)
    ? target.elements
    : ts.isCallExpression(target)
      ? target.arguments
      : undefined;
  const end = items?.at(-1)?.end;
  if (end === undefined) return undefined;
  const edited = new MagicString(file.text);
  const eol = file.text.includes("\r\n") ? "\r\n" : "\n";
  const semicolon = file.text[last.end - 1] === ";" ? ";" : "";
  edited.appendLeft(last.end, `${eol}import llmops from "llmops-transformer/eslint"${semicolon}`);
  const lead = /\n[ \t]*$/.exec(file.text.slice(0, items?.[0]?.getStart(file)))?.[0] ?? " ";
  edited.appendLeft(end, `,${lead}...llmops`);
  return edited.toString();
}
