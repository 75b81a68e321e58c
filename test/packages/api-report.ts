// A package's entry points, as built → its public API as text: names, types, nothing of comments.
// Invariant: what a program can notice when it compiles stands in it; the order is of names.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
} from "@microsoft/api-extractor";
import { type Package, ROOT } from "./doors.ts";

const COMPILER = {
  target: "es2023",
  lib: ["es2023"],
  module: "nodenext",
  moduleResolution: "nodenext",
  types: ["node"],
  skipLibCheck: true,
};
const DECLARED =
  /^(?:export )?(?:abstract |declare )?(?:const|class|interface|type|function) (\w+)/;
const UNDOCUMENTED = /^\/\/ @public \(undocumented\)\n(export (?!default)\w+ \w+)/gm;
const SILENT = { default: { logLevel: ExtractorLogLevel.None } };

export interface ApiReport {
  readonly text: string;
  /** Exports that no doc comment describes. */
  readonly undocumented: readonly string[];
}

export function apiReport({ folder, name, doors }: Package): ApiReport {
  const written = mkdtempSync(join(tmpdir(), "llmops-api-"));
  try {
    const files = doors.map(({ types }) => types);
    const configs = doors.map(({ types }) => configOf(folder, types, files, written));
    const [first] = configs;
    if (first === undefined) throw new Error(`${name} has no entry point.`);
    // One program for all of them.
    const compilerState = CompilerState.create(first, { additionalEntryPoints: files });
    const seen = new Set<string>();
    const undocumented = new Set<string>();
    const parts = configs.map((config, at) => {
      Extractor.invoke(config, { localBuild: true, compilerState, messageCallback: silence });
      const report = readFileSync(config.reportFilePath, "utf8");
      for (const [, exported = ""] of report.matchAll(UNDOCUMENTED)) undocumented.add(exported);
      const text = bare(report);
      return `## ${doors[at]?.name}\n\n\`\`\`ts\n${onceEach(text, seen)}\n\`\`\`\n`;
    });
    const text = `# API of ${name}\n\nWritten by \`npm run api\`.\n\n${parts.join("\n")}`;
    return { text, undocumented: [...undocumented] };
  } finally {
    rmSync(written, { recursive: true, force: true });
  }
}

function configOf(
  folder: string,
  entry: string,
  files: readonly string[],
  written: string,
): ExtractorConfig {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(ROOT, folder, "package.json"),
    configObject: {
      projectFolder: join(ROOT, folder),
      mainEntryPointFilePath: entry,
      compiler: { overrideTsconfig: { compilerOptions: COMPILER, files } },
      apiReport: {
        enabled: true,
        reportFileName: `${basename(entry, ".d.ts").replaceAll(".", "-")}.api.md`,
        reportFolder: written,
        reportTempFolder: written,
        // Types that are not exported by name are part of what is.
        includeForgottenExports: true,
      },
      newlineKind: "lf",
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: SILENT,
        extractorMessageReporting: SILENT,
        tsdocMessageReporting: SILENT,
      },
    },
  });
}

/** Declarations that an entry point before had word by word are only named. */
function onceEach(text: string, seen: Set<string>): string {
  const [known, others] = [[] as string[], [] as string[]];
  for (const declaration of text.split(/\n{2,}/)) {
    const [, name] = DECLARED.exec(declaration) ?? [];
    if (name === undefined || !seen.has(declaration)) others.push(declaration);
    else known.push(declaration.startsWith("export ") ? `export ${name}` : name);
    seen.add(declaration);
  }
  return [...others, ...(known.length > 0 ? [`// As above: ${known.join(", ")}`] : [])].join(
    "\n\n",
  );
}

function silence(message: { handled: boolean }): void {
  message.handled = true;
}

/** The code alone, without what is said of comments. */
function bare(report: string): string {
  const [, code = ""] = /```ts\n([^]*?)```/.exec(report) ?? [];
  return code
    .replaceAll(
      /^ *\/\/ (?:\(undocumented\)|@public|@public \(undocumented\)|\(No @packageDoc.*)\n/gm,
      "",
    )
    .trim();
}
