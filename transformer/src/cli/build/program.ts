// A tsconfig → a program that emits its code without checking its types.
// Invariant: code is what `tsc` of TypeScript 6 emits for it; types and declarations are left to
// tsc.
import { dirname } from "node:path";
import { type Compiler, ownFiles, type ts } from "../../syntax.ts";
import { CommandError } from "../terminal.ts";

/**
 * Options of a build.
 * @param out absolute directory for the code, where it is not the tsconfig's
 */
export function buildOptions(
  options: ts.CompilerOptions,
  tsconfig: string,
  out: string | undefined,
): ts.CompilerOptions {
  const outDir = out ?? options.outDir;
  if (options.noEmit === true && outDir === undefined)
    throw new CommandError(
      `${tsconfig} has "noEmit" and no "outDir": say where to write, by --out DIR.`,
    );
  const { composite = false } = options;
  const rootDir = options.rootDir ?? (composite ? dirname(tsconfig) : undefined);
  // `incremental` is off, and TypeScript takes no file for it then.
  const { tsBuildInfoFile: _, ...written } = options;
  return {
    ...written,
    ...(outDir !== undefined && { outDir }),
    ...(rootDir !== undefined && { rootDir }),
    ...NO_CHECKS,
    // What is written imports `./x.js`; TypeScript takes `./x.ts` only where it emits nothing.
    ...(options.allowImportingTsExtensions === true && { rewriteRelativeImportExtensions: true }),
  };
}

/**
 * Code alone, of all files, whatever their types say. Global types are read all the same: a name
 * for one of them, as in `import Element = JSX.Element`, is no code.
 */
const NO_CHECKS: ts.CompilerOptions = {
  noCheck: true,
  noEmit: false,
  noEmitOnError: false,
  emitDeclarationOnly: false,
  declaration: false,
  declarationMap: false,
  isolatedDeclarations: false,
  composite: false,
  incremental: false,
  skipLibCheck: true,
};

/** Of TypeScript's own, which is internal: there from 5.4 and from 5.7 to 6.0. */
interface Internals {
  isSourceOfProjectReferenceRedirect?(file: string): boolean;
  getEmitModuleFormatOfFile?(file: ts.SourceFile): ts.ModuleKind;
}

/**
 * What a referenced project declares is read in its sources: declarations of it may not be there.
 */
export function hostOf(ts: Compiler, options: ts.CompilerOptions): ts.CompilerHost {
  return Object.assign(ts.createCompilerHost(options), readsSources);
}

export const readsSources: { readonly useSourceOfProjectReferenceRedirect: () => true } = {
  useSourceOfProjectReferenceRedirect: () => true,
};

/** Files of a program that it writes code for. */
export function sourcesOf(program: ts.Program & Internals): ts.SourceFile[] {
  return ownFiles(program)
    .filter((file) => !file.fileName.endsWith(".json"))
    .filter(({ fileName }) => program.isSourceOfProjectReferenceRedirect?.(fileName) !== true);
}

/** How a file reaches others in the code that is written. */
export function formatOf(
  ts: Compiler,
  file: ts.SourceFile,
  program: ts.Program & Internals,
): ts.ModuleKind {
  const told = program.getEmitModuleFormatOfFile?.(file);
  if (told !== undefined) return told;
  const { module, target = ts.ScriptTarget.ES5 } = program.getCompilerOptions();
  if (module === undefined)
    return target >= ts.ScriptTarget.ES2015 ? ts.ModuleKind.ES2015 : ts.ModuleKind.CommonJS;
  const isNode = module >= ts.ModuleKind.Node16 && module <= ts.ModuleKind.NodeNext;
  return isNode ? (file.impliedNodeFormat ?? ts.ModuleKind.CommonJS) : module;
}
