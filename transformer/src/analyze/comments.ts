// A source file → its comments that say a word, each with what follows it.
// Invariant: what looks like a comment in a string, a template, a regular expression or JSX is
// none.
import type { Compiler, ts } from "../syntax.ts";
import { Places } from "./places.ts";

export interface Comment {
  readonly pos: number;
  readonly end: number;
  readonly text: string;
  /** Where the code goes on behind it, and behind the comments that follow it. */
  readonly next: number;
}

/**
 * The comments in which a word stands, in the order of the text. What holds none is not walked.
 * @param word a global expression
 */
export function commentsWith(ts: Compiler, file: ts.SourceFile, word: RegExp): Comment[] {
  const { text } = file;
  const comments: Comment[] = [];
  const words = Places.ofWords(text, word);
  let from = ts.getShebang(text)?.length ?? 0;
  const look = (node: ts.Node): void => {
    if (!words.touch({ pos: from, end: node.end })) from = Math.max(from, node.end);
    else if (ts.isToken(node)) {
      const start = node.getStart(file);
      if (start >= from) comments.push(...commentsBetween(text, from, start));
      from = Math.max(from, node.end);
    } else ts.forEachChild(node, look);
  };
  look(file);
  return comments.filter((comment) => comment.text.search(word) >= 0);
}

/** Between two tokens that the tree holds there are only comments, space, keywords and brackets. */
function commentsBetween(text: string, from: number, to: number): Comment[] {
  const found = [...text.slice(from, to).matchAll(/\/\*[^]*?\*\/|\/\/.*/g)];
  const comments: Comment[] = [];
  let [edge, next] = [to, to];
  for (const { 0: comment, index } of found.toReversed()) {
    const [pos, end] = [from + index, from + index + comment.length];
    const code = text.slice(end, edge).search(/\S/);
    if (code >= 0) next = end + code;
    comments.push({ pos, end, text: comment, next });
    edge = pos;
  }
  return comments.toReversed();
}
