// A script that calls `esbuild --bundle` → a build file that does the same with our plugin.
// Invariant: a flag that is not known to have the same name in the API leaves the command as it is.

export interface BuildFile {
  readonly text: string;
  /** Of the script, from its command's tool to its end. */
  readonly command: string;
}

/** Flags that are written `--name:key=value` or `--name:value`. */
const RECORDS: ReadonlySet<string> = new Set(["define", "loader", "alias", "banner", "footer"]);
const RECORDS_BY: Readonly<Record<string, string>> = { outExtension: "out-extension" };
const LISTS: ReadonlySet<string> = new Set(["external", "inject", "pure", "drop"]);
/** Flags whose value is a list with commas. */
const COMMAS: ReadonlySet<string> = new Set([
  "target",
  "conditions",
  "mainFields",
  "resolveExtensions",
]);
const NOT_OF_A_BUILD: ReadonlySet<string> = new Set(["watch", "serve", "servedir", "analyze"]);

export function buildFileOf(line: string): BuildFile | undefined {
  const command = /(?:\bnpx\s+)?(?<![\w./-])esbuild(?=\s)[^&|;]*/.exec(line)?.[0].trimEnd();
  const isOnly = line.match(/(?<![\w./-])esbuild(?=\s)/g)?.length === 1;
  if (command === undefined || !isOnly || /["'$`\\]/.test(command)) return undefined;
  const words = command.split(/\s+/).slice(command.startsWith("npx") ? 2 : 1);
  const options: Record<string, unknown> = {
    entryPoints: words.filter((word) => !word.startsWith("-")),
  };
  for (const word of words.filter((each) => each.startsWith("-"))) {
    if (!addFlag(options, word)) return undefined;
  }
  return { command, text: textOf(options) };
}

function addFlag(options: Record<string, unknown>, word: string): boolean {
  const found = /^--([a-z-]+)(?::([^=]+))?(?:=(.*))?$/.exec(word);
  if (found === null) return false;
  const [, flag = "", key, value] = found;
  const name = flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  if (NOT_OF_A_BUILD.has(name)) return false;
  if (key !== undefined) {
    if (LISTS.has(name)) options[name] = [...((options[name] as string[] | undefined) ?? []), key];
    else if (RECORDS.has(name) || name in RECORDS_BY)
      options[name] = { ...(options[name] as object | undefined), [key]: value ?? "" };
    else return false;
    return true;
  }
  if (value === undefined) options[name] = true;
  else if (value === "true" || value === "false") options[name] = value === "true";
  else options[name] = COMMAS.has(name) ? value.split(",") : value;
  return true;
}

function textOf(options: Record<string, unknown>): string {
  const rows = Object.entries(options).map(
    ([name, value]) => `  ${name}: ${JSON.stringify(value)},\n`,
  );
  return [
    'import { build } from "esbuild";\n',
    'import llmops from "llmops-transformer/esbuild";\n',
    "\n",
    `await build({\n${rows.join("")}  plugins: [llmops()],\n});\n`,
  ].join("");
}
