// A file and the options of its build → findings for what has no form in the code that is written.
// Invariant: found by syntax alone, before anything is written.
import { type Finding, finding } from "../../diagnostics.ts";
import type { Compiler, ts } from "../../syntax.ts";
import { formatOf } from "./program.ts";

export function limitsOf(ts: Compiler, file: ts.SourceFile, program: ts.Program): Finding[] {
  const found: Finding[] = [];
  const options = program.getCompilerOptions();
  const rangeOf = (node: ts.Node): { start: number; length: number } => {
    const start = node.getStart(file);
    return { start, length: node.end - start };
  };
  const format = formatOf(ts, file, program);
  const isEsModule = format >= ts.ModuleKind.ES2015 && format <= ts.ModuleKind.ESNext;
  for (const statement of file.statements) {
    if (ts.isExportAssignment(statement) && statement.isExportEquals === true) {
      if (isEsModule || format === ts.ModuleKind.System)
        found.push(finding("LLMOPS1401", rangeOf(statement), []));
    } else if (isEsModule && isRequire(ts, statement) && !isNode(ts, options))
      found.push(finding("LLMOPS1402", rangeOf(statement), []));
  }
  if (options.jsx === undefined && /\.[jt]sx$/.test(file.fileName)) {
    const jsx = firstJsx(ts, file);
    if (jsx !== undefined) found.push(finding("LLMOPS1403", { ...rangeOf(jsx), length: 1 }, []));
  }
  return found;
}

/** `import x = require("x")`, which Node's modules write by `createRequire`. */
function isRequire(ts: Compiler, statement: ts.Statement): boolean {
  return (
    ts.isImportEqualsDeclaration(statement) &&
    !statement.isTypeOnly &&
    ts.isExternalModuleReference(statement.moduleReference)
  );
}

function isNode(ts: Compiler, { module }: ts.CompilerOptions): boolean {
  return module !== undefined && module >= ts.ModuleKind.Node16 && module <= ts.ModuleKind.NodeNext;
}

function firstJsx(ts: Compiler, node: ts.Node): ts.Node | undefined {
  if (ts.isJsxElement(node) || ts.isJsxSelfClosingElement(node) || ts.isJsxFragment(node))
    return node;
  return ts.forEachChild(node, (child) => firstJsx(ts, child));
}
