// The page's built files → what is served of them.
// Invariant: a file is served by its exact name among those that lay there at the start; the token
// stands in the page alone.
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";

interface Asset {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface PageFiles {
  readonly html: string;
  asset(name: string): Asset | undefined;
}

const TYPES: ReadonlyMap<string, string> = new Map([
  [".js", "text/javascript; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
  [".svg", "image/svg+xml"],
  [".png", "image/png"],
  [".woff2", "font/woff2"],
]);

/** The page's own addresses; all others get its «not found». */
const PAGES = /^\/(?:traces\/[^/]+|compare|coverage|charts|pipeline)?$/;

export function isPage(path: string): boolean {
  return PAGES.test(path);
}

const NO_PAGE =
  '<!doctype html><html lang="en"><head><title>llmops dev</title></head><body><p>The page is not built.</p></body></html>';

/** @param folder the page as it was built; where it is not there, the API works without it */
export function readPage(folder: string, token: string): PageFiles {
  const assets = new Map<string, Asset>();
  let html = NO_PAGE;
  for (const name of namesIn(folder)) {
    const type = TYPES.get(extname(name));
    if (name === "index.html") html = readFileSync(join(folder, name), "utf8");
    else if (type !== undefined)
      assets.set(name, { type, bytes: new Uint8Array(readFileSync(join(folder, name))) });
  }
  // base64url: nothing to escape.
  const meta = `<meta name="llmops-token" content="${token}" />`;
  return {
    html: html.replace("<head>", () => `<head>${meta}`),
    asset: (name) => assets.get(name),
  };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
