// Sources of many kinds and options → a project with the packages of this repository.
import { readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type Files, projectOf } from "../setup.ts";

export const ROOT: string = join(import.meta.dirname, "../../../..");

export const SOURCES: Files = {
  "src/main.ts": `import { Color, Size } from "./enums.js";
import type { Shape } from "./shapes.js";
import { type Shape as Again, area } from "./shapes.js";
import { Repeated } from "./again.js";
import data from "./data.json" with { type: "json" };
/** @track capture=total */
export function main(shape: Shape): number {
  const total = area(shape) * Size.Big + Color.Red + data.factor;
  return total;
}
export type { Again };
export const repeated: Repeated = 1;
process.stdout.write(String(main({ side: 2 })));
`,
  "src/enums.ts": `export enum Color { Red = 1, Blue }
export const enum Size { Small = 1, Big = 10 }
`,
  "src/shapes.ts": `export interface Shape { readonly side: number }
export namespace Units { export const one = 1; }
/** @track */
export const area = ({ side }: Shape): number => side * side * Units.one;
`,
  // A type that is exported again without the word: only who sees the other file can tell.
  "src/again.ts": `import { Again } from "./types.js";
export { Again as Repeated };
`,
  "src/types.ts": "export type Again = number;\n",
  "src/data.json": '{ "factor": 5 }\n',
  "src/classes.ts": `function sealed<T>(_: T, context: ClassDecoratorContext): void { void context; }
@sealed
export class Shop {
  readonly #price = 2;
  constructor(private readonly tax: number) {}
  /** @track self */
  pay(amount: number): number { return amount * this.#price + this.tax; }
}
`,
};

export const options = (given: object): Files => ({
  "package.json": { name: "built", type: "module" },
  "tsconfig.json": {
    compilerOptions: {
      rootDir: "src",
      outDir: "dist",
      sourceMap: true,
      lib: ["es2023"],
      types: ["node"],
      typeRoots: ["types", "node_modules/@types"],
      strict: true,
      skipLibCheck: true,
      resolveJsonModule: true,
      ...given,
    },
    include: ["src"],
  },
});

/** With the packages of this repository. */
export function project(...layers: readonly Files[]): string {
  const directory = projectOf(...layers);
  symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"), "dir");
  return directory;
}

/** Types that are there for all, and those of the repository. */
export function packaged(name: string, declarations: string): Files {
  return {
    [`types/${name}/package.json`]: { name, types: "index.d.ts" },
    [`types/${name}/index.d.ts`]: declarations,
  };
}

export function filesBelow(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).toSorted();
  return Object.fromEntries(
    names
      .filter((name) => statSync(join(directory, name)).isFile())
      .map((name) => [name, readFileSync(join(directory, name), "utf8")]),
  );
}
