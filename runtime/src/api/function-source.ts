// A function's source text → the names of its parameters, and whether it is a leaf.
// Invariant: every answer is right. A text that is not plain gets none.

const toText = Function.prototype.toString;

/** The source text; "" for what has none. */
export function sourceOf(fn: object): string {
  try {
    return Reflect.apply(toText, fn, []);
  } catch {
    return "";
  }
}

/**
 * A name for each parameter, `...name` of a rest, "" of a pattern; undefined if the text is odd.
 */
export function parameterNames(fn: object): readonly string[] | undefined {
  const text = sourceOf(fn);
  if (text.includes("[native code]")) return undefined;
  const single = /^(?:async\s+)?([\w$]+)\s*=>/.exec(text)?.[1];
  if (single !== undefined) return [single];
  const open = text.indexOf("(");
  // A computed or odd name, or a comment, may hold a parenthesis of its own.
  if (open < 0 || !/^[\w$#*\s]*$/.test(text.slice(0, open))) return undefined;
  const parts = partsOf(text, open + 1);
  return parts?.map(
    (part) => /^\s*((?:\.\.\.\s*)?[\w$]+)\s*(?:=|$)/.exec(part)?.[1]?.replace(/\s/g, "") ?? "",
  );
}

/** The parts of a parameter list; undefined where a string, comment or pattern may hold a comma. */
function partsOf(text: string, from: number): string[] | undefined {
  const parts: string[] = [];
  let depth = 0;
  let start = from;
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at);
    if (/["'`/\\]/.test(character)) return undefined;
    if (/[([{]/.test(character)) depth++;
    else if (/[)\]}]/.test(character) && --depth < 0) {
      const last = text.slice(start, at);
      return last.trim() === "" ? parts : [...parts, last];
    } else if (character === "," && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return undefined;
}

/**
 * All that may start asynchronous work, and names, strings or comments that read like it. A pattern
 * in brackets iterates.
 */
const MAY_CALL = /[(`]|\.\.\.|\b(?:new|await|yield|class|using)\b|\][\s\]},]*=(?!=)/;

/** Whether its span can do without a place in Node's asynchronous context (`context.ts`). */
export function isLeaf(fn: object): boolean {
  const text = sourceOf(fn);
  const body = /^(?:function\s*)?[\w$]*\s*\([\w$\s,]*\)\s*(?:=>)?|^[\w$]+\s*=>/.exec(text);
  return body !== null && !MAY_CALL.test(text.slice(body[0].length));
}
