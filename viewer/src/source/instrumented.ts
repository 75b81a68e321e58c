// A file's text → the same as the transformer of its project writes it, line by line.
// Invariant: line n is what became of line n: the text emitter adds no lines.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

export interface InstrumentTask {
  /** Absolute: its ending tells the language, its folder which configuration. */
  readonly path: string;
  /** Of the project: its transformer is taken. */
  readonly root: string;
  readonly text: string;
}

/** Undefined: the project has no transformer. Null: it leaves the text as it is. */
export type Instrumented = { readonly code: string | null } | undefined;

interface Transformer {
  instrument(code: string, options: { filename: string }): { readonly code: string } | null;
}

export async function instrumentText({ path, root, text }: InstrumentTask): Promise<Instrumented> {
  const module = resolvedFrom(dirname(path)) ?? resolvedFrom(root);
  if (module === undefined) return undefined;
  const { instrument } = (await import(pathToFileURL(module).href)) as Transformer;
  return { code: instrument(text, { filename: path })?.code ?? null };
}

function resolvedFrom(folder: string): string | undefined {
  try {
    return createRequire(join(folder, "package.json")).resolve("llmops-transformer");
  } catch {
    return undefined;
  }
}
