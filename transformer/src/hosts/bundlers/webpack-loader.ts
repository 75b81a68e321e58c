// `llmops-transformer/webpack-loader`: a loader by itself, for Next.js and Turbopack, webpack,
// Rspack.
// Invariant: options may be plain JSON; a module hears of an edit of the configuration.
import { Instrumenting } from "./instrumenting.ts";
import { messageWithFrame } from "./message.ts";
import { checkOptions } from "./option-check.ts";
import type { PluginOptions } from "./options.ts";

export type { PluginOptions };

/** What webpack, Rspack and Turbopack have of it alike. */
interface LoaderContext {
  /** The file. */
  readonly resourcePath: string;
  /** What comes behind a `?`. */
  readonly resourceQuery?: string;
  /** The folder of the project. */
  readonly rootContext?: string;
  /** Turbopack has none. */
  readonly _compilation?: object;
  /** The loader's options, as the rule gives them. */
  getOptions?(): PluginOptions;
  /** Takes the result. */
  callback(error: Error | null, code?: string, map?: object | string): void;
  /** A file that another build has to look at. */
  addDependency(file: string): void;
  /** A file that does not exist yet. */
  addMissingDependency?(file: string): void;
  /** Fails the build. */
  emitError?(error: Error): void;
  /** Shows in the build. */
  emitWarning?(warning: Error): void;
}

interface Opened {
  readonly build: Instrumenting;
  compilation: object | undefined;
  /** When the configuration was last looked at, in ms. */
  looked: number;
}

/** By options and root: a loader has no object of its own. */
const opened = new Map<string, Opened>();

/** Where nothing tells builds apart, the configuration is read again after this time, in ms. */
const FRESH_MS = 200;

type Loader = (this: LoaderContext, source: string | Buffer, map?: object | string) => void;

/** A function: loaders are called with their context as `this`. */
const loader: Loader = function (source, map) {
  load(this, source, map);
};
export default loader;

function load(
  context: LoaderContext,
  source: string | Buffer,
  map: object | string | undefined,
): void {
  const code = String(source);
  const options = context.getOptions?.() ?? {};
  const id = context.resourcePath + (context.resourceQuery ?? "");
  const build = buildFor(options, context.rootContext ?? process.cwd(), context._compilation);
  if (build instanceof Error) return context.callback(build);
  if (options.enabled === false || !build.wants(id)) return context.callback(null, code, map);
  let failure: Error | undefined;
  const done = build.transform(code, id, {
    map,
    watch: (file, exists) => {
      if (exists) context.addDependency(file);
      else context.addMissingDependency?.(file);
    },
    show: (diagnostic, text) => {
      const shown = withoutStack(new Error(messageWithFrame(diagnostic, text)));
      if (diagnostic.severity !== "error") context.emitWarning?.(shown);
      else failure ??= shown;
    },
  });
  if (failure !== undefined) return context.callback(failure);
  return done === null
    ? context.callback(null, code, map)
    : context.callback(null, done.code, done.map);
}

function problemOf(options: PluginOptions): Error | undefined {
  try {
    checkOptions(options);
    return undefined;
  } catch (error) {
    return withoutStack(error as Error);
  }
}

/** All of it stands in the message. */
function withoutStack(error: Error): Error {
  error.stack = error.message;
  return error;
}

function buildFor(
  options: PluginOptions,
  root: string,
  compilation: object | undefined,
): Instrumenting | Error {
  const key = `${root} ${JSON.stringify(options, (_, value: unknown) => (value instanceof RegExp ? String(value) : value))}`;
  const now = performance.now();
  const known = opened.get(key);
  if (known === undefined) {
    const wrong = problemOf(options);
    if (wrong !== undefined) return wrong;
    const build = new Instrumenting(options, root, "webpack-loader");
    opened.set(key, { build, compilation, looked: now });
    return build;
  }
  const stale =
    compilation === undefined ? now - known.looked > FRESH_MS : compilation !== known.compilation;
  if (stale) {
    known.build.begin();
    known.compilation = compilation;
    known.looked = now;
  }
  return known.build;
}
