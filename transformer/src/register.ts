// `node --import llmops-transformer/register app.ts`: Node's own loader, with each file instrumented before its types are stripped.
// Invariant: files that hold no site are loaded exactly as Node would; a mistake in a tag stops the program with its place.
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { loadConfig } from "./config.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { instrument } from "./instrument.ts";
import type { Form } from "./plan.ts";

const config = loadConfig(process.env["LLMOPS_CONFIG"], process.cwd());
const noted = new Set<string>();

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
    const done = instrument(code, { filename, config, format });
    if (done === null) return loaded;
    note(done.diagnostics);
    if (done.sites.length === 0) return loaded;
    const map = Buffer.from(JSON.stringify(done.map)).toString("base64");
    return {
      ...loaded,
      source: `${done.code}\n//# sourceMappingURL=data:application/json;base64,${map}`,
    };
  },
});

function formOf(format: string | null | undefined): Form | undefined {
  if (format === "module" || format === "module-typescript") return "esm";
  return format === "commonjs" || format === "commonjs-typescript" ? "cjs" : undefined;
}

/** Warnings once on stderr; the first error ends the loading of the file. */
function note(diagnostics: readonly Diagnostic[]): void {
  for (const { severity, code, message, file, line, column } of diagnostics) {
    const text = `${file}:${line}:${column}: ${code}: ${message}`;
    if (severity === "error") throw new SyntaxError(text);
    if (noted.has(text)) continue;
    noted.add(text);
    process.stderr.write(`${text}\n`);
  }
}
