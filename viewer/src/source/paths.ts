// The name of a file, as a span, a manifest or a request says it → the file below a root, or why not.
// Invariant: what leaves the roots, by `..` or by a link, is never read or opened; names that are no
// plain paths are refused before the file system is asked.
import { readFileSync, realpathSync, type Stats, statSync } from "node:fs";
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
const LONGEST_NAME = 4096;

/** Undefined: it may be looked for. */
export function refusedName(name: string): string | undefined {
  if (name === "") return "It is empty.";
  if (name.length > LONGEST_NAME) return "It is longer than any path.";
  return REFUSED.find(([pattern]) => pattern.test(name))?.[1];
}

export interface Bounds {
  /** What a file must lie below, links resolved. */
  readonly roots: readonly string[];
  readonly largest?: number;
}

/**
 * @param bases a relative name is looked for below each, in turn; an absolute one has to be below
 *   one of them
 */
export function located(name: string, bases: readonly string[], bounds: Bounds): Located {
  const message = refusedName(name);
  if (message !== undefined) return { state: "refused", message };
  let refused: Located | undefined;
  for (const base of bases) {
    const path = resolve(base, name);
    if (!isBelow(path, base)) {
      refused ??= { state: "refused", message: "It is outside of the project." };
      continue;
    }
    const found = lookAt(path, base, bounds);
    if (found.state === "found") return found;
    if (found.state === "refused") refused = found;
  }
  return refused ?? { state: "missing" };
}

function lookAt(path: string, base: string, { roots, largest = LARGEST_BYTES }: Bounds): Located {
  const real = realPath(path);
  const realBase = realPath(base);
  if (real === undefined || realBase === undefined) return { state: "missing" };
  if (!isBelow(real, realBase) || !roots.some((root) => isBelow(real, realPath(root) ?? root)))
    return { state: "refused", message: "It is a link out of the project." };
  const file = relative(realBase, real).replaceAll(sep, "/");
  // Keys and tokens lie in these: `.env`, `.git/config`, `.llmops/dev.json`.
  if (/(?:^|\/)\./.test(file)) return { state: "refused", message: "It is hidden." };
  const stats = statsOf(real);
  if (stats === undefined) return { state: "missing" };
  if (!stats.isFile()) return { state: "refused", message: "It is no regular file." };
  if (stats.size > largest)
    return { state: "refused", message: `It is larger than ${mib(largest)}.` };
  return { state: "found", path: real, root: base, file };
}

const mib = (bytes: number): string => `${bytes / 1024 / 1024} MiB`;

/** Undefined: nothing is there, or it cannot be reached. */
export function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** Undefined: nothing is there, or it cannot be looked at. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
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

/** As compilers take it, without its byte order mark. Undefined: it cannot be read. */
export function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch {
    return undefined;
  }
}
