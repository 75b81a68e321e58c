// The packages' declarations, as built → what an editor shows of them.
// Invariant: each member of what a program may use has a text, and each option of `configure()`.
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { OPTION_TABLE } from "../../runtime/src/config/table.ts";
import { type Package, packages, ROOT } from "./doors.ts";

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ["node"],
  strict: true,
  skipLibCheck: true,
};

/** Tables of types: no value has their members. */
const OF_TYPES = new Set(["Scalars"]);

const all = packages().filter(({ doors }) => doors.length > 0);

test("each member of what the packages declare has a text", () => {
  const members = all.flatMap(declaredBy);
  const bare = members.filter(({ isBare }) => isBare).map(({ place }) => place);
  expect([...new Set(bare)]).toEqual([]);
  expect(members.length).toBeGreaterThan(400);
});

function declaredBy({ folder, doors }: Package): { place: string; isBare: boolean }[] {
  const built = join(ROOT, folder, "dist/");
  const program = ts.createProgram(
    doors.map(({ types }) => types),
    OPTIONS,
  );
  const checker = program.getTypeChecker();
  const files = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(built));
  return files.flatMap(({ statements }) =>
    statements.flatMap(membersOf).map(({ name, owner }) => ({
      place: `${folder}: ${owner}.${name.getText()}`,
      isBare: !checker.getSymbolAtLocation(name)?.getDocumentationComment(checker).length,
    })),
  );
}

interface Member {
  readonly owner: string;
  readonly name: ts.PropertyName;
}

function membersOf(statement: ts.Statement): Member[] {
  if (ts.isInterfaceDeclaration(statement) || ts.isClassDeclaration(statement)) {
    const owner = statement.name?.text ?? "default";
    if (OF_TYPES.has(owner)) return [];
    return statement.members.flatMap((member) => within(member, owner));
  }
  if (ts.isTypeAliasDeclaration(statement)) return within(statement.type, statement.name.text);
  if (!ts.isFunctionDeclaration(statement)) return [];
  return statement.parameters.flatMap((each) => within(each, statement.name?.text ?? "default"));
}

/** Named members of a type, and of the literal types in it. */
function within(node: ts.Node, owner: string): Member[] {
  // What it is made of are other types, not members.
  if (ts.isConditionalTypeNode(node) || ts.isMappedTypeNode(node)) return [];
  const named =
    ts.isPropertySignature(node) ||
    ts.isMethodSignature(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isMethodDeclaration(node);
  const own = named && isPublic(node) ? [{ owner, name: node.name }] : [];
  const inner: Member[] = [];
  ts.forEachChild(node, (child) => {
    inner.push(...within(child, owner));
  });
  return [...own, ...inner];
}

function isPublic(member: ts.ClassElement | ts.TypeElement): boolean {
  const isPrivate = (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private) !== 0;
  return !isPrivate && (member.name === undefined || !ts.isPrivateIdentifier(member.name));
}

const nameOf = (path: string): string => path.slice(path.indexOf(".") + 1);

/** A program that sets every option, each on a line of its own. */
function settingAll(): string {
  const groups = new Map<string, string[]>();
  for (const path of Object.keys(OPTION_TABLE)) {
    const group = path.slice(0, Math.max(0, path.indexOf(".")));
    groups.set(group, [...(groups.get(group) ?? []), `${nameOf(path)}: given,`]);
  }
  const lines = [...groups].flatMap(([group, members]) =>
    group === "" ? members : [`${group}: {`, ...members, "},"],
  );
  return [
    'import { configure } from "llmops-observability";',
    "declare const given: undefined;",
    "configure({ sink: given,",
    ...lines,
    "});",
  ].join("\n");
}

test("an editor shows what the table says of each option of configure()", () => {
  const text = settingAll();
  const file = join(ROOT, "test/packages/settings.ts");
  const service = ts.createLanguageService({
    getScriptFileNames: () => [file],
    getScriptVersion: () => "1",
    getScriptSnapshot(path) {
      const found = path === file ? text : ts.sys.readFile(path);
      return found === undefined ? undefined : ts.ScriptSnapshot.fromString(found);
    },
    getCurrentDirectory: () => ROOT,
    getCompilationSettings: () => OPTIONS,
    getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
    fileExists: (path) => path === file || ts.sys.fileExists(path),
    readFile: (path) => (path === file ? text : ts.sys.readFile(path)),
    directoryExists: (path) => ts.sys.directoryExists(path),
  });
  expect(service.getSemanticDiagnostics(file)).toEqual([]);
  const shownAt = (at: number): string => {
    const info = service.getQuickInfoAtPosition(file, at);
    const said = ts.displayPartsToString(info?.documentation);
    const tags = info?.tags?.map((tag) => `@${tag.name} ${ts.displayPartsToString(tag.text)}`);
    return `${said} ${tags?.join(" ")}`.replaceAll(/\s+/g, " ");
  };
  let at = 0;
  for (const [path, row] of Object.entries(OPTION_TABLE)) {
    at = text.indexOf(`\n${nameOf(path)}: given`, path.includes(".") ? at : 0) + 1;
    const shown = shownAt(at);
    expect(shown.replaceAll("`", ""), path).toContain(row.description);
    expect(shown, path).toContain("@default ");
    if (row.env !== undefined) expect(shown, path).toContain(`\`${row.env}\``);
  }
  expect(shownAt(text.indexOf("sink:"))).toContain("short for `sinks: [sink]`");
});
