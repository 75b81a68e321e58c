// The files of a project without a tag → the function that is best tracked first, and its tag.
// Invariant: the comment that a function has is kept, and takes the tag in.
import { readFileSync } from "node:fs";
import { sep } from "node:path";
import { parse } from "../explain/functions.ts";
import type { Compiler, FunctionNode, ts } from "../../syntax.ts";
import { isAsync } from "../../syntax.ts";

export interface TagCandidate {
  /** Absolute. */
  readonly path: string;
  readonly name: string;
  /** 1-based. */
  readonly line: number;
  /** The file with the tag. */
  readonly tagged: string;
}

interface Ranked {
  readonly node: FunctionNode;
  /** What its comment stands before. */
  readonly host: ts.Node;
  readonly name: string;
  /** The lower, the better. */
  readonly rank: number;
}

/** Files that hold no part of the program. */
const ASIDE =
  /[.-](?:test|spec|stories|config|d)\.|(?:^|[\\/])(?:tests?|__tests__|scripts|e2e)[\\/]/;
/** Functions that start the program, and end when it has started or never. */
const STARTING = /^(?:bootstrap|main|start|listen|setup|configure|init)/i;

/** @param folder absolute; functions outside of it are taken where it has none */
export function firstCandidate(
  ts: Compiler,
  files: readonly string[],
  folder: string,
): TagCandidate | undefined {
  const sorted = files
    .filter((path) => !ASIDE.test(path))
    .toSorted((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
  const inside = sorted.filter((path) => path.startsWith(folder + sep));
  return best(ts, inside) ?? best(ts, sorted);
}

const depth = (path: string): number => path.split(sep).length;

function best(ts: Compiler, files: readonly string[]): TagCandidate | undefined {
  let least = Infinity;
  let found: TagCandidate | undefined;
  for (const path of files) {
    const text = readFileSync(path, "utf8");
    const file = parse(ts, path, text);
    for (const each of rankedIn(ts, file)) {
      if (each.rank >= least) continue;
      least = each.rank;
      const line = file.getLineAndCharacterOfPosition(each.node.getStart(file)).line + 1;
      found = { path, name: each.name, line, tagged: tagged(ts, file, each.host) };
    }
  }
  return found;
}

function rankedIn(ts: Compiler, file: ts.SourceFile): Ranked[] {
  const found: Ranked[] = [];
  const isJsx = /\.[jt]sx$/.test(file.fileName);
  const add = (node: FunctionNode, host: ts.Node, name: string, base: number): void => {
    if (node.body === undefined) return;
    const component = isJsx && /^[A-Z]/.test(name) ? 10 : 0;
    const starting = STARTING.test(name) ? 5 : 0;
    const first = name === "handler" ? -10 : 0;
    const rank = base - (isAsync(ts, node) ? 2 : 0) + component + starting + first;
    found.push({ node, host, name, rank });
  };
  for (const statement of file.statements) {
    const exported = isExported(ts, statement) ? 0 : 1;
    if (ts.isFunctionDeclaration(statement)) {
      add(statement, statement, statement.name?.text ?? "default", 2 + exported);
    } else if (ts.isVariableStatement(statement)) {
      for (const { name, initializer } of statement.declarationList.declarations) {
        if (initializer === undefined || !ts.isIdentifier(name)) continue;
        if (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer))
          add(initializer, statement, name.text, 2 + exported);
      }
    } else if (ts.isClassDeclaration(statement)) {
      for (const member of statement.members)
        if (ts.isMethodDeclaration(member)) add(member, member, member.name.getText(file), 3);
    } else if (ts.isExpressionStatement(statement) && ts.isCallExpression(statement.expression)) {
      // `app.get("/", async (request, response) => { … })`
      for (const argument of statement.expression.arguments)
        if (ts.isArrowFunction(argument)) add(argument, argument, "(anonymous)", 8);
    }
  }
  return found;
}

function isExported(ts: Compiler, statement: ts.Statement): boolean {
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false)
  );
}

/** The text with the tag before a node. */
function tagged(ts: Compiler, file: ts.SourceFile, host: ts.Node): string {
  const { text } = file;
  const start = host.getStart(file);
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const lead = text.slice(lineStart, start);
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  if (!/^\s*$/.test(lead)) return insert(text, start, "/** @track */ ");
  const comment = ts
    .getLeadingCommentRanges(text, host.pos)
    ?.findLast(
      ({ pos, end }) => text.startsWith("/**", pos) && text[pos + 3] !== "/" && end <= start,
    );
  if (comment === undefined) return insert(text, start, `/** @track */${eol}${lead}`);
  const content = text.slice(comment.pos + 3, comment.end - 2);
  if (content.includes("\n")) {
    const close = text.lastIndexOf("\n", comment.end) + 1;
    return insert(text, close, `${lead} * @track${eol}`);
  }
  const block = [`/**`, `${lead} * ${content.trim()}`, `${lead} * @track`, `${lead} */`].join(eol);
  return text.slice(0, comment.pos) + block + text.slice(comment.end);
}

function insert(text: string, at: number, inserted: string): string {
  return text.slice(0, at) + inserted + text.slice(at);
}
