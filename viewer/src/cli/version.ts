// The package's own version.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

interface OwnPackage {
  readonly name?: string;
  readonly version?: string;
}

/** Built, this file lies beside others in dist/; in the sources, two folders deep. */
function find(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    try {
      const found = JSON.parse(readFileSync(join(at, "package.json"), "utf8")) as OwnPackage;
      if (found.name === "llmops-viewer" && found.version !== undefined) return found.version;
    } catch {
      // Not here.
    }
    if (at === dirname(at)) return "0.0.0";
  }
}

export const VERSION: string = find();
