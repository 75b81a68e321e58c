// Fresh projects, as the generators of their frameworks make them, as far as builds read them.
import type { Files } from "./setup.ts";

export const TSCONFIG = `{
  "compilerOptions": {
    // As tsc --init writes it.
    "module": "nodenext",
    "target": "es2022",
    "rootDir": "src",
    "outDir": "dist",
    "types": ["node"],
    "strict": true,
    "skipLibCheck": true, // a comma behind it
  },
  "include": ["src"]
}
`;

export const EXPRESS: Files = {
  "package.json": {
    name: "express-app",
    type: "module",
    scripts: { build: "tsc", dev: "tsx watch src/index.ts", start: "node dist/index.js" },
    dependencies: { express: "^5.0.0" },
  },
  "tsconfig.json": TSCONFIG,
  ".gitignore": "node_modules\ndist",
  "src/index.ts": `import express from "express";
import { listUsers } from "./users.js";

const app = express();
app.get("/", async (_request, response) => {
  response.json(await listUsers(2));
});
const server = app.listen(0, async () => {
  const { port } = server.address() as { port: number };
  const answer = await fetch(\`http://127.0.0.1:\${port}/\`);
  process.stdout.write(await answer.text());
  server.close();
});
`,
  "src/users.ts": `/** All users. */
export async function listUsers(limit: number): Promise<string[]> {
  const users = ["ada", "grace", "mary"];
  return users.slice(0, limit);
}
`,
};

export const VITE: Files = {
  "package.json": {
    name: "vite-app",
    private: true,
    type: "module",
    scripts: { dev: "vite", build: "tsc && vite build", preview: "vite preview" },
    devDependencies: { vite: "^8.0.0" },
  },
  "tsconfig.json": {
    compilerOptions: {
      target: "es2023",
      module: "esnext",
      moduleResolution: "bundler",
      allowImportingTsExtensions: true,
      noEmit: true,
      types: [],
    },
    include: ["src"],
  },
  "vite.config.ts": `import { defineConfig } from 'vite'

export default defineConfig({
  build: { ssr: 'src/main.ts' },
})
`,
  "src/main.ts": `import { count } from './counter.ts'
process.stdout.write(String(count(1)))
`,
  "src/counter.ts": `export const count = (from: number): number => {
  return from + 1
}
`,
};

export const LAMBDA: Files = {
  "package.json": {
    name: "lambda",
    scripts: {
      build:
        "esbuild src/handler.ts --bundle --platform=node --target=node22 --outfile=dist/handler.js --external:@aws-sdk/*",
    },
    devDependencies: { esbuild: "^0.28.0" },
  },
  "src/handler.ts": `export const helper = async () => 1;
export const handler = async (event: { name: string }) => {
  return { statusCode: 200, body: \`Hello \${event.name}\` };
};
`,
};

export const NEST: Files = {
  "package.json": {
    name: "nest-app",
    scripts: { build: "nest build", start: "nest start", "start:prod": "node dist/main" },
    dependencies: { "@nestjs/core": "^11.0.0" },
  },
  "nest-cli.json": {
    collection: "@nestjs/schematics",
    sourceRoot: "src",
    compilerOptions: { deleteOutDir: true },
  },
  "tsconfig.json": {
    compilerOptions: {
      module: "nodenext",
      target: "ES2023",
      removeComments: true,
      emitDecoratorMetadata: true,
      experimentalDecorators: true,
      outDir: "./dist",
      types: [],
    },
  },
  "tsconfig.build.json": { extends: "./tsconfig.json", exclude: ["node_modules", "test", "dist"] },
  "src/main.ts": `import { AppService } from "./app.service.js";
async function bootstrap() {
  new AppService().getHello();
}
bootstrap();
`,
  "src/app.service.ts": `export class AppService {
  getHello(): string {
    return "Hello World!";
  }
}
`,
};

export const NEXT: Files = {
  "package.json": {
    name: "next-app",
    private: true,
    scripts: { dev: "next dev", build: "next build", start: "next start" },
    dependencies: { next: "^16.0.0" },
  },
  "next.config.ts": `import type { NextConfig } from "next";

const nextConfig: NextConfig = {
  /* config options here */
};

export default nextConfig;
`,
  "tsconfig.json": {
    compilerOptions: {
      noEmit: true,
      jsx: "react-jsx",
      module: "esnext",
      moduleResolution: "bundler",
      types: [],
      plugins: [{ name: "next" }],
    },
    include: ["**/*.ts", "**/*.tsx"],
  },
  "app/page.tsx": "export default function Home() {\n  return <main>Hello</main>;\n}\n",
  "app/lib/search.ts": "export async function search(query: string) {\n  return [query];\n}\n",
};

export const HONO: Files = {
  "package.json": {
    name: "hono-app",
    type: "module",
    scripts: { dev: "tsx watch src/index.ts", build: "tsc", start: "node dist/index.js" },
  },
  "tsconfig.json": TSCONFIG,
  "src/index.ts": `import { Hono } from "hono";

const app = new Hono();
app.get("/", (c) => {
  return c.text("Hello Hono!");
});
const answer = await app.request("/");
process.stdout.write(await answer.text());
`,
};

export const PLAIN: Files = {
  "package.json": {
    name: "plain",
    type: "module",
    scripts: { build: "tsc -p tsconfig.json", start: "node dist/main.js" },
  },
  "tsconfig.json": TSCONFIG,
  "src/main.ts":
    "function add(a: number, b: number): number {\n  return a + b;\n}\nprocess.stdout.write(String(add(1, 2)));\n",
};

export const MONOREPO: Files = {
  "package.json": {
    name: "root",
    private: true,
    workspaces: ["packages/*"],
    scripts: { build: "npm run build --workspaces" },
  },
  ".gitignore": "node_modules\n",
  "packages/api/package.json": { name: "api", type: "module", scripts: { build: "tsc" } },
  "packages/api/tsconfig.json": TSCONFIG,
  "packages/api/src/main.ts":
    'import { shared } from "../../shared/index.js";\nexport async function search(): Promise<number> {\n  return shared();\n}\n',
  "packages/web/package.json": { name: "web", type: "module", scripts: { build: "vite build" } },
  "packages/web/vite.config.js": "export default { build: { ssr: 'src/app.js' } };\n",
  "packages/web/src/app.js": "export const render = (name) => name;\n",
  "packages/shared/package.json": { name: "shared", type: "module" },
  "packages/shared/index.js": "export const shared = () => 1;\n",
};
