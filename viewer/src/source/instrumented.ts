// A file's text → the same as the transformer of its project writes it, line by line.
// Invariant: line n is what became of line n: the text emitter adds no lines.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export interface InstrumentTask {
  /** Absolute. */
  readonly path: string;
  /** Of the project: its transformer is taken. */
  readonly root: string;
  readonly text: string;
}

/** Undefined: the project has no transformer. */
export type Instrumented = { readonly code: string | null } | undefined;

interface Transformer {
  instrument(code: string, options: { filename: string }): { readonly code: string } | null;
}

export async function instrumentText({ path, root, text }: InstrumentTask): Promise<Instrumented> {
  const module = resolveFrom(join(root, "package.json")) ?? resolveFrom(import.meta.url);
  if (module === undefined) return undefined;
  const { instrument } = (await import(pathToFileURL(module).href)) as Transformer;
  return { code: instrument(text, { filename: path })?.code ?? null };
}

function resolveFrom(place: string): string | undefined {
  try {
    return createRequire(place).resolve("llmops-transformer");
  } catch {
    return undefined;
  }
}
