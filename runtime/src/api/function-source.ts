// A function's source text → the names of its parameters, for the masking of secrets and for readers; whether it is a leaf.
// Invariant: what is said is right; where the text is not plain, nothing is said.

const toText = Function.prototype.toString;

/** The source text; "" for what has none. */
export function sourceOf(fn: object): string {
  try {
    return Reflect.apply(toText, fn, []);
  } catch {
    return "";
  }
}

/** One name a parameter, `...name` for a rest, "" for a pattern; undefined where the text is not plain. */
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

/** What stands between the commas of a parameter list; undefined where strings, comments or regular expressions may hold one. */
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

/** All that could start asynchronous work, or a name, string or comment that reads like it. A pattern in brackets iterates. */
const MAY_CALL = /[(`]|\.\.\.|\b(?:new|await|yield|class|using)\b|\][\s\]},]*=(?!=)/;

/** Whether it holds no call, construction or iteration: its span then needs no switch of the asynchronous context. */
export function isLeaf(fn: object): boolean {
  const text = sourceOf(fn);
  const body = /^(?:function\s*)?[\w$]*\s*\([\w$\s,]*\)\s*(?:=>)?|^[\w$]+\s*=>/.exec(text);
  return body !== null && !MAY_CALL.test(text.slice(body[0].length));
}
