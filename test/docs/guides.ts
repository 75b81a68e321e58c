// The guides of the documentation → what their readers have, do in order, and see recorded.
// Invariant: each section that has commands is followed to the letter, or says here why not.
import { type Block, type Page, pages } from "./pages.ts";

export interface Guide {
  /** "docs/hosts/vite.md", behind each "#" a section: none, or an empty one, is what stands above the first. */
  readonly name: string;
  /** What a reader has before the first step. */
  readonly files: Readonly<Record<string, string>>;
  readonly packages: readonly string[];
  /** What is recorded in the end, by the spans' names. */
  readonly spans: readonly string[];
  /** The trace that the viewer shows. @default the first of `spans` */
  readonly trace?: string;
  /** What the last program prints, or its server answers. */
  readonly says: RegExp;
  /** The last program goes on until it is ended. */
  readonly stays?: true;
  /** Only `npm run packages` follows it: what it is about has to be installed by a package manager. */
  readonly installs?: true;
}

/** A file to write, or a line for the shell; in a line for `curl` what it asks for. */
export type Step =
  | { readonly file: string; readonly text: string }
  | { readonly line: string; readonly request?: string };

/** Where the guides' servers listen. */
export const PORT = ":3000";

const manifest = (type: "module" | "commonjs"): string =>
  JSON.stringify({ name: "guide", private: true, type });
const MANIFEST = manifest("module");
const PAY =
  "/** @track */\nexport function pay(amount: number) {\n  return amount * 2;\n}\nconsole.log(pay(21));\n";

const program = (path: string, type: "module" | "commonjs" = "module"): Guide["files"] => ({
  "package.json": manifest(type),
  "tsconfig.json": "{}",
  [path]: path.endsWith(".ts") ? PAY : PAY.replace(/: number/g, ""),
});

/** A guide whose application is one file. */
function bundler(page: string, main: string, ...packages: readonly string[]): Guide {
  return {
    name: `docs/hosts/${page}.md`,
    files: program(main),
    packages,
    spans: ["pay"],
    says: /^42$/m,
  };
}

const all: ReadonlyMap<string, Page> = new Map(pages().map((page) => [page.path, page]));

/** Sections with commands that no guide is made of, and why. */
export const NOT_FOLLOWED: Readonly<Record<string, string>> = {
  "docs/get-started.md#Where traces go": "names of other machines",
};

export function blocksOf({ name }: Guide): readonly Block[] {
  const [path = "", ...sections] = name.split("#");
  const { blocks = [] } = all.get(path) ?? {};
  const wanted = sections.length === 0 ? [""] : sections;
  return blocks.filter(({ section }) => wanted.includes(section));
}

export function stepsOf(guide: Guide): Step[] {
  return blocksOf(guide).flatMap(({ language, text, file }): Step[] => {
    if (language === "sh") return linesOf(text).map(lineStep);
    return file === undefined ? [] : [{ file, text }];
  });
}

function lineStep(line: string): Step {
  const [, address] = /^curl "?(localhost[^"]*)/.exec(line) ?? [];
  return address === undefined ? { line } : { line, request: `http://${address}` };
}

function linesOf(text: string): string[] {
  return text.replaceAll("\\\n", " ").trim().split("\n");
}

/** What stands above the first section is done first. */
function jest(next: string, ...packages: readonly string[]): Guide {
  return {
    name: `docs/hosts/jest.md##${next}`,
    files: {
      "package.json": '{ "name": "guide", "private": true }',
      "tsconfig.json":
        '{ "compilerOptions": { "module": "commonjs", "target": "es2022", "types": ["node"] } }',
      "babel.config.json":
        '{ "presets": ["@babel/preset-typescript"], "plugins": ["@babel/plugin-transform-modules-commonjs"] }',
    },
    packages: ["jest", "@jest/globals", next, ...packages],
    spans: [],
    says: /1 passed/,
  };
}

function onNode(section: string, ...packages: readonly string[]): Guide {
  return {
    name: `docs/hosts/node.md#${section}`,
    files: { "package.json": MANIFEST },
    packages,
    spans: ["pay"],
    says: /^33$/m,
  };
}

/** A part of the first page, for a folder that is new. */
function begun(sections: string, rest: Partial<Guide>): Guide {
  return {
    name: `docs/get-started.md#${sections}`,
    files: { "package.json": MANIFEST },
    packages: [],
    spans: ["charge", "pay"],
    says: /^33$/m,
    ...rest,
  };
}

/** As `create-next-app` makes it, without what we do not look at. */
const NEXT: Guide = {
  name: "docs/hosts/next.md##With webpack",
  files: {
    "package.json": JSON.stringify({
      name: "fresh",
      private: true,
      scripts: { build: "next build", start: "next start" },
    }),
    "next.config.ts":
      'import type { NextConfig } from "next";\n\nconst nextConfig: NextConfig = {\n  /* config options here */\n};\n\nexport default nextConfig;\n',
    "app/layout.tsx":
      'export default function Layout({ children }: { children: React.ReactNode }) {\n  return (\n    <html lang="en">\n      <body>{children}</body>\n    </html>\n  );\n}\n',
    "app/page.tsx": "export default function Home() {\n  return <main>Hello</main>;\n}\n",
  },
  packages: ["next@16", "react@19", "react-dom@19", "typescript@5", "@types/node", "@types/react"],
  spans: [],
  trace: "pay",
  says: /^33$/,
  installs: true,
};

/** As `nest new` makes it. */
const NEST = {
  files: {
    "package.json": JSON.stringify({
      name: "fresh",
      private: true,
      type: "module",
      scripts: { build: "nest build", "start:prod": "node dist/main" },
    }),
    "nest-cli.json": '{ "sourceRoot": "src", "compilerOptions": { "deleteOutDir": true } }',
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        module: "nodenext",
        removeComments: true,
        emitDecoratorMetadata: true,
        experimentalDecorators: true,
        target: "ES2023",
        outDir: "./dist",
        rootDir: ".",
        incremental: true,
        skipLibCheck: true,
        strict: true,
        types: ["node"],
      },
    }),
    "tsconfig.build.json":
      '{ "extends": "./tsconfig.json", "compilerOptions": { "rootDir": "./src" }, "include": ["src"] }',
    "src/main.ts":
      'import { NestFactory } from "@nestjs/core";\nimport { AppModule } from "./app.module.js";\n\nconst app = await NestFactory.create(AppModule);\nawait app.listen(process.env.PORT ?? 3000);\n',
    "src/app.module.ts":
      'import { Module } from "@nestjs/common";\nimport { AppController } from "./app.controller.js";\nimport { AppService } from "./app.service.js";\n\n@Module({ controllers: [AppController], providers: [AppService] })\nexport class AppModule {}\n',
    "src/app.controller.ts":
      'import { Controller, Get } from "@nestjs/common";\nimport { AppService } from "./app.service.js";\n\n@Controller()\nexport class AppController {\n  constructor(private readonly appService: AppService) {}\n\n  @Get()\n  getHello(): string {\n    return this.appService.getHello();\n  }\n}\n',
  },
  packages: [
    "@nestjs/common@12",
    "@nestjs/core@12",
    "@nestjs/platform-express@12",
    "@nestjs/cli@12",
    "reflect-metadata",
    "rxjs",
    "typescript@6",
    "@types/node",
  ],
  says: /^Hello World!$/,
  installs: true,
} as const;

function typescript7(way: string): Guide {
  const compilerOptions = {
    target: "es2023",
    module: "nodenext",
    types: ["node"],
    skipLibCheck: true,
    rootDir: "src",
    outDir: "dist",
    plugins: [{ transform: "llmops-transformer", transformProgram: true }],
  };
  return {
    name: `docs/cli.md#${way}`,
    files: {
      "package.json": MANIFEST,
      "tsconfig.json": JSON.stringify({ compilerOptions, include: ["src"] }),
      "src/main.ts": PAY,
    },
    packages: ["llmops-observability", "llmops-transformer", "typescript@7", "@types/node"],
    spans: ["pay"],
    says: /^42$/m,
    installs: true,
  };
}

export const GUIDES: readonly Guide[] = [
  begun("TypeScript#See the traces#Node runs the sources#Lambda", {
    spans: ["charge", "pay", "search"],
    says: /\[ 'traces' \]/,
    trace: "pay",
  }),
  begun("JavaScript", { spans: ["pay"] }),
  bundler("vite", "src/main.ts", "vite"),
  {
    name: "docs/hosts/vite.md#A server that renders",
    files: { "package.json": MANIFEST, "vite.config.js": viteConfig() },
    packages: ["vite"],
    spans: ["render"],
    says: /<h1>You are at \/<\/h1>/,
  },
  {
    name: "docs/hosts/vite.md#Vitest",
    files: { "package.json": MANIFEST },
    packages: ["vite", "vitest"],
    spans: [],
    says: /1 passed/,
  },
  bundler("rollup", "src/main.js", "rollup"),
  bundler("rolldown", "src/main.ts", "rolldown"),
  bundler("esbuild", "src/main.ts", "esbuild"),
  bundler("webpack", "src/main.js", "webpack", "webpack-cli"),
  {
    ...bundler("webpack", "src/main.ts", "webpack", "webpack-cli", "ts-loader"),
    name: "docs/hosts/webpack.md#TypeScript, by ts-loader",
  },
  bundler("rspack", "src/main.js", "@rspack/core", "@rspack/cli"),
  bundler("farm", "src/main.ts", "@farmfe/core", "@farmfe/cli"),
  bundler("bun", "src/main.ts", "@oven/bun-linux-x64"),
  jest("ts-jest"),
  jest("@swc/jest", "@swc/core"),
  jest(
    "babel-jest",
    "@babel/core",
    "@babel/preset-typescript",
    "@babel/plugin-transform-modules-commonjs",
  ),
  onNode(""),
  onNode("#tsx", "tsx"),
  { ...onNode("#nodemon", "nodemon"), stays: true },
  {
    name: "docs/hosts/node.md#ts-node",
    files: program("src/main.ts", "commonjs"),
    packages: ["ts-node", "ts-patch"],
    spans: ["pay"],
    says: /^42$/m,
  },
  {
    name: "docs/hosts/node.md#What is compiled already",
    files: {
      ...program("src/main.ts"),
      "tsconfig.json":
        '{ "compilerOptions": { "rootDir": "src", "outDir": "dist" }, "files": ["src/main.ts"] }',
    },
    packages: [],
    spans: ["pay"],
    says: /^42$/m,
  },
  NEXT,
  { ...NEST, name: "docs/hosts/nest.md", spans: [], trace: "AppService.getHello" },
  {
    ...NEST,
    name: "docs/hosts/nest.md#SWC",
    files: { ...NEST.files, "src/app.service.ts": service() },
    spans: ["AppService.getHello"],
  },
  typescript7("Node, or a bundler's plugin"),
  typescript7("`tsc` checks, `llmops build` emits"),
  typescript7("`tspc` of 6 beside `tsc` of 7"),
  typescript7("The same, where `tsc` is that of 7"),
];

/** As the page's first part has it. */
function service(): string {
  const { blocks = [] } = all.get("docs/hosts/nest.md") ?? {};
  return blocks.find(({ file }) => file === "src/app.service.ts")?.text ?? "";
}

/** As the page's first part says. */
function viteConfig(): string {
  return (
    all.get("docs/hosts/vite.md")?.blocks.find(({ file }) => file === "vite.config.ts")?.text ?? ""
  );
}
