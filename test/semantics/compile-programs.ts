// Plain JavaScript programs with tags → the same programs as written and as each emitter compiles them, in a folder per form.
// Invariant: file names are the same in all forms, and source maps lead back to the original.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTransformer, instrument } from "llmops-transformer";
import ts from "typescript";

export type Form = "bare" | "text" | "ast";

const compilers: Readonly<Record<Form, (code: string, file: string) => string>> = {
  bare: (code) => code,
  text(code, file) {
    const done = instrument(code, { filename: file, config: {}, format: "esm" });
    if (done === null) return code;
    const map = Buffer.from(JSON.stringify(done.map)).toString("base64");
    return `${done.code}\n//# sourceMappingURL=data:application/json;base64,${map}\n`;
  },
  ast(code, file) {
    const compilerOptions: ts.CompilerOptions = {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
      inlineSourceMap: true,
      inlineSources: true,
    };
    const before = [createTransformer(ts, { config: {} })];
    const options = { fileName: file, compilerOptions, transformers: { before } };
    return ts.transpileModule(code, options).outputText;
  },
};

/** Compiles the `.js` modules of a folder; returns the folders of the forms. */
export function compilePrograms(source: string, target: string): Readonly<Record<Form, string>> {
  rmSync(target, { recursive: true, force: true });
  const files = readdirSync(source).filter((file) => file.endsWith(".js"));
  for (const form of Object.keys(compilers) as Form[]) {
    mkdirSync(join(target, form), { recursive: true });
    writeFileSync(join(target, form, "package.json"), '{ "type": "module" }\n');
    for (const file of files) {
      const code = readFileSync(join(source, file), "utf8");
      writeFileSync(join(target, form, file), compilers[form](code, file));
    }
  }
  return { bare: join(target, "bare"), text: join(target, "text"), ast: join(target, "ast") };
}
