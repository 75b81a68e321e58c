// `llmops-transformer/jest`: a file's text → instrumented, then made by the next transformer.
// Invariant: lines of stack traces and coverage are those of the file; Jest's cache sees the
// configuration.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { MagicString } from "magic-string";
import { RUNTIME_MODULE } from "../abi.ts";
import { Instrumenting, type Transformed } from "./bundlers/instrumenting.ts";
import { messageWithFrame } from "./bundlers/message.ts";
import { checkOptions } from "./bundlers/option-check.ts";
import type { PluginOptions } from "./bundlers/options.ts";
import { directoriesFor } from "./bundlers/runtime-import.ts";
import { commentOf, composed, inlineMap, type SourceMapObject } from "./source-map.ts";

/** The plugin's options, and the transformer that goes on. */
export interface JestOptions extends PluginOptions {
  /** The transformer that goes on: "ts-jest", "@swc/jest", "babel-jest", also with its options. */
  readonly next: string | readonly [name: string, options?: object];
}

interface Settings {
  /** Jest's own for the project. */
  readonly config: {
    /** The folder of the project. */
    readonly rootDir: string;
  };
  /** All of it, for cache keys. */
  readonly configString: string;
  /** The transformer's options. */
  readonly transformerConfig?: unknown;
}

interface Result {
  /** What Jest runs. */
  readonly code: string;
  /** Its source map. */
  readonly map?: object | string | null;
}

type Process<R> = (source: string, file: string, settings: Settings) => R;

interface Transformer {
  /** It adds the code of coverage itself. */
  readonly canInstrument?: boolean;
  /** For files that are required. */
  process?: Process<Result | string>;
  /** For files that are imported. */
  processAsync?: Process<Promise<Result | string>>;
  /** Changes whenever the output may. */
  getCacheKey?: Process<string>;
}

interface TransformerModule extends Transformer {
  readonly default?: TransformerModule;
  createTransformer?(options?: object): Transformer;
}

const transformer: { createTransformer(options: JestOptions): Transformer } = {
  createTransformer(given) {
    checkOptions(given, { next: nextProblem });
    const { next, ...options } = given;
    const [name, nextOptions] = typeof next === "string" ? [next] : next;
    let build: Instrumenting | undefined;
    let loaded: Transformer | undefined;
    const goOn = ({ config: { rootDir } }: Settings): Transformer =>
      (loaded ??= load(rootDir, name, nextOptions));
    const instrumented = (source: string, file: string, rootDir: string): Transformed | null => {
      build ??= new Instrumenting(options, rootDir, "jest");
      if (options.enabled === false || !build.wants(file)) return null;
      const done = build.transform(source, file, {
        // Files that a result depends on stand in the key of Jest's cache.
        watch: () => {},
        show: (diagnostic, text) => {
          const message = messageWithFrame(diagnostic, text);
          if (diagnostic.severity === "error") throw new SyntaxError(message);
          process.stderr.write(`${message}\n`);
        },
      });
      return done === null ? null : withRuntimeFor(file, build, done);
    };
    const passedOn = (settings: Settings): Settings => ({
      ...settings,
      transformerConfig: nextOptions ?? {},
    });
    return {
      canInstrument: false,
      process(source, file, settings) {
        const ours = instrumented(source, file, settings.config.rootDir);
        const { process: make } = goOn(settings);
        if (make === undefined)
          throw new Error(`${name} has no process(), which llmops-transformer/jest calls.`);
        return led(make.call(loaded, ours?.code ?? source, file, passedOn(settings)), ours);
      },
      async processAsync(source, file, settings) {
        const ours = instrumented(source, file, settings.config.rootDir);
        const { process: make, processAsync } = goOn(settings);
        const text = ours?.code ?? source;
        if (processAsync !== undefined)
          return led(await processAsync.call(loaded, text, file, passedOn(settings)), ours);
        if (make === undefined) throw new Error(`${name} is no transformer of Jest.`);
        return led(make.call(loaded, text, file, passedOn(settings)), ours);
      },
      getCacheKey(source, file, settings) {
        build ??= new Instrumenting(options, settings.config.rootDir, "jest");
        build.refresh();
        const theirs =
          goOn(settings).getCacheKey?.(source, file, passedOn(settings)) ??
          [source, file, settings.configString].join("\0");
        return createHash("sha256")
          .update([build.hashFor(file), name, JSON.stringify(nextOptions), theirs].join("\0"))
          .digest("hex")
          .slice(0, 32);
      },
    };
  },
};
export default transformer;

function nextProblem(next: unknown): string | undefined {
  const [name, options = {}]: unknown[] = Array.isArray(next) ? next : [next];
  const fits = typeof name === "string" && typeof options === "object";
  return fits ? undefined : 'must be a transformer, as "ts-jest", or a list of it and its options';
}

function load(rootDir: string, name: string, options: object | undefined): Transformer {
  const found = createRequire(join(rootDir, "package.json"))(name) as TransformerModule;
  const module = found.createTransformer === undefined ? (found.default ?? found) : found;
  return module.createTransformer?.(options) ?? module;
}

const IMPORT = new RegExp(`(?: from |require\\()("${RUNTIME_MODULE}")`);

/**
 * Jest looks for the runtime from the file alone: where the file's package does not list it, the
 * code names the runtime's own file, which Jest runs, and keeps in its cache.
 */
function withRuntimeFor(file: string, build: Instrumenting, done: Transformed): Transformed {
  const written = IMPORT.exec(done.code);
  if (written === null) return done;
  for (const directory of directoriesFor(file, build)) {
    const path = runtimeFrom(directory);
    if (path === undefined) continue;
    if (directory === dirname(file)) return done;
    const [whole, name = ""] = written;
    const end = written.index + whole.length;
    const text = new MagicString(done.code);
    text.update(end - name.length, end, JSON.stringify(path));
    const map = text.generateMap({ hires: "boundary" }) as SourceMapObject;
    return { code: text.toString(), map: composed(map, done.map) };
  }
  // The project may lead Jest there otherwise; Jest says what it does not find.
  return done;
}

function runtimeFrom(directory: string): string | undefined {
  try {
    return createRequire(join(directory, "package.json")).resolve(RUNTIME_MODULE);
  } catch {
    return undefined;
  }
}

/** The next one's map leads to our text, and ours to the file. */
function led(made: Result | string, ours: Transformed | null): Result {
  const result: Result = typeof made === "string" ? { code: made } : made;
  if (ours === null) return result;
  const inline = inlineMap(result.code);
  const theirs = result.map ?? inline?.json;
  if (theirs === undefined) return result;
  const map = composed(asObject(theirs), ours.map);
  if (inline === undefined) return { ...result, map };
  const { code } = result;
  return {
    ...result,
    map,
    code: code.slice(0, inline.start) + commentOf(map) + code.slice(inline.end),
  };
}

function asObject(map: object | string): SourceMapObject {
  return (typeof map === "string" ? JSON.parse(map) : map) as SourceMapObject;
}
