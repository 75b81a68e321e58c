// Comments in which a tag is meant, and that mark nothing → what is wrong with each.
// Invariant: a comment gives at most one finding, and none where it only talks of a tag.
import { parseComment, type Tag, TAGS, withoutCode } from "../config/tags.ts";
import { type Code, type Finding, finding, type TextRange } from "../diagnostics.ts";
import { type Compiler, isFunctionNode, type ts } from "../syntax.ts";
import { type Comment, commentsWith } from "./comments.ts";

/** What the walk through the functions leaves to be told. */
export interface Marked {
  readonly ts: Compiler;
  readonly file: ts.SourceFile;
  /** Offsets of the comments that were read. */
  readonly read: { has(pos: number): boolean };
  /** Offsets of the tags that mark a function. */
  readonly used: ReadonlySet<number | undefined>;
  /** Names of functions and classes, by the offsets of what a tag for them stands before. */
  readonly hosts: ReadonlyMap<number, string>;
}

/** Where a tag may be meant. */
export const MEANT: RegExp = /@(?:no[-_]?)?track/gi;

export function strayTags(marked: Marked): Finding[] {
  const { ts, file } = marked;
  return commentsWith(ts, file, MEANT).flatMap((comment) => {
    const isDoc = /^\/\*\*(?!\/)/.test(comment.text);
    return isDoc ? inDocComment(marked, comment) : inPlainComment(marked, comment);
  });
}

function inDocComment(marked: Marked, comment: Comment): Finding[] {
  const { pos, text } = comment;
  const { directive, findings } = parseComment(text, pos);
  if (directive === undefined)
    return [misspelt(comment) ?? inSentence(marked, comment) ?? []].flat();
  if (directive.tag === "noTrack" || marked.used.has(directive.start)) return [];
  // What is wrong with its options was told when it was read.
  const ofOptions = marked.read.has(pos) ? [] : findings;
  return [...ofOptions, misplaced(marked, comment, directive.tag, directive)];
}

/** At the beginning of a line. */
const PLAIN_TAG = /(?:^\/[/*]+!?|\n)[ \t]*\*?[ \t]*@([A-Za-z][\w-]*)(?![\w/-])/;

/** `// @track`, `/* @track *\/` */
function inPlainComment({ hosts }: Marked, { pos, text, next }: Comment): Finding[] {
  const [before = "", written = ""] = PLAIN_TAG.exec(text) ?? [];
  const tag = tagOf(written);
  if (tag === undefined) return [];
  const end = text.indexOf(before) + before.length;
  const rest = text.slice(end).replace(/\*\/$/, "");
  // Prose about a tag: `// @track is read by …`
  const options =
    rest.trim() === "" || parseComment(`/** @${tag}${rest}*/`, 0).findings.length === 0;
  const name = hosts.get(next);
  if (name === undefined && !options) return [];
  const range = { start: pos + end - written.length - 1, length: written.length + 1 };
  return [finding("LLMOPS2101", range, [tag, name === undefined ? "" : ` before ${name}`])];
}

/** A tag at the beginning of a line that is none of ours: `@Track`, `@trackLLM`, `@track-llm`. */
function misspelt({ pos, text }: Comment): Finding | undefined {
  const beginning = /(?:^\/\*\*|\n[ \t]*\*?)[ \t]*(@([A-Za-z][\w-]*))(?![\w/-])/g;
  for (const match of withoutCode(text).matchAll(beginning)) {
    const [whole, written = "", word = ""] = match;
    const tag = tagOf(word);
    if (tag === undefined) continue;
    const range = {
      start: pos + match.index + whole.length - written.length,
      length: written.length,
    };
    return finding("LLMOPS2102", range, [word], `@${tag}`);
  }
  return undefined;
}

/** The tag that a word is meant to be, if it is one letter away at most, or its participle. */
function tagOf(word: string): Tag | undefined {
  const plain = (text: string): string => text.replaceAll(/[-_]/g, "").toLowerCase();
  const meant = plain(word).replace(/^(no)?tracked/, "$1track");
  return TAGS.find((tag) => plain(tag) === meant);
}

/** `Pays the bill. @track`, before a function: a tag begins its line. */
function inSentence({ hosts }: Marked, { pos, text, next }: Comment): Finding | undefined {
  const name = hosts.get(next);
  const match = /(?<![\w`'"./@-])@(track|trackLlm|noTrack)(?![\w`'"/-])/.exec(
    // Examples and code are quotations.
    withoutCode(text).replaceAll(/`[^`]*`|@example[^]*/g, (quoted) => " ".repeat(quoted.length)),
  );
  if (name === undefined || match === null) return undefined;
  const { index, 0: written, 1: tag = "" } = match;
  return finding("LLMOPS2103", { start: pos + index, length: written.length }, [tag, name]);
}

/** A tag that stands before something else than a function that runs. */
function misplaced(
  { ts, file, hosts, read }: Marked,
  { pos, next }: Comment,
  tag: Tag,
  range: TextRange,
): Finding {
  const overtaken = read.has(pos) ? undefined : hosts.get(next);
  if (overtaken !== undefined) return finding("LLMOPS2108", range, [tag, overtaken]);
  const around = nodesAround(ts, file, pos);
  const holder = around.findLast((node) => node.getStart(file) < pos);
  if (holder !== undefined && isFunctionNode(ts, holder) && holder.body !== undefined) {
    const name = hosts.get(holder.getStart(file)) ?? "the function";
    if (next <= holder.body.getStart(file)) return finding("LLMOPS2104", range, [tag, name]);
  }
  const documented = around.find((node) => node.getStart(file) > pos);
  const kind = documented === undefined ? undefined : kindOf(ts, documented);
  if (kind === undefined) return finding("LLMOPS2004", range, [tag]);
  const [code, what] = kind;
  return finding(code, range, [tag, what]);
}

/** The nodes below the file that hold an offset, or the space before them does, outermost first. */
function nodesAround(ts: Compiler, file: ts.SourceFile, offset: number): ts.Node[] {
  const around: ts.Node[] = [];
  const look = (node: ts.Node): void => {
    if (offset < node.pos || offset >= node.end) return;
    around.push(node);
    ts.forEachChild(node, look);
  };
  ts.forEachChild(file, look);
  return around;
}

/** Of an overload, an abstract method, what `declare` says. */
export const NO_BODY = "a declaration without a body";

function kindOf(ts: Compiler, node: ts.Node): readonly [code: Code, what: string] | undefined {
  if (ts.isTypeElement(node)) return ["LLMOPS2106", "a member of a type"];
  if (ts.canHaveModifiers(node)) {
    const words = (ts.getModifiers(node) ?? []).map(({ kind }) => kind);
    if (words.includes(ts.SyntaxKind.DeclareKeyword)) return ["LLMOPS2105", NO_BODY];
  }
  switch (node.kind) {
    case ts.SyntaxKind.InterfaceDeclaration:
    case ts.SyntaxKind.TypeAliasDeclaration:
      return ["LLMOPS2106", "a type"];
    case ts.SyntaxKind.EnumDeclaration:
      return ["LLMOPS2106", "an enum"];
    case ts.SyntaxKind.ClassDeclaration:
    case ts.SyntaxKind.ClassExpression:
      return ["LLMOPS2106", "a class without functions"];
    case ts.SyntaxKind.ImportDeclaration:
    case ts.SyntaxKind.ImportEqualsDeclaration:
      return ["LLMOPS2107", "an import"];
    case ts.SyntaxKind.ExportDeclaration:
      return ["LLMOPS2107", "an export of what is declared elsewhere"];
    default:
      return undefined;
  }
}
