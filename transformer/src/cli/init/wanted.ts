// What a setup needs → the packages that are not there, and the commands that install them.
// Invariant: a package that can be found, or is listed, is not asked for again.
import { detect, resolveCommand } from "package-manager-detector";
import { installed } from "../project/packages.ts";
import type { Package } from "../project/project.ts";

export interface Install {
  readonly command: string;
  readonly args: readonly string[];
}

/** Packages that are to be installed. */
export class Wanted {
  runtime = false;
  /** TypeScript 6 beside 7, whose API we parse with. */
  compiler = false;
  #patch: string | undefined;

  /** ts-patch, of the major for the TypeScript that is there. */
  patch(directory: string): void {
    const major = installed("typescript", directory)?.version.split(".")[0];
    this.#patch = major === "5" ? "ts-patch@3" : "ts-patch@4";
    const own = installed("ts-patch", directory)?.version.split(".")[0];
    if (own === this.#patch.at(-1)) this.#patch = undefined;
  }

  async commands({ directory, manifest }: Package): Promise<Install[]> {
    const has = (name: string): boolean =>
      installed(name, directory) !== undefined ||
      ["dependencies", "devDependencies"].some((kind) => manifest?.has([kind, name]) === true);
    const production = this.runtime || !has("llmops-observability") ? ["llmops-observability"] : [];
    const development = [
      ...(has("llmops-transformer") ? [] : ["llmops-transformer"]),
      ...(this.#patch === undefined ? [] : [this.#patch]),
      ...(this.compiler && !has("@typescript/typescript6") ? ["@typescript/typescript6"] : []),
    ];
    const agent = (await detect({ cwd: directory }))?.agent ?? "npm";
    return [production, development].flatMap((names, at) => {
      if (names.length === 0) return [];
      const flags = at === 0 ? [] : [agent.startsWith("deno") ? "--dev" : "-D"];
      const found = resolveCommand(agent, "add", [...flags, ...names]);
      return found === null ? [] : [found];
    });
  }
}
