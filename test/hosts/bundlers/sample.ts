// One application with what TypeScript programs have: JSX, CommonJS, decorators, enums, namespaces, aliases, a linked package.
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const PROGRAM = `import { readRates } from "#shared/rates.ts";
import { vat } from "@sample/tax";
import { legacy } from "./legacy.cjs";
import { page } from "./page.tsx";
import prices from "./prices.json" with { type: "json" };
import { Shop, Kind, Size } from "./shop.ts";
import { plain } from "./plain.js";
import { rounded } from "./rounded.cts";
import { stream } from "./stream.mts";

/** @track capture=total */
export async function checkout(kind: Kind): Promise<string> {
  let total = prices.book * Size.large;
  total += await Promise.resolve(vat(total));
  using lease = { name: "till", [Symbol.dispose]() { total = 0; } };
  return \`\${lease.name} \${kind} \${total} \${plain(total)} \${legacy(2)}\`;
}

/** @track */
function failing(): never {
  throw new Error("out of stock");
}

export async function main(): Promise<void> {
const rates = await readRates();
console.log(rates, rounded(2.6), await checkout(Kind.book), page("Ann"), new Shop("corner").sell(3));
for await (const chunk of stream(2)) console.log(chunk);
try {
  failing();
} catch (error) {
  // The line in this file, whatever became of it.
  console.log(/program\\.ts:\\d+/.exec((error as Error).stack ?? "")?.[0]);
}
}
`;

const FILES: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({
    name: "sample",
    type: "module",
    imports: {
      "#shared/*.ts": { compiled: "./dist/tspc/shared/*.js", default: "./src/shared/*.ts" },
    },
  }),
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      target: "es2022",
      lib: ["es2022", "esnext.disposable"],
      module: "nodenext",
      types: [],
      skipLibCheck: true,
      strict: true,
      experimentalDecorators: true,
      jsx: "react",
      jsxFactory: "h",
      allowJs: true,
      checkJs: false,
      resolveJsonModule: true,
      rewriteRelativeImportExtensions: true,
      noCheck: true,
      sourceMap: true,
      rootDir: "src",
      outDir: "dist/tspc",
      plugins: [{ transform: "llmops-transformer", transformProgram: true }],
    },
    include: ["src"],
  }),
  "llmops.config.json": JSON.stringify({
    track: [
      { files: "src/shop.ts", functions: "Shop.*", capture: true },
      { files: "src/plain.js", functions: "plain" },
    ],
  }),
  "src/main.ts": 'import { main } from "./program.ts";\nawait main();\n',
  // Farm 1 takes neither top-level await nor, without more plugins, JSX.
  "src/small.ts": `import { Shop } from "./shop.ts";
import { vat } from "@sample/tax";
console.log(new Shop("corner").sell(3), vat(12));
`,
  "src/program.ts": PROGRAM,
  "src/shared/rates.ts": `/** @track */
export const readRates = async (): Promise<string[]> => ["eur", "usd"];
`,
  "src/page.tsx": `/** @jsx h */
type Node = { tag: string; children: unknown[] };
function h(tag: string, _props: object | null, ...children: unknown[]): Node {
  return { tag, children };
}
/** @track */
export function page(name: string): string {
  const node = <p>Hello {name}</p>;
  return JSON.stringify(node);
}
`,
  "src/legacy.cjs": `/** @track name=old */
exports.legacy = function legacy(value) { return value * 100; };
`,
  "src/plain.js": `export function plain(value) { return value > 10 ? "dear" : "cheap"; }
`,
  "src/rounded.cts": `/** @track capture=whole */
export function rounded(value: number): number { const whole = Math.round(value); return whole; }
`,
  "src/prices.json": '{ "book": 4 }',
  "src/stream.mts": `/** @track */
export async function* stream(count: number): AsyncGenerator<string> {
  for (let at = 0; at < count; at++) yield \`chunk \${at}\`;
}
`,
  "src/shop.ts": `export enum Kind { book = "book", pen = "pen" }
export const enum Size { small = 1, large = 3 }
namespace Stock {
  /** @track */
  export function left(sold: number): number { return 10 - sold; }
}
function logged(_target: object, _key: string, descriptor: PropertyDescriptor): void {
  const made = descriptor.value;
  descriptor.value = function (this: unknown, ...values: unknown[]) { return \`[\${made.apply(this, values)}]\`; };
}
export class Shop {
  constructor(readonly name: string) {}
  @logged
  sell(count: number): string {
    const left = Stock.left(count);
    return \`\${this.name}: \${left}\`;
  }
}
`,
  "tax/package.json": JSON.stringify({
    name: "@sample/tax",
    type: "module",
    exports: { compiled: "./dist/index.js", default: "./src/index.ts" },
  }),
  "tax/tsconfig.json": JSON.stringify({
    compilerOptions: {
      target: "es2022",
      module: "nodenext",
      types: [],
      rootDir: "src",
      outDir: "dist",
      plugins: [{ transform: "llmops-transformer", transformProgram: true }],
    },
    include: ["src"],
  }),
  "tax/src/index.ts": `/** @track */
export function vat(total: number): number { return total / 4; }
`,
};

export function writeSample(directory: string): void {
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  mkdirSync(join(directory, "node_modules/@sample"), { recursive: true });
  symlinkSync("../../tax", join(directory, "node_modules/@sample/tax"));
}
