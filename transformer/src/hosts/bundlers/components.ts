// A Vue or Svelte component's file → its scripts as one file of code, all else blank.
// Invariant: each character of a script stands where it stands in the component's file.
import type { Scripts } from "../instrument.ts";

/** Svelte's own search, which its preprocessors are handed what it finds: comments count first. */
const SCRIPT =
  /<!--[^]*?-->|(<script((?:\s+[^=>'"/\s]+=(?:"[^"]*"|'[^']*'|[^>\s]+)|\s+[^=>'"/\s]+)*\s*)(?<!\/)>)([^]*?)<\/script>/g;

const LANGUAGE = /\slang=["']?([\w-]+)/;
const LANGUAGES: ReadonlyMap<string | undefined, string> = new Map([
  [undefined, "js"],
  ["js", "js"],
  ["javascript", "js"],
  ["jsx", "jsx"],
  ["ts", "ts"],
  ["typescript", "ts"],
  ["tsx", "tsx"],
]);

/** Svelte's `module`, or `context="module"`: the other script is of each instance. */
const OF_MODULE = /\s(?:module(?=[\s=]|$)|context=["']?module)/;
const OF_INSTANCE = /\ssetup(?=[\s=]|$)/;

interface Component extends Scripts {
  /** The ending of a file in the language of its scripts. */
  readonly language: string;
}

/** @returns undefined where there is no script, or one in another language */
export function scriptsOf(text: string): Component | undefined {
  const found = [...text.matchAll(SCRIPT)].flatMap(
    ({ index, 1: tag, 2: told = "", 3: code = "" }) =>
      tag === undefined || code.trim() === ""
        ? []
        : [{ told, code, start: index + tag.length, language: languageOf(told) }],
  );
  const module =
    found.find(({ told }) => OF_MODULE.test(told)) ??
    found.find(({ told }) => !OF_INSTANCE.test(told)) ??
    found[0];
  if (module === undefined) return undefined;
  let code = "";
  for (const script of found) {
    if (script.language === undefined) return undefined;
    // What its last statement lacks is a semicolon, where the next script begins with a bracket.
    code += `${blank(text.slice(code.length, script.start))}${script.code};`;
  }
  const language = found.find((script) => script.language !== "js")?.language ?? "js";
  return { text: code + blank(text.slice(code.length)), start: module.start, language };
}

function languageOf(attributes: string): string | undefined {
  return LANGUAGES.get(LANGUAGE.exec(attributes)?.[1]);
}

/** Of the same length, with the same lines. */
const blank = (text: string): string => text.replaceAll(/[^\r\n\u2028\u2029]/g, " ");
