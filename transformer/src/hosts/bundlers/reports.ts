// Diagnostics of files and configurations → each once in a build, as the host's error or warning.
// Invariant: a file whose text is new is reported anew; a configuration is reported once.
import type { Diagnostic } from "../../diagnostics.ts";
import type { Session } from "../session.ts";

/** Shows a diagnostic; `source` is the text that it is about. */
export type Show = (diagnostic: Diagnostic, source: string) => void;

export class Reports {
  /** By file: its text, and what was said of it. */
  readonly #said = new Map<string, { readonly text: string; readonly keys: Set<string> }>();

  begin(): void {
    this.#said.clear();
  }

  /** Two environments of one server ask for a file each. */
  ofFile(file: string, text: string, diagnostics: readonly Diagnostic[], show: Show): void {
    if (diagnostics.length === 0) return;
    const known = this.#said.get(file);
    const said = known?.text === text ? known : { text, keys: new Set<string>() };
    this.#said.set(file, said);
    for (const diagnostic of diagnostics) {
      const key = `${diagnostic.code} ${diagnostic.start} ${diagnostic.message}`;
      // An error fails each build that asks; a warning is only said.
      if (diagnostic.severity !== "error" && said.keys.has(key)) continue;
      said.keys.add(key);
      show(diagnostic, text);
    }
  }

  ofConfig({ config, configDiagnostics }: Session, show: Show): void {
    const file = config.path ?? config.root;
    if (this.#said.get(file)?.text === config.hash) return;
    for (const diagnostic of configDiagnostics)
      show(diagnostic, config.texts.get(diagnostic.file) ?? "");
    // Where an error is thrown, each module that asks fails for it: a server has no end of a build.
    this.#said.set(file, { text: config.hash, keys: new Set() });
  }
}
