// One test of test262 → its runs as written, as TypeScript prints it, and as both emitters compile it, each in a realm of its own.
// Invariant: a test counts only if it passes without us; what it does then is judged by its own harness alone.
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import vm from "node:vm";
import { configure } from "llmops-observability";
// oxlint-disable-next-line import/no-unassigned-import -- fills the registry that scripts look into
import "llmops-observability/instrument";
import { createTransformer, instrument, type RawConfig } from "llmops-transformer";
import ts from "typescript";

export interface RunReport {
  readonly mode: "sloppy" | "strict";
  /** Empty: as without us; undefined: does not apply, since the test fails without us. */
  readonly text: string | undefined;
  readonly ast: string | undefined;
  /** Whether TypeScript reads the text without an error. */
  readonly parsable: boolean;
  /** Functions that have a body; none where the test is that its text is no program. */
  readonly functions: number;
  readonly inlined: number;
  /** Codes of the reasons. */
  readonly untouched: readonly string[];
}
export interface FileReport {
  readonly runs: readonly RunReport[];
}

const checkout = process.argv[2] ?? "";
const config: RawConfig = { track: [{ functions: "**", capture: true }] };
configure({
  durability: "memory",
  sinks: [
    { name: "none", send: (entries) => Promise.resolve(entries.map(() => ({ state: "sent" }))) },
  ],
});
// Tests leave rejections, which are theirs.
process.on("unhandledRejection", () => {});

interface Meta {
  readonly flags: readonly string[];
  readonly includes: readonly string[];
  readonly negative: { readonly phase: string; readonly type: string } | undefined;
}

function metaOf(code: string): Meta {
  const text = /\/\*---([\s\S]*?)---\*\//.exec(code)?.[1] ?? "";
  const list = (key: string): string[] => {
    const inline = new RegExp(`^${key}:\\s*\\[([^\\]]*)\\]`, "m").exec(text)?.[1];
    if (inline !== undefined)
      return inline
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== "");
    const block = new RegExp(`^${key}:\\s*\\n((?:\\s+-.*\\n?)+)`, "m").exec(text)?.[1] ?? "";
    return [...block.matchAll(/-\s*(\S+)/g)].map((found) => found[1] ?? "");
  };
  const negative = /^negative:\s*\n((?:\s+\w+:.*\n?)+)/m.exec(text)?.[1];
  return {
    flags: list("flags"),
    includes: list("includes"),
    negative:
      negative === undefined
        ? undefined
        : {
            phase: /phase:\s*(\w+)/.exec(negative)?.[1] ?? "",
            type: /type:\s*(\w+)/.exec(negative)?.[1] ?? "",
          },
  };
}

const harness = new Map<string, vm.Script>();
function harnessScript(name: string): vm.Script {
  let script = harness.get(name);
  if (script === undefined) {
    script = new vm.Script(readFileSync(join(checkout, "harness", name), "utf8"), {
      filename: name,
    });
    harness.set(name, script);
  }
  return script;
}

interface Realm {
  readonly context: vm.Context;
  readonly modules: Map<string, vm.Module>;
}

function makeRealm(print: (line: string) => void): Realm {
  const context = vm.createContext({ print });
  const realm = { context, modules: new Map<string, vm.Module>() };
  const global = vm.runInContext("globalThis", context) as object;
  Object.defineProperty(global, Symbol.for("llmops-observability"), {
    value: (globalThis as Record<symbol, unknown>)[Symbol.for("llmops-observability")],
    writable: true,
    configurable: true,
  });
  const host = vm.runInContext("({})", context) as Record<string, unknown>;
  Object.assign(host, {
    global,
    createRealm: () => (makeRealm(print).context as { $262?: unknown })["$262"],
    detachArrayBuffer: (buffer: ArrayBuffer) => structuredClone(buffer, { transfer: [buffer] }),
    evalScript: (code: string) => vm.runInContext(code, context),
    gc: () => globalThis.gc?.(),
    agent: {},
    AbstractModuleSource: class {},
  });
  Object.defineProperty(global, "$262", { value: host, writable: true, configurable: true });
  return realm;
}

async function moduleOf(realm: Realm, path: string): Promise<vm.Module> {
  let module = realm.modules.get(path);
  if (module === undefined) {
    module = new vm.SourceTextModule(readFileSync(path, "utf8"), {
      context: realm.context,
      identifier: path,
      initializeImportMeta() {},
      importModuleDynamically: (specifier) => load(realm, resolve(dirname(path), specifier)),
    });
    realm.modules.set(path, module);
  }
  return module;
}

async function load(realm: Realm, path: string): Promise<vm.Module> {
  const module = await moduleOf(realm, path);
  if (module.status === "unlinked")
    await module.link((specifier, from) =>
      moduleOf(realm, resolve(dirname(from.identifier), specifier)),
    );
  if (module.status === "linked") await module.evaluate();
  return module;
}

/** What a test throws may be anything. */
function told(read: () => string): string {
  try {
    return read();
  } catch {
    return "(unreadable)";
  }
}

/** Empty where the test asks for this failure. */
function failed(phase: "parse" | "run", error: unknown, { negative }: Meta): string {
  const name = told(() => (error as Error).constructor.name);
  if (negative !== undefined && (phase === "parse") === (negative.phase === "parse"))
    return name === negative.type ? "" : `${phase}: ${name}`;
  return `${phase}: ${name} ${told(() => (error as Error).message.slice(0, 200))}`;
}

/** Empty: passed; else what failed. */
async function execute(path: string, code: string, meta: Meta): Promise<string> {
  const printed: string[] = [];
  const realm = makeRealm((line) => void printed.push(line));
  const { context } = realm;
  if (!meta.flags.includes("raw")) {
    for (const name of ["assert.js", "sta.js"]) harnessScript(name).runInContext(context);
    if (meta.flags.includes("async")) harnessScript("doneprintHandle.js").runInContext(context);
    for (const name of meta.includes) harnessScript(name).runInContext(context);
  }
  let script: vm.Script;
  try {
    script = new vm.Script(code, {
      filename: path,
      importModuleDynamically: (specifier) => load(realm, resolve(dirname(path), specifier)),
    });
  } catch (error) {
    return failed("parse", error, meta);
  }
  try {
    script.runInContext(context, { timeout: 10_000 });
  } catch (error) {
    return failed("run", error, meta);
  }
  if (meta.negative !== undefined) return "no error, where there must be one";
  if (!meta.flags.includes("async")) return "";
  for (let turns = 0; printed.length === 0 && turns < 500; turns++) await turn();
  return printed[0] === "Test262:AsyncTestComplete" ? "" : (printed[0] ?? "never done");
}

const FILE = "test.js";

/** Found apart from our analysis. */
function countFunctions(code: string): { functions: number; parsable: boolean } {
  const file = ts.createSourceFile(FILE, code, ts.ScriptTarget.ESNext, true, ts.ScriptKind.JS);
  let functions = 0;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && "body" in node && node.body !== undefined) functions++;
    ts.forEachChild(node, visit);
  };
  visit(file);
  const { parseDiagnostics } = file as unknown as { parseDiagnostics: readonly ts.Diagnostic[] };
  return { functions, parsable: parseDiagnostics.length === 0 };
}

/** As TypeScript prints a script; undefined where printing itself fails. */
function printedBy(
  code: string,
  before: ts.TransformerFactory<ts.SourceFile>[],
): string | undefined {
  try {
    return ts.transpileModule(code, {
      fileName: FILE,
      compilerOptions: {
        target: ts.ScriptTarget.ESNext,
        module: ts.ModuleKind.ESNext,
        moduleDetection: ts.ModuleDetectionKind.Legacy,
        allowJs: true,
        alwaysStrict: false,
        useDefineForClassFields: true,
      },
      transformers: { before },
    }).outputText;
  } catch {
    return undefined;
  }
}

async function report(path: string): Promise<FileReport> {
  const source = readFileSync(path, "utf8");
  const meta = metaOf(source);
  const { flags, negative } = meta;
  const runs: RunReport[] = [];
  if (flags.includes("module") || flags.includes("CanBlockIsFalse")) return { runs };
  const modes: RunReport["mode"][] = [];
  if (!flags.includes("onlyStrict")) modes.push("sloppy");
  if (!flags.includes("noStrict") && !flags.includes("raw")) modes.push("strict");
  for (const mode of modes) {
    const code = mode === "strict" ? `"use strict";\n${source}` : source;
    process.send?.("alone");
    if ((await execute(path, code, meta)) !== "") continue;
    // What ends the process from here on is our doing.
    process.send?.("with us");
    let text: string | undefined;
    let inlined = 0;
    let untouched: string[] = [];
    try {
      const done = instrument(code, { filename: FILE, config, format: "script" });
      inlined = done?.sites.length ?? 0;
      untouched = (done?.diagnostics ?? []).map((diagnostic) => diagnostic.code);
      text = await execute(path, done?.code ?? code, meta);
    } catch (error) {
      text = `instrument: ${String(error)}`;
    }
    let ast: string | undefined;
    const plain = printedBy(code, []);
    if (plain !== undefined && (await execute(path, plain, meta)) === "") {
      const emitted = printedBy(code, [createTransformer(ts, { config })]);
      ast = emitted === undefined ? "printing failed" : await execute(path, emitted, meta);
    }
    const { functions, parsable } = countFunctions(code);
    if (negative?.phase === "parse")
      runs.push({ mode, text, ast, parsable, functions: 0, inlined: 0, untouched: [] });
    else runs.push({ mode, text, ast, parsable, functions, inlined, untouched });
  }
  return { runs };
}

process.on("message", (path) => {
  void report(path as string).then((result) => process.send?.(result));
});
