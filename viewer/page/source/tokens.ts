// TypeScript, JavaScript → its tokens, line by line; what they mean is enough to read by.
// Invariant: the tokens of a line, joined, are the line.

type TokenKind = "text" | "keyword" | "string" | "comment" | "number";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const KEYWORDS = new Set(
  `abstract as async await break case catch class const continue debugger declare default delete do
  else enum export extends false finally for from function get if implements import in instanceof
  interface keyof let namespace new null of override private protected public readonly return
  satisfies set static super switch this throw true try type typeof undefined using var void while
  with yield`.split(/\s+/),
);

/** Comments, texts, templates up to their holes, numbers, words, one sign. */
const NEXT =
  /\/\/.*|\/\*|(["'])(?:\\.|(?!\1)[^\\])*\1?|`|\d[\w.]*|[\p{ID_Start}$_][\p{ID_Continue}$]*|\s+|[^]/uy;
/** A regular expression; only where a value may begin. */
const PATTERN = /\/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\[])+\/[a-z]*/y;
const VALUE_BEFORE = /[\w$)\]}"'`]$/;

/** What a line begins in: code, a comment, or templates, each with the braces open in its hole. */
interface Mode {
  comment: boolean;
  readonly templates: number[];
}

export function tokensOf(lines: readonly string[]): readonly (readonly Token[])[] {
  const mode: Mode = { comment: false, templates: [] };
  return lines.map((line) => lineTokens(line, mode));
}

function lineTokens(line: string, mode: Mode): readonly Token[] {
  const tokens: Token[] = [];
  let before = "";
  let at = 0;
  const take = (kind: TokenKind, end: number): void => {
    const text = line.slice(at, end);
    const last = tokens.at(-1);
    if (last?.kind === kind) tokens[tokens.length - 1] = { kind, text: last.text + text };
    else tokens.push({ kind, text });
    if (kind !== "comment" && text.trim() !== "") before = text;
    at = end;
  };
  while (at < line.length) {
    if (mode.comment) {
      const end = line.indexOf("*/", at);
      mode.comment = end < 0;
      take("comment", end < 0 ? line.length : end + 2);
    } else if (mode.templates.at(-1) === IN_TEXT) take("string", templateEnd(line, at, mode));
    else takeCode(line, at, before, mode, take);
  }
  return tokens;
}

/** Of a template: its text, not a hole. */
const IN_TEXT = -1;

function templateEnd(line: string, from: number, { templates }: Mode): number {
  for (let at = from; at < line.length; at += 1) {
    if (line[at] === "\\") at += 1;
    else if (line[at] === "`") {
      templates.pop();
      return at + 1;
    } else if (line.startsWith("${", at)) {
      templates[templates.length - 1] = 0;
      return at + 2;
    }
  }
  return line.length;
}

function takeCode(
  line: string,
  at: number,
  before: string,
  mode: Mode,
  take: (kind: TokenKind, end: number) => void,
): void {
  const { templates } = mode;
  PATTERN.lastIndex = at;
  const isPattern =
    line[at] === "/" && !/^\/[/*]/.test(line.slice(at, at + 2)) && !VALUE_BEFORE.test(before);
  if (isPattern && PATTERN.test(line)) {
    take("string", PATTERN.lastIndex);
    return;
  }
  NEXT.lastIndex = at;
  const text = NEXT.exec(line)?.[0] ?? line.slice(at);
  const end = at + text.length;
  const open = templates.at(-1);
  if (text.startsWith("//")) take("comment", end);
  else if (text === "/*") {
    mode.comment = true;
    take("comment", end);
  } else if (text === "`") {
    templates.push(IN_TEXT);
    take("string", end);
  } else if (text === "}" && open === 0) {
    templates[templates.length - 1] = IN_TEXT;
    take("string", end);
  } else {
    if (open !== undefined && text === "{") templates[templates.length - 1] = open + 1;
    else if (open !== undefined && text === "}") templates[templates.length - 1] = open - 1;
    take(kindOf(text, before), end);
  }
}

function kindOf(text: string, before: string): TokenKind {
  if (/^["']/.test(text)) return "string";
  if (/^\d/.test(text)) return "number";
  return KEYWORDS.has(text) && !before.endsWith(".") ? "keyword" : "text";
}
