// The rooms and what each may import → held against every import in the sources, and against the lint
// rules that editors show. `UPDATE=1 npx vitest run test/layers` writes those rules from the table.
// Invariant: each row refuses something, here and in the linter.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import ts from "typescript";
import { beforeAll, describe, expect, test } from "vitest";

interface Row {
  /** Rooms and files whose values and types it may import. */
  readonly imports: readonly string[];
  /** Rooms and files of which it may import types alone. */
  readonly types?: readonly string[];
}

interface Package {
  /** Files that import nothing of ours, so that everything may lean on them. */
  readonly contracts: readonly string[];
  readonly rooms: Readonly<Record<string, Row>>;
}

const FOUNDATION = ["platform", "context", "promises", "encode", "config", "llm", "wire", "otlp"];

const HOUSE: Readonly<Record<string, Package>> = {
  runtime: {
    contracts: ["abi.ts", "sink.ts", "delivery/stats.ts"],
    rooms: {
      platform: { imports: [] },
      context: { imports: ["platform"] },
      wire: { imports: [] },
      config: { imports: ["platform"] },
      encode: { imports: ["platform"], types: ["config"] },
      promises: { imports: ["platform"] },
      llm: { imports: ["platform", "promises", "encode"], types: ["config"] },
      otlp: { imports: ["platform"], types: ["wire"] },
      sinks: { imports: ["platform", "wire", "otlp"], types: ["config"] },
      delivery: { imports: ["platform", "wire", "otlp"], types: ["config"] },
      tracing: { imports: [...FOUNDATION, "delivery", "sinks"] },
      api: { imports: ["platform", "context", "promises", "encode", "tracing"] },
      http: { imports: ["api", "platform"] },
      "index.ts": { imports: ["api", "config"], types: ["llm", "tracing"] },
      "instrument.ts": { imports: ["api"] },
      "testing.ts": { imports: ["sinks"] },
      "wire.ts": { imports: ["wire"] },
      "otlp.ts": { imports: ["otlp", "sinks"] },
      "langfuse.ts": { imports: ["otlp", "sinks"] },
      "spool.ts": { imports: ["delivery"] },
    },
  },
  transformer: {
    contracts: ["abi.ts", "plan.ts", "record.ts", "diagnostics.ts", "syntax.ts"],
    rooms: {
      config: { imports: [] },
      analyze: { imports: ["config"] },
      emit: { imports: [] },
      hosts: { imports: ["config", "analyze", "emit"] },
      cli: { imports: ["config", "hosts"] },
      "eslint.ts": { imports: [] },
      "index.ts": { imports: ["hosts"], types: ["config"] },
    },
  },
  processor: {
    contracts: ["sink.ts", "store.ts", "failure.ts", "key.ts", "sqlite.ts"],
    rooms: {
      // The runtime's sources, which no other file here may reach into.
      "from-runtime.ts": { imports: [".."] },
      "from-runtime-http.ts": { imports: [".."] },
      receive: { imports: [] },
      stores: { imports: ["from-runtime.ts"] },
      sinks: { imports: ["from-runtime.ts", "from-runtime-http.ts"] },
      deliver: { imports: ["receive"] },
      config: { imports: ["sinks", "stores", "from-runtime.ts"], types: ["deliver"] },
      queue: { imports: ["config", "deliver", "from-runtime.ts"] },
      render: { imports: [] },
      "handler.ts": { imports: ["config", "deliver"] },
      "lambda.ts": { imports: ["handler.ts"] },
      "index.ts": {
        imports: ["handler.ts", "queue", "render", "stores"],
        types: ["config", "deliver"],
      },
    },
  },
  viewer: {
    contracts: ["model.ts", "store.ts", "views.ts", "ingest.ts", "segment.ts"],
    rooms: {
      query: { imports: [] },
      formats: { imports: [] },
      store: { imports: ["query", "formats"] },
      ingest: { imports: ["formats", "store"] },
      source: { imports: [] },
      chat: { imports: [] },
      compare: { imports: [] },
      coverage: { imports: [] },
      desk: { imports: ["compare", "source", "store"] },
      server: { imports: ["source", "chat", "compare", "coverage", "formats", "mcp"] },
      mcp: { imports: [] },
      cli: {
        imports: [
          "server",
          "mcp",
          "source",
          "compare",
          "coverage",
          "desk",
          "store",
          "ingest",
          "formats",
        ],
      },
      "cli.ts": { imports: ["cli"] },
      "bin.ts": { imports: ["cli.ts"] },
    },
  },
};

/** Contracts that a room must not use all the same. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  "transformer/config": ["plan.ts", "syntax.ts"],
  "transformer/emit": ["diagnostics.ts"],
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const ROOT = join(import.meta.dirname, "..");
const sources = (name: string): string => join(ROOT, name, "src");

const roomOf = (file: string): string =>
  file.includes("/") ? file.slice(0, file.indexOf("/")) : file;

function importsOf(name: string): readonly Import[] {
  const files = readdirSync(sources(name), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => importsIn(file, readFileSync(join(sources(name), file), "utf8")));
}

function importsIn(from: string, code: string): readonly Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    if (!specifier.text.startsWith(".")) return;
    found.push({ from, to: join(dirname(from), specifier.text), typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const { isTypeOnly = false, namedBindings } = node.importClause ?? {};
      add(node.moduleSpecifier, isTypeOnly || ofTypesAlone(namedBindings));
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly || ofTypesAlone(node.exportClause));
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(from, code, ts.ScriptTarget.Latest));
  return found;
}

function ofTypesAlone(names: ts.NamedImportBindings | ts.NamedExportBindings | undefined): boolean {
  if (names === undefined || !("elements" in names) || names.elements.length === 0) return false;
  return names.elements.every((element) => "isTypeOnly" in element && element.isTypeOnly);
}

/** Why an import may not be, or undefined. */
function refusal(name: string, { from, to, typeOnly }: Import): string | undefined {
  const { contracts, rooms } = HOUSE[name] as Package;
  const [room, target] = [roomOf(from), roomOf(to)];
  const said = `${name}/src/${from} → ${to}`;
  if (contracts.includes(from)) {
    return typeOnly || contracts.includes(to) ? undefined : `${said}: a contract imports nothing`;
  }
  const row = rooms[room];
  if (row === undefined) return `${said}: ${room} has no row in the table of rooms`;
  if (room === target) return undefined;
  if (contracts.includes(to)) {
    return REFUSED[`${name}/${room}`]?.includes(to) ? `${said}: not in this room` : undefined;
  }
  const allowed = typeOnly ? [...row.imports, ...(row.types ?? [])] : row.imports;
  return allowed.includes(target)
    ? undefined
    : `${said}: ${room} may import ${row.imports.join(", ") || "nothing"}`;
}

/** The same table as rules of the linter: one for a room's own files, one for those of its inner folders. */
function lintRules(): unknown {
  const overrides = Object.entries(HOUSE).flatMap(([name, { contracts, rooms }]) =>
    Object.entries(rooms).flatMap(([room, row]) => {
      const refused = REFUSED[`${name}/${room}`] ?? [];
      const shared = contracts.filter((contract) => !refused.includes(contract));
      const at = `${name}/src/${room}`;
      return room.endsWith(".ts")
        ? [rule(at, "./", room, row, shared)]
        : [
            rule(`${at}/*.ts`, "../", room, row, shared),
            rule(`${at}/*/*.ts`, "../../", room, row, shared),
          ];
    }),
  );
  return { overrides };
}

function rule(
  files: string,
  up: string,
  room: string,
  row: Row,
  shared: readonly string[],
): unknown {
  const { imports, types = [] } = row;
  const doors = [...imports, ...types].filter((one) => one.endsWith(".ts"));
  const files_ = [...shared.filter(isFile), ...doors];
  const folders = shared.filter((file) => !isFile(file));
  const inside = (rooms: readonly string[]): readonly string[] =>
    rooms.map((one) => `${up}${one}/**`);
  const message = `${room} may import ${imports.join(", ") || "contracts"}: see test/layers.test.ts.`;
  const patterns = [
    // First, and no `group`: what a group lets through by `!` is refused by none behind it (oxlint 1.89, tried).
    ...types.map((only) => ({
      regex: `^${up.replaceAll(".", "\\.")}${only}/`,
      allowTypeImports: true,
      message: `${room} may import types of ${only} alone.`,
    })),
    {
      group: [
        `${up}*/**`,
        ...not([...inside([...imports, ...types]), ...folders.map((file) => up + file)]),
      ],
      message,
    },
    { group: [`${up}*.ts`, ...not(files_.map((file) => up + file))], message },
  ];
  return { files: [files], rules: { "no-restricted-imports": ["error", { patterns }] } };
}

const isFile = (place: string): boolean => !place.includes("/");
const not = (patterns: readonly string[]): readonly string[] => patterns.map((one) => `!${one}`);

const LINT = join(ROOT, ".oxlintrc.rooms.json");

test("the linter has the same table", () => {
  expect(JSON.parse(readFileSync(LINT, "utf8"))).toEqual(lintRules());
});

describe.each(Object.keys(HOUSE))("%s", (name) => {
  const { rooms } = HOUSE[name] as Package;

  test("every import goes where its room's row allows", () => {
    const imports = importsOf(name);
    expect(imports.length).toBeGreaterThan(20);
    expect(imports.flatMap((found) => refusal(name, found) ?? [])).toEqual([]);
  });

  test("every folder and every door has a row", () => {
    const places = readdirSync(sources(name)).filter(
      (place) => !(HOUSE[name] as Package).contracts.includes(place),
    );
    expect(places.toSorted()).toEqual(Object.keys(rooms).toSorted());
  });

  test.each(Object.entries(rooms))("%s refuses what its row does not name", (room, row) => {
    const from = someFile(room);
    const refused = Object.keys(rooms).filter(
      (other) => other !== room && !row.imports.includes(other),
    );
    expect(refused.length).toBeGreaterThan(0);
    for (const other of refused) {
      const found = { from, to: someFile(other), typeOnly: false };
      expect(refusal(name, found), other).toBeDefined();
      expect(lint.has(`${name}/${from} → ${other}`), `the linter: ${other}`).toBe(true);
    }
    for (const other of row.imports) {
      expect(refusal(name, { from, to: someFile(other), typeOnly: false }), other).toBeUndefined();
      expect(lint.has(`${name}/${from} → ${other}`), `the linter: ${other}`).toBe(false);
    }
  });
});

const someFile = (place: string): string => (place.endsWith(".ts") ? place : `${place}/some.ts`);

/** What the linter refuses in a house where each room imports from each, as `package/file → room`. */
const lint = new Set<string>();

beforeAll(() => {
  if (process.env["UPDATE"] === "1" && process.env["CI"] === undefined)
    writeFileSync(LINT, `${JSON.stringify(lintRules(), null, 2)}\n`);
  const scratch = mkdtempSync(join(tmpdir(), "llmops-layers-"));
  for (const [name, { rooms }] of Object.entries(HOUSE)) {
    for (const room of Object.keys(rooms)) {
      const file = join(scratch, name, "src", someFile(room));
      mkdirSync(dirname(file), { recursive: true });
      const up = room.endsWith(".ts") ? "./" : "../";
      const others = Object.keys(rooms).filter((other) => other !== room);
      writeFileSync(
        file,
        others.map((other, at) => `import { a${at} } from "${up}${someFile(other)}";\n`).join(""),
      );
    }
  }
  copyFileSync(LINT, join(scratch, ".oxlintrc.json"));
  const { stdout } = spawnSync(process.execPath, [OXLINT, "--format=json", "."], {
    cwd: scratch,
    encoding: "utf8",
  });
  rmSync(scratch, { recursive: true, force: true });
  for (const { code, filename, message } of (JSON.parse(stdout) as Report).diagnostics) {
    if (!code.includes("no-restricted-imports")) continue;
    const specifier = /'\.{1,2}\/([^']+)'/.exec(message)?.[1] ?? message;
    lint.add(`${filename.replace("/src/", "/")} → ${roomOf(specifier)}`);
  }
});

const OXLINT = join(ROOT, "node_modules/oxlint/bin/oxlint");

/** Of oxlint's JSON reporter. */
interface Report {
  readonly diagnostics: readonly {
    readonly code: string;
    readonly filename: string;
    readonly message: string;
  }[];
}
