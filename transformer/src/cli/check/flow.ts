// A config or build file → our modules whose plugin gets into what it exports, runs or names.
// Invariant: comments, types and imports that lead nowhere do not count; relative imports are
// followed, by the names that they import.
import { boundNames, type Compiler, type ts } from "../../syntax.ts";
import { scriptKind } from "../../hosts/instrument.ts";
import { readText } from "../project/json-file.ts";

/** Subpaths of ours: `vite`, `webpack-loader`; empty for the package itself. */
type Doors = ReadonlySet<string>;

interface Module {
  /** By exported names; `*` are those that are not known by name. */
  readonly exports: Map<string, Doors>;
  /** What it does when it is loaded. */
  effects: Doors;
  /** Of a plugin that stands before ours and takes comments along, the name. */
  stripper: string | undefined;
}

export interface Flow {
  readonly doors: Doors;
  readonly stripper: string | undefined;
}

interface Around {
  readonly ts: Compiler;
  /** The file behind a relative import. */
  moduleFile(from: string, specifier: string): string | undefined;
  /** Whether a package depends on us: what it exports may be our plugin. */
  dependsOnUs(from: string, specifier: string): boolean;
}

const OURS = /^llmops-transformer(?:\/(.+))?$/;
/** What strips types or minifies. */
const STRIPS = /terser|minif|uglify|swc|esbuild|typescript|babel|sucrase|strip/i;
const NOTHING: Doors = new Set();

/** Of a package of the project's own that wraps our plugin. */
export const WRAPPED = "(wrapped)";

export class Flows {
  readonly #around: Around;
  readonly #modules = new Map<string, Module>();

  constructor(around: Around) {
    this.#around = around;
  }

  of(path: string): Flow {
    const { exports, effects, stripper } = this.#module(path);
    return { doors: union(effects, ...exports.values()), stripper };
  }

  #module(path: string): Module {
    const known = this.#modules.get(path);
    if (known !== undefined) return known;
    const made: Module = { exports: new Map(), effects: NOTHING, stripper: undefined };
    this.#modules.set(path, made);
    const text = readText(path);
    if (text === undefined) return made;
    const { ts } = this.#around;
    const file = ts.createSourceFile(
      path,
      text,
      ts.ScriptTarget.Latest,
      false,
      scriptKind(ts, path),
    );
    new Reading(this.#around, file, made, (specifier) => this.#imported(path, specifier)).read();
    return made;
  }

  #imported(from: string, specifier: string): Module {
    const [own, door = ""] = OURS.exec(specifier) ?? [];
    const all = (doors: Doors): Module => ({
      exports: new Map([["*", doors]]),
      effects: doors,
      stripper: undefined,
    });
    if (own !== undefined) return all(new Set([door]));
    if (!specifier.startsWith("."))
      return all(this.#around.dependsOnUs(from, specifier) ? new Set([WRAPPED]) : NOTHING);
    const target = this.#around.moduleFile(from, specifier);
    return target === undefined ? all(NOTHING) : this.#module(target);
  }
}

function union(...all: readonly Doors[]): Doors {
  return new Set(all.flatMap((doors) => [...doors]));
}

/** One file, statement by statement. */
class Reading {
  readonly #ts: Compiler;
  readonly #file: ts.SourceFile;
  readonly #module: Module;
  readonly #imported: (specifier: string) => Module;
  /** Names that hold something of ours. */
  readonly #names = new Map<string, Doors>();
  /** Names, and what they are imported from. */
  readonly #from = new Map<string, string>();

  constructor(
    { ts }: Around,
    file: ts.SourceFile,
    module: Module,
    imported: (specifier: string) => Module,
  ) {
    this.#ts = ts;
    this.#file = file;
    this.#module = module;
    this.#imported = imported;
  }

  read(): void {
    const { statements } = this.#file;
    for (const statement of statements) this.#import(statement);
    // A name may be filled behind its use, and used before its declaration.
    for (let before = -1; before !== this.#names.size;) {
      before = this.#names.size;
      for (const statement of statements) this.#statement(statement);
    }
  }

  #import(statement: ts.Statement): void {
    const ts = this.#ts;
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier))
      return;
    const { text: specifier } = statement.moduleSpecifier;
    const { importClause: clause } = statement;
    if (clause === undefined) {
      this.#effect(this.#imported(specifier).effects);
      return;
    }
    if (clause.isTypeOnly) return;
    const bind = (name: ts.Identifier, exported: string): void => {
      this.#from.set(name.text, specifier);
      this.#give(name.text, this.#exported(specifier, exported));
    };
    if (clause.name !== undefined) bind(clause.name, "default");
    const { namedBindings: named } = clause;
    if (named === undefined) return;
    if (ts.isNamespaceImport(named)) bind(named.name, "*");
    else
      for (const { name, propertyName, isTypeOnly } of named.elements)
        if (!isTypeOnly) bind(name, (propertyName ?? name).text);
  }

  /** @param name `*`: any */
  #exported(specifier: string, name: string): Doors {
    const { exports, stripper } = this.#imported(specifier);
    const doors =
      name === "*"
        ? union(...exports.values())
        : union(exports.get(name) ?? NOTHING, exports.get("*") ?? NOTHING);
    if (doors.size > 0) this.#module.stripper ??= stripper;
    return doors;
  }

  #give(name: string, doors: Doors): void {
    if (doors.size > 0) this.#names.set(name, union(this.#names.get(name) ?? NOTHING, doors));
  }

  #export(name: string, doors: Doors): void {
    const { exports } = this.#module;
    if (doors.size > 0) exports.set(name, union(exports.get(name) ?? NOTHING, doors));
  }

  #effect(doors: Doors): void {
    this.#module.effects = union(this.#module.effects, doors);
  }

  #statement(statement: ts.Statement): void {
    const ts = this.#ts;
    if (ts.isImportDeclaration(statement)) return;
    if (ts.isExportDeclaration(statement)) return this.#reexport(statement);
    if (ts.isExportAssignment(statement))
      return this.#export(
        statement.isExportEquals === true ? "*" : "default",
        this.#doorsIn(statement.expression),
      );
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    const has = (kind: ts.SyntaxKind): boolean => modifiers.some((each) => each.kind === kind);
    const declare = (name: string, doors: Doors): void => {
      this.#give(name, doors);
      if (has(ts.SyntaxKind.ExportKeyword)) this.#export(name, doors);
    };
    if (ts.isVariableStatement(statement)) {
      for (const { name, initializer } of statement.declarationList.declarations) {
        const doors = initializer === undefined ? NOTHING : this.#doorsIn(initializer);
        for (const bound of boundNames(ts, name)) declare(bound, doors);
        if (initializer !== undefined) this.#require(name, initializer);
      }
      return;
    }
    const doors = this.#doorsIn(statement);
    if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
      if (statement.name !== undefined) declare(statement.name.text, doors);
      if (has(ts.SyntaxKind.DefaultKeyword)) this.#export("default", doors);
    } else if (this.#isExports(statement)) this.#export("*", doors);
    else this.#effect(doors);
  }

  #reexport({ moduleSpecifier, exportClause, isTypeOnly }: ts.ExportDeclaration): void {
    const ts = this.#ts;
    if (isTypeOnly) return;
    const from =
      moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier)
        ? moduleSpecifier.text
        : undefined;
    if (exportClause === undefined || ts.isNamespaceExport(exportClause)) {
      if (from !== undefined) this.#export("*", this.#exported(from, "*"));
      return;
    }
    for (const { name, propertyName } of exportClause.elements) {
      const inner = (propertyName ?? name).text;
      const doors = from === undefined ? this.#names.get(inner) : this.#exported(from, inner);
      this.#export(name.text, doors ?? NOTHING);
    }
  }

  /** `module.exports = …`, `exports.plugins = …` */
  #isExports(statement: ts.Statement): boolean {
    const ts = this.#ts;
    if (!ts.isExpressionStatement(statement) || !ts.isBinaryExpression(statement.expression))
      return false;
    return /^(?:module\s*\.\s*)?exports\b/.test(
      this.#file.text.slice(statement.getStart(this.#file), statement.end),
    );
  }

  /** `const terser = require("terser")` */
  #require(name: ts.BindingName, initializer: ts.Expression): void {
    const specifier = /\brequire\(\s*["']([^"']+)["']/.exec(
      this.#file.text.slice(initializer.pos, initializer.end),
    )?.[1];
    if (specifier === undefined) return;
    for (const bound of boundNames(this.#ts, name)) this.#from.set(bound, specifier);
  }

  #doorsIn(node: ts.Node): Doors {
    const ts = this.#ts;
    const seen = new Map<ts.Node, Doors>();
    const look = (inner: ts.Node): Doors => {
      if (ts.isTypeNode(inner)) return NOTHING;
      if (ts.isIdentifier(inner)) return this.#names.get(inner.text) ?? NOTHING;
      if (ts.isStringLiteralLike(inner)) return namedBy(inner.text) ?? NOTHING;
      if (ts.isPropertyAccessExpression(inner)) return visit(inner.expression);
      if (ts.isPropertyAssignment(inner)) return visit(inner.initializer);
      const all: Doors[] = ts.isCallExpression(inner) ? [this.#called(inner)] : [];
      ts.forEachChild(inner, (child) => void all.push(visit(child)));
      return union(...all.filter(({ size }) => size > 0));
    };
    const visit = (inner: ts.Node): Doors => {
      const doors = look(inner);
      seen.set(inner, doors);
      if (doors.size > 0) {
        if (ts.isArrayLiteralExpression(inner)) this.#order(inner, seen);
        this.#fill(inner, seen);
      }
      return doors;
    };
    return visit(node);
  }

  /** `require("…")`, `import("…")` */
  #called({ expression, arguments: [first] }: ts.CallExpression): Doors {
    const ts = this.#ts;
    const loads =
      expression.kind === ts.SyntaxKind.ImportKeyword ||
      (ts.isIdentifier(expression) && expression.text === "require");
    return loads && first !== undefined && ts.isStringLiteralLike(first)
      ? this.#exported(first.text, "*")
      : NOTHING;
  }

  /** `config.plugins.push(llmops())`, `config.plugins = [llmops()]`: it is in `config` then. */
  #fill(node: ts.Node, seen: ReadonlyMap<ts.Node, Doors>): void {
    const ts = this.#ts;
    const [target, values] =
      ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)
        ? [node.expression.expression, node.arguments]
        : ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken
          ? [node.left, [node.right]]
          : [];
    if (target === undefined || values === undefined) return;
    let root: ts.Expression = target;
    while (ts.isPropertyAccessExpression(root) || ts.isElementAccessExpression(root))
      root = root.expression;
    if (!ts.isIdentifier(root) || this.#names.has(root.text)) return;
    for (const value of values) this.#give(root.text, seen.get(value) ?? NOTHING);
  }

  /** What strips types before us takes comments along. */
  #order({ elements }: ts.ArrayLiteralExpression, seen: ReadonlyMap<ts.Node, Doors>): void {
    const at = elements.findIndex((element) => (seen.get(element)?.size ?? 0) > 0);
    for (const element of elements.slice(0, Math.max(at, 0))) {
      if (!this.#ts.isCallExpression(element)) continue;
      const name = this.#file.text.slice(
        element.expression.getStart(this.#file),
        element.expression.end,
      );
      const from = this.#from.get(name.split(".")[0] ?? "") ?? name;
      if (STRIPS.test(from)) this.#module.stripper ??= name;
    }
  }
}

/** A loader is named by a text. */
function namedBy(text: string): Doors | undefined {
  const door = OURS.exec(text)?.[1];
  return door === undefined ? undefined : new Set([door]);
}
