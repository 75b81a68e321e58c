// The name of a file, as a span or a request says it → the file below a root, or why not.
// Invariant: what leaves its root, by `..` or by a link, is never read or opened; names that are no
// plain paths are refused before the file system is asked.
import { readFileSync, realpathSync, statSync } from "node:fs";
import { extname, isAbsolute, relative, resolve, sep } from "node:path";

export type Located =
  | { readonly state: "found"; readonly path: string; readonly root: string; readonly file: string }
  | { readonly state: "missing" }
  | { readonly state: "refused"; readonly message: string };

/** Larger files are no sources. */
const LARGEST_BYTES = 4 * 1024 * 1024;

const EDITABLE: ReadonlySet<string> = new Set(
  ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs", "json"].map((name) => `.${name}`),
);

/** What a name may not be, in words; first match counts. */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  // oxlint-disable-next-line no-control-regex
  [/[\u0000-\u001f\u007f]/, "It holds a control character."],
  [/\\/, "It holds a backslash."],
  [/^\/\//, "It names another machine."],
  [/^[a-z][a-z0-9+.-]*:/i, "It is a URL, or names a drive."],
  [/:/, "It holds a colon."],
  [/%[0-9a-f]{2}/i, "It holds percent-encoding."],
  [/(?:^|\/)\.\.(?:\/|$)/, "It leads out of its folder."],
  [
    /(?:^|\/)(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.[^/]*)?(?:\/|$)/i,
    "It is the name of a device.",
  ],
];

/** Undefined: it may be looked for. */
function refusedName(name: string): string | undefined {
  if (name === "") return "It is empty.";
  return REFUSED.find(([pattern]) => pattern.test(name))?.[1];
}

/**
 * @param roots a relative name is looked for below each, in turn; an absolute one has to be below
 *   one of them
 */
export function locate(name: string, roots: readonly string[]): Located {
  const message = refusedName(name);
  if (message !== undefined) return { state: "refused", message };
  let refused: Located | undefined;
  for (const root of roots) {
    const path = resolve(root, name);
    if (!isBelow(path, root)) {
      refused ??= { state: "refused", message: "It is outside of the project." };
      continue;
    }
    const found = lookAt(path, root);
    if (found.state === "found") return found;
    if (found.state === "refused") refused = found;
  }
  return refused ?? { state: "missing" };
}

function lookAt(path: string, root: string): Located {
  try {
    const [real, realRoot] = [realpathSync(path), realpathSync(root)];
    if (!isBelow(real, realRoot))
      return { state: "refused", message: "It is a link out of the project." };
    const stats = statSync(real);
    if (!stats.isFile()) return { state: "refused", message: "It is no regular file." };
    if (stats.size > LARGEST_BYTES)
      return { state: "refused", message: "It is larger than 4 MiB." };
    return {
      state: "found",
      path: real,
      root,
      file: relative(realRoot, real).replaceAll(sep, "/"),
    };
  } catch {
    return { state: "missing" };
  }
}

export function isBelow(path: string, root: string): boolean {
  const way = relative(root, path);
  return way !== "" && !isAbsolute(way) && way !== ".." && !way.startsWith(`..${sep}`);
}

/** May be opened though no span and no manifest names it. */
export function isEditable(path: string): boolean {
  return EDITABLE.has(extname(path).toLowerCase());
}

export function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
