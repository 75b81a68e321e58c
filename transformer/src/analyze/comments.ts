// A source file → its comments, each with what follows it.
// Invariant: what looks like a comment in a string, a template, a regular expression or JSX is
// none.
import type { Compiler, ts } from "../syntax.ts";

export interface Comment {
  readonly pos: number;
  readonly end: number;
  readonly text: string;
  /** Where the code goes on behind it, and behind the comments that follow it. */
  readonly next: number;
}

/** All comments, in the order of the text. */
export function commentsIn(ts: Compiler, file: ts.SourceFile): Comment[] {
  const comments: Comment[] = [];
  let from = ts.getShebang(file.text)?.length ?? 0;
  const look = (node: ts.Node): void => {
    if (ts.isToken(node)) {
      const start = node.getStart(file);
      if (start >= from) comments.push(...commentsBetween(file.text, from, start));
      from = Math.max(from, node.end);
    } else ts.forEachChild(node, look);
  };
  look(file);
  return comments;
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
