// A source text → its code alone, and what a function's code says by itself.
// Invariant: of the same length as the text, line ends at the same places; it never throws.

/** The same text, with spaces in place of what is in strings, comments and regular expressions. */
export function codeOf(text: string): string {
  const out: string[] = [];
  /** Of templates: how many braces are open inside of the `${` at hand. */
  const braces: number[] = [];
  let kept = 0;
  let at = 0;
  /** Where the code before ends, spaces and comments left out. */
  let behind = 0;
  const blank = (from: number, to: number): void => {
    out.push(text.slice(kept, from), text.slice(from, to).replaceAll(/[^\n\r\u2028\u2029]/g, " "));
    kept = at = to;
  };
  /** Blanks what is between two delimiters and leaves these. */
  const inside = (pattern: RegExp): void => {
    const from = at + 1;
    pattern.lastIndex = from;
    const end = pattern.exec(text)?.[0].length ?? 0;
    blank(from, from + end);
    behind = ++at;
  };
  const template = (): void => {
    inside(TEMPLATE);
    // The `$` is skipped; the brace behind it opens code.
    if (text[at - 1] === "$") {
      braces.push(0);
      behind = ++at;
    }
  };
  while (at < text.length) {
    const next = text[at] ?? "";
    if (next === '"') inside(DOUBLE);
    else if (next === "'") inside(SINGLE);
    else if (next === "`") template();
    else if (next === "/" && text[at + 1] === "/") blank(at, endOf(LINE_COMMENT, text, at));
    else if (next === "/" && text[at + 1] === "*") blank(at, endOf(COMMENT, text, at));
    else if (next === "/" && beginsPattern(text, behind)) inside(PATTERN);
    else if (next === "{" && braces.length > 0) {
      braces.push((braces.pop() ?? 0) + 1);
      behind = ++at;
    } else if (next === "}" && braces.at(-1) === 0) {
      braces.pop();
      template();
    } else {
      if (next === "}" && braces.length > 0) braces.push((braces.pop() ?? 1) - 1);
      at++;
      if (next.trim() !== "") behind = at;
    }
  }
  out.push(text.slice(kept));
  return out.join("");
}

const DOUBLE = /(?:[^"\\\n\r]|\\[^])*/y;
const SINGLE = /(?:[^'\\\n\r]|\\[^])*/y;
const TEMPLATE = /(?:[^`\\$]|\\[^]|\$(?!\{))*/y;
const PATTERN = /(?:[^/\\[\n\r]|\\[^\n\r]|\[(?:[^\]\\\n\r]|\\[^\n\r])*\])*/y;
const LINE_COMMENT = /[^\n\r\u2028\u2029]*/y;
const COMMENT = /[^]*?(?:\*\/|$)/y;

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 0);
}

/** Whether a slash opens a regular expression: told by the code before it. */
function beginsPattern(text: string, behind: number): boolean {
  const before = text.slice(Math.max(0, behind - 60), behind);
  if (before === "") return true;
  if (/[\w$]$/.test(before))
    return /(?<![\w$.])(?:return|typeof|case|in|of|do|else|void|delete|throw|await|yield)$/.test(
      before,
    );
  return !/[)\]}"'`]$/.test(before);
}

/** Behind these, brackets are no parameters. */
const STATEMENTS: ReadonlySet<string> = new Set("if for while switch catch with".split(" "));
/** Behind these, a brace opens no function and no class. */
const BEFORE_BLOCKS: ReadonlySet<string> = new Set(
  "else try catch finally do return typeof in of yield await new void delete throw case default".split(
    " ",
  ),
);

type Opened = "bracket" | "block" | "function";

/**
 * Where the `return`s of a function are, without those of functions in it.
 * @param code of the function alone, by `codeOf`
 */
export function returnsIn(code: string): readonly number[] {
  const open: { readonly kind: Opened; readonly at: number }[] = [];
  const found: number[] = [];
  /** Where the brackets that closed last had opened. */
  let brackets = 0;
  for (const { 0: token, index } of code.matchAll(/[{}()[\]]|(?<![\w$.#])return(?![\w$]|\s*:)/g)) {
    if (token === "return") {
      const within = open.filter(({ kind }) => kind === "function");
      if (within.length === 1 && within[0] === open[0]) found.push(index);
    } else if ("([".includes(token)) open.push({ kind: "bracket", at: index });
    else if (token === "{") open.push({ kind: opened(code, index, brackets), at: index });
    else {
      const closed = open.pop();
      if (token === ")") brackets = closed?.at ?? 0;
      // The function's own body ends: what follows is no part of it.
      if (closed?.kind === "function" && open.length === 0) break;
    }
  }
  return found;
}

/** What a brace opens: a function's body, or a class's; else a block or an object. */
function opened(code: string, at: number, brackets: number): Opened {
  const before = code.slice(Math.max(0, at - 200), at).trimEnd();
  if (before.endsWith(")")) {
    const head = code.slice(Math.max(0, brackets - 60), brackets).trimEnd();
    const word = /(?<![\w$.])(for)\s+await$|(?<![\w$.])(\w+)$/.exec(head);
    return STATEMENTS.has(word?.[1] ?? word?.[2] ?? "") ? "block" : "function";
  }
  const word = /[\w$]+$/.exec(before)?.[0];
  if (word !== undefined) return BEFORE_BLOCKS.has(word) ? "block" : "function";
  // `=> {`, and behind the type of what it returns: `): Promise<T> {`, `): T[] {`, `): { a } {`.
  return /[>\]}"']$/.test(before) ? "function" : "block";
}
