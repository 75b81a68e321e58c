// One program with all that TypeScript rewrites, under the compiler options that change how: `tspc` builds what `tsc` builds, and it records.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { waitingIn } from "../../../runtime/test/delivery/waiting.ts";
import { compiler } from "./compiler.ts";
import { createProject, type Project, type ProjectOptions } from "./project.ts";

const projects: Project[] = [];
function project(files: Readonly<Record<string, string>>, options?: ProjectOptions): Project {
  const created = createProject(files, options);
  projects.push(created);
  return created;
}
afterEach(() => {
  for (const created of projects.splice(0)) created.remove();
});

const PROGRAM = `
export type Shape = { readonly size: number };
/** @track capture */
export async function later(size: number): Promise<number> {
  let sum = 0;
  for await (const item of stream(size)) sum += item;
  try { await fails(sum); } catch (error) { sum += (error as Error).message.length; } finally { sum++; }
  const { a, ...others } = { a: sum, b: 2, c: 3 };
  return a + Object.keys({ ...others }).length;
}
/** @track */
async function fails(sum: number): Promise<never> { await null; throw new Error(String(sum)); }
/** @track capture */
async function* stream(size: number): AsyncGenerator<number> { for (const item of count(size)) yield await item; }
/** @track capture */
function* count(size: number): Generator<number, string> { let at = 0; while (at < size) yield at++; return \`\${at}\`; }
abstract class Base { label = "base"; constructor(protected readonly size: number, public factor = 2) {} abstract area(): number; }
/** @track capture */
export class Square extends Base {
  #hidden = 3; extra = this.size * 2; static readonly made: string[] = []; declare name: string;
  /** @track capture self */
  constructor(size: number) { const more = size + 1; super(more); this.label = \`\${this.label}\${this.#hidden}\`; Square.made.push(this.label); }
  area(): number; area(times: number): number;
  area(times = 1): number { const area = this.size ** 2 * times; return area; }
  get wide(): boolean { return this.extra > 5; }
  arrow = (value: number): number => value + this.size;
  static { Square.made.push("block"); }
}
export namespace Tools { const base = 10; /** @track capture */ export function tool(value: number): number { const sum = base + value; return sum; } }
export enum Kind { One = 1, Two = One << 1 }
/** @track capture */
export default function (kind: Kind = Kind.Two, ...rest: number[]): number[] { const all = [kind, ...rest]; return all?.map((item) => item ?? 0); }
/** @track capture */
export const closures = (): number[] => { const made: (() => number)[] = []; for (let i = 0; i < 3; i++) { let twice = i * 2; made.push(() => twice + i); } return made.map((run) => run()); };
`;

const CALLS = `(async () => {
  const square = new Square(2);
  return [await later(3), square.area(2), square.wide, square.arrow(1), square.label, square.factor, Square.made, Tools.tool(1), main(undefined, 5), closures()];
})()`;

const MAIN = `import { configure, flush } from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
import main, { closures, later, type Shape, Square, Tools } from "./program.js";
const sink = memorySink();
configure({ sink });
export const shape: Shape = { size: 1 };
void ${CALLS}.then(async (results) => {
  console.log(JSON.stringify(results));
  await flush();
  const spans = sink.traces().flatMap(({ spans }) => spans);
  for (const { span_name, input_data, parent_span_id, error } of spans)
    console.log(span_name, parent_span_id === null ? "-" : "child", error?.message ?? "-", JSON.stringify([input_data.args, input_data.locals], (key, value) => key === "stack" ? undefined : value));
});
`;

const RESULTS = '[7,18,true,4,"base3",2,["block","base3"],11,[2,5],[0,3,6]]';
/** Span, "child" where it has a parent, error, arguments and locals. */
const SPANS = [
  'Square.constructor - - [[2],{"size":2,"more":3}]',
  'later - - [[3],{"size":3,"sum":5,"item":2,"error":{"type":"Error","message":"3"},"a":5,"others":{"b":2,"c":3}}]',
  'stream child - [[3],{"size":3,"item":2}]',
  'count child - [[3],{"size":3,"at":3}]',
  "fails child 3 [[3],{}]",
  'Square.area - - [[2],{"times":2,"area":18}]',
  "Square.wide - - [[],{}]",
  'Square.arrow - - [[1],{"value":1}]',
  'tool - - [[1],{"value":1,"sum":11}]',
  'default - - [[2,5],{"kind":2,"rest":[5],"all":[2,5]}]',
  'closures - - [[],{"made":["[Function]","[Function]","[Function]"],"i":3,"twice":4}]',
];

const ES6 = Number.parseInt(compiler.versionMajorMinor, 10) >= 6;
const es5 = {
  target: "es5",
  module: "commonjs",
  moduleResolution: "node10",
  downlevelIteration: true,
  lib: ["es2022"],
  ...(ES6 && { ignoreDeprecations: "6.0" }),
};

test.each<[string, ProjectOptions]>([
  ["ES2022, ES modules", {}],
  ["ESNext", { compilerOptions: { target: "esnext" } }],
  ["ES2017", { compilerOptions: { target: "es2017", lib: ["es2022"] } }],
  [
    "ES2015, CommonJS",
    { type: "commonjs", compilerOptions: { target: "es2015", lib: ["es2022"] } },
  ],
  [
    "importHelpers",
    { compilerOptions: { target: "es2015", lib: ["es2022"], importHelpers: true } },
  ],
  [
    "importHelpers, CommonJS",
    {
      type: "commonjs",
      compilerOptions: { target: "es2015", lib: ["es2022"], importHelpers: true },
    },
  ],
  ["fields as assignments", { compilerOptions: { useDefineForClassFields: false } }],
  [
    "fields as definitions, ES2017",
    { compilerOptions: { target: "es2017", lib: ["es2022"], useDefineForClassFields: true } },
  ],
  [
    "verbatimModuleSyntax, isolatedModules",
    { compilerOptions: { verbatimModuleSyntax: true, isolatedModules: true } },
  ],
  ["removeComments", { compilerOptions: { removeComments: true } }],
  ["module preserve", { compilerOptions: { module: "esnext", moduleResolution: "bundler" } }],
  [
    "sourceMap, declaration",
    { compilerOptions: { sourceMap: true, declaration: true, declarationMap: true } },
  ],
])("%s", async (_name, options) => {
  const built = project({ "src/program.ts": PROGRAM, "src/main.ts": MAIN }, options);
  expect(built.tspc()).toEqual({ code: 0, output: "" });
  const { code, output } = await built.run("out/main.js");
  const [results, ...spans] = output.trimEnd().split("\n");
  expect(results).toBe(RESULTS);
  expect(spans).toEqual(SPANS);
  expect(code).toBe(0);
});

test("ES5", async () => {
  // Private names and static blocks need ES2015.
  const program = PROGRAM.replace("#hidden = 3; ", "hidden = 3; ")
    .replace("this.#hidden", "this.hidden")
    .replace('static { Square.made.push("block"); }', "");
  const built = project(
    { "src/program.ts": program, "src/main.ts": MAIN },
    { type: "commonjs", compilerOptions: es5 },
  );
  expect(built.tspc()).toEqual({ code: 0, output: "" });
  const [results, ...spans] = (await built.run("out/main.js")).output.trimEnd().split("\n");
  expect(results).toBe(RESULTS.replace('"block",', ""));
  expect(spans).toEqual(SPANS);
});

test("declarations and their maps are those of tsc", () => {
  const options = { declaration: true, declarationMap: true, sourceMap: true };
  const built = project({ "src/program.ts": PROGRAM }, { compilerOptions: options });
  const files = ["out/program.d.ts", "out/program.d.ts.map"];
  expect(built.tspc().code).toBe(0);
  const ours = files.map((file) => built.read(file));
  expect(built.read("out/program.js")).toContain("llmops-observability");
  expect(built.tsc().code).toBe(0);
  expect(built.read("out/program.js")).not.toContain("llmops-observability");
  expect(ours).toEqual(files.map((file) => built.read(file)));
});

const SPANS_OF = `import { configure, flush } from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
const sink = memorySink();
configure({ sink });
const spans = async (): Promise<void> => {
  await flush();
  for (const { spans } of sink.traces()) for (const { span_name, output_data } of spans) console.log(span_name, JSON.stringify(output_data.output));
};
`;

test(".mts and .cts", async () => {
  const add = (name: string): string =>
    `/** @track */\nexport function ${name}(a: number): number { return a + 1; }\n`;
  const built = project({
    "src/es.mts": add("es"),
    "src/common.cts": add("common"),
    "src/required.cts": `import other = require("./common.cjs");\n/** @track */\nfunction required(a: number): number { return other.common(a) * 2; }\nexport = { required };\n`,
    "src/main.mts": `${SPANS_OF}import { es } from "./es.mjs";\nimport { common } from "./common.cjs";\nimport all from "./required.cjs";\nes(1); common(2); all.required(3);\nvoid spans();\n`,
  });
  expect(built.tspc()).toEqual({ code: 0, output: "" });
  expect((await built.run("out/main.mjs")).output).toBe("es 2\ncommon 3\nrequired 8\ncommon 4\n");
});

test("verbatimModuleSyntax, CommonJS", async () => {
  const built = project(
    {
      "src/main.ts": `import observability = require("llmops-observability");
import testing = require("llmops-observability/testing");
const sink = testing.memorySink();
observability.configure({ sink });
/** @track */
function twice(a: number): number { return a * 2; }
twice(4);
void observability.flush().then(() => console.log(sink.traces()[0]?.spans[0]?.output_data.output));
export = { twice };
`,
    },
    { type: "commonjs", compilerOptions: { verbatimModuleSyntax: true } },
  );
  expect(built.tspc()).toEqual({ code: 0, output: "" });
  expect((await built.run("out/main.js")).output).toBe("8\n");
});

test("a CommonJS file that neither imports nor exports records, though it is the only one", () => {
  const built = project(
    {
      "src/main.ts": `/** @track */
function twice(a: number): number { return a * 2; }
console.log(twice(4));
`,
    },
    { type: "commonjs" },
  );
  expect(built.tspc()).toEqual({ code: 0, output: "" });
  const spool = join(built.directory, "spool");
  const said = execFileSync(process.execPath, ["out/main.js"], {
    cwd: built.directory,
    encoding: "utf8",
    env: { ...process.env, LLMOPS_SPOOL_DIR: spool },
  });
  expect(said).toBe("8\n");
  expect(waitingIn(spool).map(({ json }) => JSON.parse(json) as unknown)).toMatchObject([
    { spans: [{ span_name: "twice", output_data: { output: 8 } }] },
  ]);
});

test("jsx", async () => {
  const built = project(
    {
      "src/main.tsx": `${SPANS_OF}declare global { namespace JSX { interface IntrinsicElements { b: { size?: number } } interface Element { tag: unknown } } }
export const h = (tag: unknown, properties: unknown, ...children: unknown[]): JSX.Element => typeof tag === "function" ? tag(properties) : { tag, properties, children } as JSX.Element;
/** @track */
const Bold = ({ size }: { size: number }): JSX.Element => <b size={size}>{[1, 2].map((item) => <b {...{ size: item }} />)}</b>;
<Bold size={3} />;
void spans();
`,
    },
    { compilerOptions: { jsx: "react", jsxFactory: "h" } },
  );
  expect(built.tspc()).toEqual({ code: 0, output: "" });
  expect((await built.run("out/main.js")).output).toBe(
    'Bold {"tag":"b","properties":{"size":3},"children":[[{"tag":"b","properties":{"size":1},"children":[]},{"tag":"b","properties":{"size":2},"children":[]}]]}\n',
  );
});

const DECORATED = (decorator: string): string => `${SPANS_OF}
const seen: string[] = [];
${decorator}
@logged
class Service {
  @logged field = 1;
  /** @track */
  constructor(size: number) { this.field = size; }
  /** @track */
  @logged work(by: number): number { return this.field * by; }
  /** @track */
  @logged static make(size: number): Service { return new Service(size); }
  /** @track */
  @logged get half(): number { return this.field / 2; }
}
const service = Service.make(4);
console.log(service.work(2), service.half, seen.join());
void spans();
`;

test.each<[string, string, string, ProjectOptions]>([
  [
    "legacy, with metadata",
    "const logged = (target: any, key?: string, _descriptor?: any): void => { seen.push(key ?? target.name); };",
    "field,work,half,make,Service",
    { compilerOptions: { experimentalDecorators: true, emitDecoratorMetadata: true } },
  ],
  [
    "standard",
    "const logged = (_value: unknown, context: DecoratorContext): void => { seen.push(String(context.name)); };",
    "make,work,half,field,Service",
    { compilerOptions: { lib: ["es2022", "esnext.decorators"] } },
  ],
  [
    "standard, ES2015",
    "const logged = (_value: unknown, context: DecoratorContext): void => { seen.push(String(context.name)); };",
    "make,work,half,field,Service",
    { compilerOptions: { target: "es2015", lib: ["es2022", "esnext.decorators"] } },
  ],
])("decorators, %s", async (_name, decorator, order, options) => {
  const built = project({ "src/main.ts": DECORATED(decorator) }, options);
  expect(built.tspc()).toEqual({ code: 0, output: "" });
  expect((await built.run("out/main.js")).output.split("\n")).toEqual([
    `8 2 ${order}`,
    'Service.make {"field":4}',
    "Service.constructor null",
    "Service.work 8",
    "Service.half 2",
    "",
  ]);
});
