// A tsconfig → a program that emits its code without checking its types.
// Invariant: code is what `tsc` of TypeScript 6 emits for it; types and declarations are left to
// tsc.
import { dirname } from "node:path";
import type { Compiler, ts } from "../../syntax.ts";
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
  const { emitDecoratorMetadata = false, composite = false } = options;
  const rootDir = options.rootDir ?? (composite ? dirname(tsconfig) : undefined);
  // `incremental` is off, and TypeScript takes no file for it then.
  const { tsBuildInfoFile: _, ...written } = options;
  return {
    ...written,
    ...(outDir !== undefined && { outDir }),
    ...(rootDir !== undefined && { rootDir }),
    ...NO_CHECKS,
    // Enums that others import must be there, as the tsconfig asks of file-by-file builds.
    preserveConstEnums:
      options.preserveConstEnums === true ||
      options.isolatedModules === true ||
      options.verbatimModuleSyntax === true,
    // Metadata of decorators names global classes.
    noLib: !emitDecoratorMetadata,
    // What is written imports `./x.js`; TypeScript takes `./x.ts` only where it emits nothing.
    ...(options.allowImportingTsExtensions === true && { rewriteRelativeImportExtensions: true }),
  };
}

/** Code alone, of all files, whatever their types say. */
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
  isolatedModules: false,
  skipLibCheck: true,
  types: [],
};

/** Files of a program that it writes code for. */
export function sourcesOf(program: ts.Program): ts.SourceFile[] {
  return program
    .getSourceFiles()
    .filter((file) => !file.isDeclarationFile && !program.isSourceFileFromExternalLibrary(file))
    .filter((file) => !file.fileName.endsWith(".json"));
}

/** Whether a file becomes an ES module. */
export function emitsEsModule(
  ts: Compiler,
  file: ts.SourceFile,
  { module }: ts.CompilerOptions,
): boolean {
  if (module === undefined) return file.impliedNodeFormat === ts.ModuleKind.ESNext;
  if (module >= ts.ModuleKind.Node16 && module <= ts.ModuleKind.NodeNext)
    return file.impliedNodeFormat === ts.ModuleKind.ESNext;
  return module >= ts.ModuleKind.ES2015 && module <= ts.ModuleKind.ESNext;
}
