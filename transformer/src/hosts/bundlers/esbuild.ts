// `llmops-transformer/esbuild`: files that esbuild loads → instrumented, in esbuild's own shape.
// Invariant: a file that holds no site is left to esbuild, which reads it faster than we hand it
// over.
import { readFileSync } from "node:fs";
import { dirname, extname, resolve as absolute } from "node:path";
import type { UnpluginInstance } from "unplugin";
import type { Diagnostic } from "../../diagnostics.ts";
import { commentOf, composed, mapBeside } from "../source-map.ts";
import { Instrumenting, NAME } from "./instrumenting.ts";
import { checkOptions } from "./option-check.ts";
import type { PluginOptions } from "./options.ts";
import { Answers, findRuntime, RUNTIME_ID } from "./runtime-import.ts";
import { SOURCE_ID, withoutVirtual } from "./sources.ts";

export type { PluginOptions };

type Plugin = ReturnType<UnpluginInstance<PluginOptions | undefined>["esbuild"]>;
type OnLoad = Parameters<Parameters<Plugin["setup"]>[0]["onLoad"]>[1];
type Resolved = Awaited<ReturnType<Parameters<Plugin["setup"]>[0]["resolve"]>>;
type Loaded = NonNullable<Awaited<ReturnType<OnLoad>>>;
type Message = NonNullable<Loaded["errors"]>[number];

const ASKED = Symbol.for("llmops-transformer asks for the runtime");

export const llmops = (options: PluginOptions = {}): Plugin => {
  checkOptions(options);
  return pluginOf(options);
};
export default llmops;

const pluginOf = (options: PluginOptions): Plugin => ({
  name: NAME,
  setup({ initialOptions, onStart, onEnd, onLoad, onResolve, resolve: find }) {
    if (options.enabled === false) return;
    const build = new Instrumenting(
      options,
      absolute(initialOptions.absWorkingDir ?? "."),
      "esbuild",
    );
    const answers = new Answers<Resolved>(build);
    // esbuild watches what any module of a build names: to say it of each costs more than the rest.
    const watched = new Set<string>();
    onStart(() => {
      build.begin();
      watched.clear();
    });
    onEnd(() => build.end());
    onResolve({ filter: RUNTIME_ID }, async ({ path, importer, kind, pluginData }) => {
      // Our own question comes by here too, and that of a plugin of ours beside this one.
      if (pluginData === ASKED) return undefined;
      try {
        const look = async (resolveDir: string): Promise<Resolved | undefined> => {
          const found = await find(path, { resolveDir, importer, kind, pluginData: ASKED });
          return found.errors.length === 0 ? found : undefined;
        };
        const key = `${kind} ${dirname(importer)}`;
        const found = await answers.of(key, async () => await findRuntime(build, importer, look));
        // Its package says so, which esbuild does not ask where it stays outside.
        return { ...found, sideEffects: false };
      } catch (error) {
        return { errors: [{ text: error instanceof Error ? error.message : String(error) }] };
      }
    });
    onLoad({ filter: SOURCE_ID, namespace: "file" }, ({ path, suffix }) => {
      const id = path + suffix;
      if (!build.wants(id)) return undefined;
      return load({ build, watched, loaders: initialOptions.loader ?? {} }, path, id);
    });
  },
});

type Loaders = Readonly<Record<string, Loaded["loader"]>>;

interface Loading {
  readonly build: Instrumenting;
  /** In this build so far. */
  readonly watched: Set<string>;
  readonly loaders: Loaders;
}

/** @returns undefined where esbuild is to read the file itself, and nothing is to be said of it */
function load({ build, watched, loaders }: Loading, path: string, id: string): Loaded | undefined {
  // A promise of `fs` costs several times what reading does.
  const text = readFileSync(withoutVirtual(path), "utf8");
  const [errors, warnings, watchFiles]: [Message[], Message[], string[]] = [[], [], []];
  const done = build.transform(text, id, {
    show: (found, source) =>
      void (found.severity === "error" ? errors : warnings).push(messageOf(found, source)),
    watch(file) {
      if (watched.has(file)) return;
      watched.add(file);
      watchFiles.push(file);
    },
  });
  if (done === null && errors.length + warnings.length + watchFiles.length === 0) return undefined;
  const said = { errors, warnings, watchFiles };
  if (done === null) return said;
  // esbuild itself would read it, and takes ours instead.
  const beside = mapBeside(text, path);
  const map = beside === undefined ? done.map : composed(done.map, beside);
  return {
    ...said,
    contents: `${done.code}\n${commentOf(map)}`,
    ...loaderOf(path, loaders),
    resolveDir: dirname(path),
  };
}

/** What esbuild takes the file for by its name, unless it is told otherwise. */
function loaderOf(path: string, loaders: Loaders): Pick<Loaded, "loader"> {
  const ending = extname(path);
  const told = loaders[ending];
  if (told !== undefined) return { loader: told };
  if (ending.endsWith("x")) return { loader: ending === ".tsx" ? "tsx" : "jsx" };
  return { loader: ending.endsWith("ts") ? "ts" : "js" };
}

/** esbuild draws a frame of its own. */
function messageOf({ code, message, ...at }: Diagnostic, source: string): Message {
  const { file, line, column, length } = at;
  const lineText = source.split("\n", line)[line - 1]?.replace(/\r$/, "") ?? "";
  return {
    text: `${code}: ${message}`,
    location: {
      file,
      line,
      column: bytes(lineText.slice(0, column - 1)),
      length: bytes(lineText.slice(column - 1, column - 1 + length)),
      lineText,
    },
  };
}

const bytes = (text: string): number => Buffer.byteLength(text);
