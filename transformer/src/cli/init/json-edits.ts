// A JSON file and a value in it → the file edited: tsconfig, package.json, tsdoc.json.
// Invariant: comments, order and layout of what is there stay; an edit made twice changes nothing.
import {
  applyEdits,
  findNodeAtLocation,
  type JSONPath,
  modify,
  parse,
  parseTree,
} from "jsonc-parser";
import { JsonFile } from "../project/json-file.ts";
import { CommandError } from "../terminal.ts";
import type { Changes } from "./changes.ts";

const PLUGIN = { transform: "llmops-transformer", transformProgram: true };

/** Sets a value; a new one stands last in its object. */
export function setJson(changes: Changes, path: string, at: JSONPath, value: unknown): void {
  const text = jsonIn(changes, path);
  const appended = appendedProperty(text, at, value);
  if (appended !== undefined) {
    changes.write(path, appended);
    return;
  }
  const edits = modify(text, at, value, {
    formattingOptions: layoutOf(text),
    // A comma or comment behind the last one would be taken for that of the new one.
    getInsertionIndex: (names) => (hasTail(text, at.slice(0, -1)) ? 0 : names.length),
  });
  changes.write(path, applyEdits(text, edits));
}

/**
 * A new property on lines of its own. jsonc-parser would lay out the line before it as well, and
 * write a list that stands there over several lines.
 */
function appendedProperty(text: string, at: JSONPath, value: unknown): string | undefined {
  const parent = at.slice(0, -1);
  const tree = parseTree(text, [], { allowTrailingComma: true });
  if (tree === undefined || findNodeAtLocation(tree, [...at]) !== undefined) return undefined;
  const last = findNodeAtLocation(tree, parent)?.children?.at(-1);
  if (last?.type !== "property" || hasTail(text, parent)) return undefined;
  const line = text.slice(text.lastIndexOf("\n", last.offset) + 1, last.offset);
  if (line.trim() !== "" || !text.slice(0, last.offset).includes("\n")) return undefined;
  const { insertSpaces, tabSize, eol } = layoutOf(text);
  const unit = insertSpaces ? " ".repeat(tabSize) : "\t";
  const lines = JSON.stringify(value, null, unit).replaceAll("\n", eol + line);
  const end = last.offset + last.length;
  return `${text.slice(0, end)},${eol}${line}${JSON.stringify(at.at(-1))}: ${lines}${text.slice(end)}`;
}

/** An edit of what is no JSON would break it further. */
function jsonIn(changes: Changes, path: string): string {
  const text = changes.read(path) ?? "{}\n";
  if (JsonFile.parse(path, text).broken)
    throw new CommandError(`${path} is no valid JSON: correct it first.`);
  return text;
}

function hasTail(text: string, at: JSONPath): boolean {
  const tree = parseTree(text, [], { allowTrailingComma: true });
  const object = tree === undefined ? undefined : findNodeAtLocation(tree, at);
  const last = object?.children?.at(-1);
  if (object === undefined || last === undefined) return false;
  const tail = text.slice(last.offset + last.length, object.offset + object.length - 1);
  return tail.trim() !== "";
}

/** Puts an item at the end of an array, which is made where there is none. */
export function appendJson(changes: Changes, path: string, at: JSONPath, item: unknown): void {
  const text = jsonIn(changes, path);
  const list = valueAt(text, at);
  if (!Array.isArray(list)) {
    setJson(changes, path, at, [item]);
    return;
  }
  if (list.some((each) => JSON.stringify(each) === JSON.stringify(item))) return;
  const edits = modify(text, [...at, list.length], item, {
    formattingOptions: layoutOf(text),
    isArrayInsertion: true,
  });
  changes.write(path, applyEdits(text, edits));
}

function valueAt(text: string, at: JSONPath): unknown {
  let value: unknown = parse(text, [], { allowTrailingComma: true });
  for (const key of at) value = (value as Record<string | number, unknown> | undefined)?.[key];
  return value;
}

/**
 * The plugin in a tsconfig.
 * @param effective its plugins, also those that it extends: TypeScript does not merge them
 */
export function addPluginEntry(
  changes: Changes,
  tsconfig: string,
  effective: readonly unknown[],
): void {
  const at = ["compilerOptions", "plugins"];
  const own = valueAt(changes.read(tsconfig) ?? "", at);
  const index = Array.isArray(own) ? own.findIndex(isOurs) : -1;
  if (index >= 0) setJson(changes, tsconfig, [...at, index, "transformProgram"], true);
  else if (Array.isArray(own)) appendJson(changes, tsconfig, at, PLUGIN);
  else setJson(changes, tsconfig, at, [...effective.filter((each) => !isOurs(each)), PLUGIN]);
}

function isOurs(plugin: unknown): boolean {
  return (plugin as { transform?: unknown } | null)?.transform === PLUGIN.transform;
}

function layoutOf(text: string): { insertSpaces: boolean; tabSize: number; eol: string } {
  const indent = /\n([ \t]+)\S/.exec(text)?.[1] ?? "  ";
  return {
    insertSpaces: !indent.startsWith("\t"),
    tabSize: indent.startsWith("\t") ? 1 : indent.length,
    eol: text.includes("\r\n") ? "\r\n" : "\n",
  };
}
