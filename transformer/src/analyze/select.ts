// A source file and its configuration → the functions to track, each with its merged options.
// Invariant: every tag of the file selects something or gets a finding; `@noTrack` wins over everything.
import type { Compiler, ts } from "../syntax.ts";
import type { Config, Entry } from "../config/load.ts";
import { type Finding, finding } from "../diagnostics.ts";
import { type Directive, parseComment } from "../config/tags.ts";
import {
  commentHosts,
  type FunctionNode,
  isFunctionNode,
  isWrapper,
  ownName,
  receivingName,
} from "./function-names.ts";
import { mergeOptions, type SiteOptions } from "../config/options.ts";

/** A function that tag or configuration selects. */
export interface Selected {
  readonly node: FunctionNode;
  /** The nodes from the file down to its parent. */
  readonly path: readonly ts.Node[];
  /** Default span name: `Class.method` for members, else the own name. */
  readonly name: string;
  /** `Class.method`, `outer.inner`: what the configuration matches. */
  readonly qualifiedName: string;
  readonly options: SiteOptions;
  /** The tag that marks it, if one does. */
  readonly directive: Directive | undefined;
  /** The list of captured names is meant for this function alone: one that is no local of it is a mistake. */
  readonly namesLocals: boolean;
  /** Entries of the configuration that match it. */
  readonly entries: readonly Entry[];
}

export interface Selection {
  readonly selected: readonly Selected[];
  readonly findings: readonly Finding[];
}

const ANONYMOUS = "(anonymous)";

export function selectFunctions(
  ts: Compiler,
  file: ts.SourceFile,
  config: Config,
  path: string,
): Selection {
  const text = file.text;
  const findings: Finding[] = [];
  const selected: Selected[] = [];
  const entries = config.excludes(path)
    ? []
    : config.entries.filter((entry) => entry.matchesFile(path));
  const seen = new Map<number, Directive | undefined>();

  const directiveIn = (host: ts.Node): Directive | undefined => {
    const decorator = lastDecorator(ts, host);
    const comment =
      (decorator && lastDocComment(ts, text, decorator.end, host.end)) ??
      lastDocComment(ts, text, host.pos, host.getStart(file));
    if (comment === undefined) return undefined;
    if (seen.has(comment.pos)) return seen.get(comment.pos);
    const parsed = parseComment(text.slice(comment.pos, comment.end), comment.pos);
    findings.push(...parsed.findings);
    seen.set(comment.pos, parsed.directive);
    return parsed.directive;
  };

  /** Without the file. */
  const ancestors: ts.Node[] = [];
  const visit = (
    node: ts.Node,
    names: readonly string[],
    className: string | undefined,
    onClass: Directive | undefined,
  ): void => {
    let innerNames = names;
    let innerClass: string | undefined;
    let innerDirective: Directive | undefined;
    if (isFunctionNode(ts, node)) {
      const member = isMember(ts, node, ancestors);
      const own = ownName(ts, node, ancestors, file) ?? ANONYMOUS;
      const directive = firstDirective(ts, node, ancestors, directiveIn);
      const inherited = member && !ts.isConstructorDeclaration(node) ? onClass : undefined;
      const qualifiedName = [...names, own].join(".");
      innerNames = [...names, own];
      if (node.body !== undefined) {
        consider(
          node,
          member && className !== undefined ? `${className}.${own}` : own,
          qualifiedName,
          [inherited, directive],
        );
      } else if (directive !== undefined && directive.tag !== "noTrack") {
        findings.push(
          finding("LLMOPS2001", directive, [directive.tag, "a declaration without a body"]),
        );
      }
    } else if (ts.isClassLike(node)) {
      const own = ownName(ts, node, ancestors, file);
      innerClass = own;
      innerNames = own === undefined ? names : [...names, own];
      innerDirective = firstDirective(ts, node, ancestors, directiveIn);
    } else if (ts.isModuleDeclaration(node)) {
      innerNames = [...names, node.name.text];
    } else if (ts.isObjectLiteralExpression(node)) {
      const own = receivingName(ts, node, ancestors, file);
      if (own !== undefined) innerNames = [...names, own];
    } else if (ancestors.at(-1) !== undefined && ts.isClassLike(ancestors.at(-1) as ts.Node)) {
      // A field: the function that it holds is a member of the class.
      innerClass = className;
      innerDirective = onClass;
    } else if (isWrapper(ts, node)) {
      innerClass = className;
      innerDirective = onClass;
    }
    ancestors.push(node);
    ts.forEachChild(node, (child) => visit(child, innerNames, innerClass, innerDirective));
    ancestors.pop();
  };

  const consider = (
    node: FunctionNode,
    name: string,
    qualifiedName: string,
    [onClass, onFunction]: readonly [Directive | undefined, Directive | undefined],
  ): void => {
    const directive = onFunction ?? onClass;
    if (directive?.tag === "noTrack") return;
    const matching = entries.filter((entry) => entry.matchesFunction(qualifiedName));
    if (directive === undefined && matching.length === 0) return;
    const inherited = onClass?.tag === "noTrack" ? {} : (onClass?.options ?? {});
    const own = onFunction?.options ?? {};
    const layers = [config.defaults, ...matching.map((entry) => entry.options), inherited, own];
    const lists = matching.filter(({ options }) => Array.isArray(options.capture));
    selected.push({
      node,
      path: [file, ...ancestors],
      name,
      qualifiedName,
      options: mergeOptions(...layers),
      directive,
      // A name that is meant for many functions need not be a local of each.
      namesLocals:
        own.capture !== undefined ||
        (inherited.capture === undefined && lists.at(-1)?.exact === true),
      entries: matching,
    });
  };

  ts.forEachChild(file, (child) => visit(child, [], undefined, undefined));
  reportStrayTags(ts, file, seen, selected, findings);
  return { selected, findings };
}

function firstDirective(
  ts: Compiler,
  node: ts.Node,
  ancestors: readonly ts.Node[],
  directiveIn: (host: ts.Node) => Directive | undefined,
): Directive | undefined {
  for (const host of commentHosts(ts, node, ancestors)) {
    const directive = directiveIn(host);
    if (directive !== undefined) return directive;
  }
  return undefined;
}

function isMember(ts: Compiler, node: FunctionNode, ancestors: readonly ts.Node[]): boolean {
  for (let at = ancestors.length - 1; at >= 0; at--) {
    const parent = ancestors[at] as ts.Node;
    if (ts.isClassLike(parent)) return true;
    if (!ts.isPropertyDeclaration(parent) && !isWrapper(ts, parent)) return false;
  }
  return false;
}

// A comment may stand behind the decorators too: `@decorator /** @track */ method() {}`.
function lastDecorator(ts: Compiler, node: ts.Node): ts.Decorator | undefined {
  return ts.canHaveDecorators(node) ? ts.getDecorators(node)?.at(-1) : undefined;
}

/** The last doc comment in a node's leading trivia: the one that documents it, also on the line of an opening brace. */
function lastDocComment(
  ts: Compiler,
  text: string,
  from: number,
  to: number,
): ts.CommentRange | undefined {
  if (to - from < "/**@track*/".length) return undefined;
  const ranges = [
    ...(ts.getTrailingCommentRanges(text, from) ?? []),
    ...(ts.getLeadingCommentRanges(text, from) ?? []),
  ];
  return ranges.findLast(
    ({ pos, end }) => end <= to && text.startsWith("/**", pos) && text[pos + 3] !== "/",
  );
}

/** Tags in comments that document no function: on interfaces, overloads, plain variables. */
function reportStrayTags(
  ts: Compiler,
  file: ts.SourceFile,
  seen: ReadonlyMap<number, Directive | undefined>,
  selected: readonly Selected[],
  findings: Finding[],
): void {
  const used = new Set(selected.map(({ directive }) => directive?.start));
  for (const match of file.text.matchAll(/\/\*\*(?!\/)[^]*?\*\//g)) {
    if (!/@track/.test(match[0])) continue;
    const { directive, findings: problems } = parseComment(match[0], match.index);
    if (directive === undefined || directive.tag === "noTrack" || used.has(directive.start))
      continue;
    if (findings.some(({ start }) => start === directive.start)) continue;
    const line = file.text.slice(file.text.lastIndexOf("\n", match.index) + 1, match.index);
    // Talked about in a comment of its own: `// put /** @track */ before it`.
    if (line.includes("//") || !isTrivia(ts, file, match.index)) continue;
    if (!seen.has(match.index)) findings.push(...problems);
    findings.push(finding("LLMOPS2004", directive, [directive.tag]));
  }
}

/** Whether an offset lies between tokens, and not inside of a string, template or regular expression. */
function isTrivia(ts: Compiler, file: ts.SourceFile, offset: number): boolean {
  let trivia = true;
  const visit = (node: ts.Node): void => {
    if (offset < node.pos || offset >= node.end) return;
    if (ts.isToken(node) && offset >= node.getStart(file)) trivia = false;
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(file, visit);
  return trivia;
}
