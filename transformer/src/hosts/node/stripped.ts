// A file that another loader has stripped of its types, and of its tags with them → the file on
// disk, instrumented and stripped by TypeScript.
// Invariant: what the other loader made stays where it still has its tags, or the file has no site.
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Diagnostic } from "../../diagnostics.ts";
import type { Form } from "../../plan.ts";
import type { Compiler, ts } from "../../syntax.ts";
import { findCompiler } from "../compiler.ts";
import type { Session } from "../session.ts";
import { planTransformer } from "../transformer.ts";

export interface Stripped {
  /** With its map in a comment. Undefined where there is no site. */
  readonly code: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export class Stripper {
  readonly #options = new Map<string | undefined, ts.CompilerOptions>();

  /**
   * @param loaded what the other loader made of the file
   * @returns undefined where that is to be instrumented
   */
  strip(session: Session, filename: string, loaded: string, form: Form): Stripped | undefined {
    // A loader that strips types leaves comments out, or keeps them all.
    if (!/\.(?:[cm]?ts|[jt]sx)$/i.test(filename) || /@track/i.test(loaded)) return undefined;
    const text = textAt(filename);
    if (text === undefined || text === loaded || !session.mayHoldSites(text, filename))
      return undefined;
    const ts = findCompiler();
    if (ts === undefined) return undefined;
    const file = ts.createSourceFile(filename, text, ts.ScriptTarget.Latest);
    const { plan, diagnostics } = session.analyze({ ts, file, strict: form === "esm", form });
    if (plan === null) return { code: undefined, diagnostics };
    const compilerOptions = this.#optionsFor(ts, filename, form);
    const before = [planTransformer(ts, () => plan), ...(form === "esm" ? [] : [importMeta(ts)])];
    const { outputText } = ts.transpileModule(text, {
      fileName: filename,
      compilerOptions,
      transformers: { before },
    });
    return { code: withMeta(outputText), diagnostics };
  }

  /** The tsconfig's, but for what the loading by Node decides. */
  #optionsFor(ts: Compiler, filename: string, form: Form): ts.CompilerOptions {
    const path =
      process.env["TSX_TSCONFIG_PATH"] ?? ts.findConfigFile(dirname(filename), ts.sys.fileExists);
    const known = this.#options.get(path) ?? (path === undefined ? {} : optionsIn(ts, path));
    this.#options.set(path, known);
    return {
      ...known,
      // Node 22 has neither decorators nor `using`.
      target: ts.ScriptTarget.ES2023,
      module: form === "esm" ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS,
      esModuleInterop: true,
      isolatedModules: true,
      sourceMap: false,
      inlineSourceMap: true,
      inlineSources: true,
      noEmit: false,
      noEmitHelpers: false,
      importHelpers: false,
      declaration: false,
      composite: false,
      incremental: false,
    };
  }
}

function textAt(filename: string): string | undefined {
  try {
    return readFileSync(filename, "utf8").replace(/^\uFEFF/, "");
  } catch {
    return undefined;
  }
}

/** Without a look at the project's files. */
function optionsIn(ts: Compiler, path: string): ts.CompilerOptions {
  const { config = {} } = ts.readConfigFile(path, ts.sys.readFile) as { config?: object };
  const host: ts.ParseConfigHost = {
    ...ts.sys,
    useCaseSensitiveFileNames: true,
    readDirectory: () => [],
  };
  return ts.parseJsonConfigFileContent(config, host, dirname(path)).options;
}

const META = "$llmopsImportMeta";

/** `import.meta` in a file that becomes CommonJS, which `tsx` allows too. */
function importMeta(ts: Compiler): ts.TransformerFactory<ts.SourceFile> {
  return (context) => {
    const visit = (node: ts.Node): ts.Node =>
      ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword
        ? context.factory.createIdentifier(META)
        : ts.visitEachChild(node, visit, context);
    return (file) => ts.visitEachChild(file, visit, context);
  };
}

/** On the first line, whose columns in the map are then those behind it. */
function withMeta(code: string): string {
  if (!code.includes(META)) return code;
  const url = 'require("node:url").pathToFileURL(__filename).href';
  const made = `const ${META} = { url: ${url}, filename: __filename, dirname: __dirname };`;
  return code.replace(/^(?:"use strict";)?/, (directive) => `${directive} ${made}`);
}
