// A source file and its configuration → the functions to track, each with its merged options.
// Invariant: every tag selects something or gets a finding; `@noTrack` wins over everything.
import type { Config, TrackEntry, TrackPattern } from "../config/load.ts";
import { mergeOptions, type SiteOptions } from "../config/options.ts";
import { type Directive, parseComment } from "../config/tags.ts";
import { type Finding, finding } from "../diagnostics.ts";
import { type Compiler, type FunctionNode, isFunctionNode, isWrapper, type ts } from "../syntax.ts";
import { MEANT, NO_BODY, strayTags } from "./stray-tags.ts";
import { commentHosts, ownName, receivingName } from "./function-names.ts";
import { Places } from "./places.ts";

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
  /** The captured names are meant for this function alone: one that is no local is a mistake. */
  readonly namesLocals: boolean;
}

export interface Selection {
  readonly selected: readonly Selected[];
  readonly names: FoundNames;
  readonly findings: readonly Finding[];
}

/** What the configuration's entries can say of their globs, once all files are known. */
export interface FoundNames {
  /** Entries that are about the file. */
  readonly entries: readonly TrackEntry[];
  /** Their globs that matched a function of the file. */
  readonly matched: ReadonlySet<TrackPattern>;
  /** Qualified names of the file's functions, where an entry is about it and they are known. */
  readonly functions: ReadonlySet<string> | undefined;
}

const ANONYMOUS = "(anonymous)";

export function selectFunctions(
  ts: Compiler,
  file: ts.SourceFile,
  config: Config,
  path: string,
): Selection {
  const entries = entriesAbout(path, config);
  const selector = new Selector(ts, file, config.defaults, entries);
  const top: Around = { names: [], className: undefined, onClass: undefined };
  ts.forEachChild(file, (child) => visit(selector, child, top));
  selector.findings.push(
    ...strayTags({
      ts,
      file,
      read: selector.comments,
      used: tagsIn(selector),
      hosts: selector.hosts,
    }),
  );
  const { selected, matched, functions, findings } = selector;
  return { selected, names: { entries, matched, functions }, findings };
}

/** Offsets of the tags that mark something, or that are told of already. */
function tagsIn({ selected, findings }: Selector): ReadonlySet<number | undefined> {
  return new Set([
    ...selected.map(({ directive }) => directive?.start),
    ...findings.map(({ start }) => start),
  ]);
}

/** The entries of the configuration that are about a file. */
export function entriesAbout(path: string, { entries, excludes }: Config): readonly TrackEntry[] {
  return excludes(path) ? [] : entries.filter((entry) => entry.matchesFile(path));
}

/** What stands around a node, as far as it matters for the functions in it. */
interface Around {
  /** Of what has a name. */
  readonly names: readonly string[];
  /** Of the class that a function here is a member of. */
  readonly className: string | undefined;
  /** The tag on that class. */
  readonly onClass: Directive | undefined;
}

class Selector {
  readonly ts: Compiler;
  readonly file: ts.SourceFile;
  readonly defaults: SiteOptions;
  readonly entries: readonly TrackEntry[];
  /** From below the file down to the parent of the node that is visited. */
  readonly ancestors: ts.Node[] = [];
  readonly selected: Selected[] = [];
  readonly findings: Finding[] = [];
  readonly matched = new Set<TrackPattern>();
  readonly functions = new Set<string>();
  /** Names of functions and classes, by the offsets of what a tag for them stands before. */
  readonly hosts = new Map<number, string>();
  /** By the offset of the comment: several nodes may share one. */
  readonly comments = new Map<number, Directive | undefined>();
  /** Of all words that may be a tag. */
  readonly tags: Places;

  constructor(
    ts: Compiler,
    file: ts.SourceFile,
    defaults: SiteOptions,
    entries: readonly TrackEntry[],
  ) {
    this.ts = ts;
    this.file = file;
    this.defaults = defaults;
    this.entries = entries;
    this.tags = Places.ofWords(file.text, MEANT);
  }
}

function visit(selector: Selector, node: ts.Node, around: Around): void {
  const { ts, ancestors } = selector;
  if (!mayHoldSelected(selector, node, around)) return;
  const inside = enter(selector, node, around);
  ancestors.push(node);
  ts.forEachChild(node, (child) => visit(selector, child, inside));
  ancestors.pop();
}

/** A tag marks functions of its own statement, or member; one of a class marks its members. */
function mayHoldSelected(
  { ts, entries, tags, ancestors }: Selector,
  node: ts.Node,
  { onClass }: Around,
): boolean {
  if (entries.length > 0 || onClass !== undefined) return true;
  const parent = ancestors.at(-1);
  const isWhole = ts.isStatement(node) || (parent !== undefined && ts.isClassLike(parent));
  return !isWhole || tags.touch(node);
}

/** Selects a function; returns what stands around a node's children. */
function enter(selector: Selector, node: ts.Node, around: Around): Around {
  const { ts, file, ancestors } = selector;
  const { names } = around;
  const below = (name: string | undefined): Around => ({
    names: name === undefined ? names : [...names, name],
    className: undefined,
    onClass: undefined,
  });
  if (isFunctionNode(ts, node)) return below(enterFunction(selector, node, around));
  if (ts.isClassLike(node)) {
    const className = ownName(ts, node, ancestors, file);
    return {
      ...below(className),
      className,
      onClass: directiveOf(selector, node, className ?? "the class"),
    };
  }
  if (ts.isModuleDeclaration(node)) return below(node.name.text);
  if (ts.isObjectLiteralExpression(node)) return below(receivingName(ts, node, ancestors, file));
  const parent = ancestors.at(-1);
  // A field: the function that it holds is a member of the class.
  const holds = (parent !== undefined && ts.isClassLike(parent)) || isWrapper(ts, node);
  return holds ? around : below(undefined);
}

/** Returns the function's own name. */
function enterFunction(selector: Selector, node: FunctionNode, around: Around): string {
  const { ts, file, ancestors, findings } = selector;
  const { names, className, onClass } = around;
  const own = ownName(ts, node, ancestors, file) ?? ANONYMOUS;
  const directive = directiveOf(selector, node, own);
  if (node.body === undefined) {
    const parent = ancestors.at(-1);
    const ofType =
      parent !== undefined && (ts.isInterfaceDeclaration(parent) || ts.isTypeLiteralNode(parent));
    if (!ofType && directive !== undefined && directive.tag !== "noTrack") {
      findings.push(finding("LLMOPS2105", directive, [directive.tag, NO_BODY]));
    }
    return own;
  }
  const member = isMember(ts, ancestors);
  selectFunction(selector, node, {
    name: member && className !== undefined ? `${className}.${own}` : own,
    qualifiedName: [...names, own].join("."),
    inherited: member && !ts.isConstructorDeclaration(node) ? onClass : undefined,
    own: directive,
  });
  return own;
}

interface Candidate {
  readonly name: string;
  readonly qualifiedName: string;
  /** The tag on its class. */
  readonly inherited: Directive | undefined;
  /** The tag on itself. */
  readonly own: Directive | undefined;
}

function selectFunction(selector: Selector, node: FunctionNode, candidate: Candidate): void {
  const { name, qualifiedName, inherited, own } = candidate;
  const directive = own ?? inherited;
  const entries = matchingEntries(selector, qualifiedName);
  if (directive?.tag === "noTrack") return;
  if (directive === undefined && entries.length === 0) return;
  const ofClass = inherited?.tag === "noTrack" ? {} : (inherited?.options ?? {});
  const ofFunction = own?.options ?? {};
  const layers = [selector.defaults, ...entries.map(({ options }) => options), ofClass, ofFunction];
  const lastList = entries.findLast(({ options }) => Array.isArray(options.capture));
  selector.selected.push({
    node,
    path: [selector.file, ...selector.ancestors],
    name,
    qualifiedName,
    options: mergeOptions(...layers),
    directive,
    // A name that is meant for many functions need not be a local of each.
    namesLocals:
      ofFunction.capture !== undefined ||
      (ofClass.capture === undefined && lastList?.exact === true),
  });
}

/** The entries that match a function; that their globs do is noted. */
function matchingEntries(
  { entries, matched, functions }: Selector,
  qualifiedName: string,
): readonly TrackEntry[] {
  if (entries.length === 0) return entries;
  functions.add(qualifiedName);
  for (const entry of entries)
    for (const pattern of entry.functions)
      if (!matched.has(pattern) && pattern.matches(qualifiedName)) matched.add(pattern);
  return entries.filter((entry) => entry.matchesFunction(qualifiedName));
}

/** The tag that marks a function or class: on itself, or on what hands it on. */
function directiveOf(selector: Selector, node: ts.Node, name: string): Directive | undefined {
  const { ts, file, ancestors, hosts, tags } = selector;
  const mayStandBefore = (at: number): void => void (hosts.has(at) || hosts.set(at, name));
  for (const host of commentHosts(ts, node, ancestors)) {
    mayStandBefore(host.getStart(file));
    if (!tags.touch(host)) continue;
    const decorator = lastDecorator(ts, host);
    if (decorator !== undefined) mayStandBefore(behind(decorator, file.text));
    const directive = directiveBefore(selector, host, decorator);
    if (directive !== undefined) return directive;
  }
  return undefined;
}

/** Where the code goes on behind a decorator: a comment may stand there too. */
function behind(decorator: ts.Decorator, text: string): number {
  const space = /(?:\s|\/\*[^]*?\*\/|\/\/.*)*/y;
  space.lastIndex = decorator.end;
  space.exec(text);
  return space.lastIndex;
}

function directiveBefore(
  { ts, file, comments, findings }: Selector,
  host: ts.Node,
  decorator: ts.Decorator | undefined,
): Directive | undefined {
  const { text } = file;
  const comment =
    (decorator && lastDocComment(ts, text, decorator.end, host.end)) ??
    lastDocComment(ts, text, host.pos, host.getStart(file));
  if (comment === undefined) return undefined;
  if (comments.has(comment.pos)) return comments.get(comment.pos);
  const parsed = parseComment(text.slice(comment.pos, comment.end), comment.pos);
  findings.push(...parsed.findings);
  comments.set(comment.pos, parsed.directive);
  return parsed.directive;
}

/** Whether a function here is a member of a class: a method, or held by a field. */
function isMember(ts: Compiler, ancestors: readonly ts.Node[]): boolean {
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

/** The last doc comment before a node, also behind a brace on its line: that documents it. */
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
