// Selected functions, what became of them, and their file → the file's record.
// Invariant: ids are unique in their file; the same text and configuration give the same record.
import type { Finding } from "../diagnostics.ts";
import type { FileRecord, SiteRecord } from "../record.ts";
import type { Compiler, ts } from "../syntax.ts";
import { type Identity, sourceHash } from "./identity.ts";
import { parametersOf } from "./parameters.ts";
import type { Selected } from "./select.ts";
import type { Draft } from "./site.ts";

/** A selected function, and what the analysis made of it. */
export interface Examined {
  readonly selection: Selected;
  readonly identity: Identity;
  /** Why it is left untouched, where it is. */
  readonly skip: Finding | undefined;
}

interface Parsed {
  readonly ts: Compiler;
  readonly file: ts.SourceFile;
  readonly whole?: string | undefined;
}

/**
 * The record of a file.
 * @param name that spans report for it
 * @param drafts of those that are tracked
 */
export function fileRecord(
  { ts, file, whole = file.text }: Parsed,
  name: string,
  examined: readonly Examined[],
  drafts: readonly Draft[],
): FileRecord {
  const draftOf = new Map(drafts.map((draft) => [draft.selection, draft]));
  const lineAt = (offset: number): number => file.getLineAndCharacterOfPosition(offset).line + 1;
  const sites = examined.map(({ selection, identity: { hash, nth }, skip }): SiteRecord => {
    const { node, qualifiedName, options, directive } = selection;
    const { capture = false } = options;
    const start = node.getStart(file);
    const { line, character } = file.getLineAndCharacterOfPosition(start);
    // In the order of their names, as the manifest has them.
    return {
      captures: capture === true ? "*" : capture === false ? [] : capture,
      column: character + 1,
      end: node.end,
      end_line: lineAt(node.end),
      from: directive === undefined ? "config" : "tag",
      function: qualifiedName,
      hash,
      id: `${name}#${qualifiedName}${nth === undefined ? "" : `~${nth}`}`,
      kind: options.as === "llm" ? "generation" : "span",
      line: line + 1,
      locals: localsIn(draftOf.get(selection), lineAt),
      name: options.name ?? selection.name,
      params: parametersOf(ts, node).map(({ name: parameter, at }) => ({
        line: lineAt(at.getStart(file)),
        name: parameter,
      })),
      skipped: skip === undefined ? null : { code: skip.code, message: skip.message },
      start,
      tag: directive?.comment.replaceAll("\r\n", "\n") ?? null,
    };
  });
  return { file: name, hash: sourceHash(whole), sites };
}

/** Where those that are recorded are declared and written to. */
function localsIn(
  draft: Draft | undefined,
  lineAt: (offset: number) => number,
): SiteRecord["locals"] {
  if (draft === undefined) return [];
  const { captured, open } = draft;
  return captured.map(({ binding: { at }, name }) => {
    const lines = new Set([at, ...(open.writes.get(at) ?? [])].map(lineAt));
    return { lines: [...lines].toSorted((a, b) => a - b), name };
  });
}
