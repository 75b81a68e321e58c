// A manifest's entry for a function, as whatever wrote it left it → a site.
// Invariant: what is answered has every member, of its type.
import type { Site } from "../model.ts";

/** Undefined: it lacks what tells a function from others. */
export function siteOf(value: unknown): Site | undefined {
  if (!isRecord(value)) return undefined;
  const { id, function: qualified, hash, line, start, end, name, tag, captures, skipped } = value;
  if (typeof id !== "string" || typeof qualified !== "string" || typeof hash !== "string")
    return undefined;
  if (!isPlace(line) || !isPlace(start) || !isPlace(end) || end < start) return undefined;
  return {
    id,
    function: qualified,
    name: textOr(name, qualified),
    kind: value["kind"] === "generation" ? "generation" : "span",
    line,
    column: placeOr(value["column"], 1),
    end_line: placeOr(value["end_line"], line),
    start,
    end,
    hash,
    tag: typeof tag === "string" ? tag : null,
    from: value["from"] === "config" ? "config" : "tag",
    captures: captures === "*" ? "*" : listOf(captures).filter((one) => typeof one === "string"),
    params: listOf(value["params"]).flatMap(paramOf),
    locals: listOf(value["locals"]).flatMap(localOf),
    skipped: isRecord(skipped)
      ? { code: textOr(skipped["code"], ""), message: textOr(skipped["message"], "") }
      : null,
  };
}

function paramOf(value: unknown): Site["params"] {
  if (!isRecord(value) || typeof value["name"] !== "string" || !isPlace(value["line"])) return [];
  return [{ name: value["name"], line: value["line"] }];
}

function localOf(value: unknown): Site["locals"] {
  if (!isRecord(value) || typeof value["name"] !== "string") return [];
  return [{ name: value["name"], lines: listOf(value["lines"]).filter(isPlace) }];
}

/** A line, a column, an offset. */
function isPlace(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const textOr = (value: unknown, or: string): string => (typeof value === "string" ? value : or);
const placeOr = (value: unknown, or: number): number => (isPlace(value) ? value : or);

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
