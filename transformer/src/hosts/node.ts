// `node --import llmops-transformer/register app.ts` → files are instrumented when Node loads them.
// Invariant: a file without a site is loaded as Node does; a mistake in a tag stops the program.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Diagnostic } from "../diagnostics.ts";
import type { Form } from "../plan.ts";
import { instrumentIn } from "./instrument.ts";
import { ManifestWriter } from "./manifest.ts";
import { lineOf } from "./render.ts";
import { openSession } from "./session.ts";
import { commentOf, composed, inlineMap } from "./source-map.ts";

const session = openSession(process.env["LLMOPS_CONFIG"], process.cwd());
const noted = new Set<string>();
const manifest = new ManifestWriter(session, {
  adapter: "register",
  warn: (diagnostic) => note([diagnostic]),
});
/** Of loading, before the manifest is written, in ms. */
const QUIET_MS = 2_000;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const format = formOf(loaded.format);
    if (
      format === undefined ||
      !url.startsWith("file:") ||
      url.includes("/node_modules/") ||
      loaded.source === undefined ||
      loaded.source === null
    ) {
      return loaded;
    }
    const code =
      typeof loaded.source === "string"
        ? loaded.source
        : Buffer.from(loaded.source as Uint8Array).toString("utf8");
    const filename = fileURLToPath(url);
    note(session.configDiagnostics);
    const done = instrumentIn(session, code, { filename, format });
    if (done === null) return loaded;
    manifest.writeAfter(QUIET_MS);
    note(done.diagnostics);
    if (done.sites.length === 0) return loaded;
    // A map inside of the code is already part of ours, and its comment replaced.
    if (inlineMap(code) !== undefined) return { ...loaded, source: done.code };
    const beside = mapBeside(code, filename);
    const map = beside === undefined ? done.map : composed(done.map, beside);
    return { ...loaded, source: `${done.code}\n${commentOf(map)}` };
  },
});

/** The map of a compiled file: `//# sourceMappingURL=app.js.map`. */
function mapBeside(code: string, filename: string): string | undefined {
  const name = /\/\/# sourceMappingURL=([^\s:]+)\s*$/.exec(code.slice(-1000))?.[1];
  if (name === undefined) return undefined;
  try {
    return readFileSync(resolve(dirname(filename), decodeURIComponent(name)), "utf8");
  } catch {
    return undefined;
  }
}

function formOf(format: string | null | undefined): Form | undefined {
  if (format === "module" || format === "module-typescript") return "esm";
  return format === "commonjs" || format === "commonjs-typescript" ? "cjs" : undefined;
}

/** Warnings once on stderr; the first error ends the loading of the file. */
function note(diagnostics: readonly Diagnostic[]): void {
  for (const diagnostic of diagnostics) {
    const text = lineOf(diagnostic);
    if (diagnostic.severity === "error") throw new SyntaxError(text);
    if (noted.has(text)) continue;
    noted.add(text);
    process.stderr.write(`${text}\n`);
  }
}
