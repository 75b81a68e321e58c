// Vue and Svelte components through Vite, built for a server and served → the page as without us, and spans with the
// component file's own lines.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { llmops } from "llmops-transformer/vite";
import * as vite8 from "vite";
import type { InlineConfig, PluginOption } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SourceMapObject } from "../../../transformer/src/hosts/source-map.ts";
import { write } from "../../packages/setup.ts";
import { type Ran, ranIn } from "./ran.ts";

const ROOT = join(import.meta.dirname, "../../..");
const OTHERS = join(import.meta.dirname, "../others/node_modules");

/** Its last line: a place in this file, whatever became of it. */
const PLACE = `new Error("x").stack!.split("\\n")[1]?.split("/").at(-1)`;

const FILES: Readonly<Record<string, string>> = {
  "package.json": '{ "name": "components", "type": "module" }',
  "src/App.vue": `<!-- <script> /** @track */ function commented() {} </script> -->
<template>
  <p class="a">{{ label(count) }} {{ place() }} @track $s</p>
</template>

<script lang="ts">
export const kind: string = "vue"
/** @track */
export function outside(a: number): number {
  return a + 1;
}
const last = kind
</script>

<script setup lang="ts">
(() => last)();
import { ref } from "vue";
import Plain from "./Plain.vue";
const props = defineProps<{ start: number }>();
const count = ref<number>(props.start);
/** @track capture=twice */
function label(value: number): string {
  const twice: number = value * 2;
  return \`\${kind} \${twice} \${outside(1)}\`;
}
const place = /** @track */ (): string | undefined => ${PLACE};
</script>

<style>.a { color: red }</style>
`,
  "src/Plain.vue": `<script>
export default {
  props: ["n"],
  methods: {
    /** @track */
    double(n) { return n * 2; },
  },
};
</script>
<template><b>{{ double(n) }}</b></template>
`,
  "src/vue.ts": `import { createSSRApp, h } from "vue";
import { renderToString } from "@vue/server-renderer";
import App from "./App.vue";
import Plain from "./Plain.vue";
export const page = async () => await renderToString(createSSRApp({ render: () => [h(App, { start: 2 }), h(Plain, { n: 4 })] }));
`,
  "src/App.svelte": `<script module lang="ts">
  /** @track */
  export function outside(a: number): number {
    return a + 1;
  }
  const last = 1
</script>

<p>{label(count)} {place()} @track</p>

<script lang="ts">
  (() => last)();
  import { Counter } from "./counter.svelte.ts";
  let { start }: { start: number } = $props();
  let count = $state(0);
  const counter = new Counter(5);
  /** @track capture=twice */
  function label(value: number): string {
    const twice: number = value * 2;
    return \`svelte \${twice} \${outside(start)} \${counter.doubled()}\`;
  }
  const place = /** @track */ (): string | undefined => ${PLACE};
</script>

<style>p { color: red }</style>
`,
  "src/counter.svelte.ts": `export class Counter {
  count: number = $state(0);
  constructor(from: number) { this.count = from; }
  /** @track capture */
  doubled(): number { let own = $state(this.count); const twice = $derived.by(() => own * 2); const plain = 1; own += 1; return twice; }
}
`,
  "src/svelte.ts": `import { render } from "svelte/server";
import App from "./App.svelte";
export const page = () => render(App, { props: { start: 2 } }).body;
`,
};

type Framework = "vue" | "svelte";
let directory: string;

beforeAll(() => {
  if (!existsSync(OTHERS)) return;
  mkdirSync(join(ROOT, ".llmops/test"), { recursive: true });
  directory = mkdtempSync(join(ROOT, ".llmops/test/components-"));
  const mains = Object.fromEntries(
    ["vue", "svelte"].map((name) => [
      `src/${name}.main.ts`,
      `import { page } from "./${name}.ts";\nconsole.log(await page());\n`,
    ]),
  );
  write(directory, { ...FILES, ...mains });
  for (const name of ["vue", "svelte", "clsx", "devalue", "esm-env", "@vue/server-renderer"]) {
    mkdirSync(dirname(join(directory, "node_modules", name)), { recursive: true });
    symlinkSync(join(OTHERS, name), join(directory, "node_modules", name));
  }
});
afterAll(() => {
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
});

const load = async (path: string): Promise<object> =>
  (await import(pathToFileURL(join(OTHERS, path)).href)) as object;

type Vite = Pick<typeof vite8, "build" | "createServer">;
const viteOf = async (major: number): Promise<Vite> =>
  major === 8 ? vite8 : ((await load("vite7/dist/node/index.js")) as Vite);

async function pluginOf(framework: Framework): Promise<PluginOption> {
  if (framework === "vue") {
    const vue = await load("@vitejs/plugin-vue/dist/index.mjs");
    return (vue as { default: () => PluginOption }).default();
  }
  const svelte = await load("@sveltejs/vite-plugin-svelte/src/index.js");
  const options = { configFile: false, onwarn() {} };
  return (svelte as { svelte: (options: object) => PluginOption }).svelte(options);
}

const configFor = (plugins: PluginOption[]): InlineConfig => ({
  root: directory,
  configFile: false,
  logLevel: "error",
  plugins,
});

async function builtAndRun(
  { build }: Vite,
  framework: Framework,
  name: string,
  plugins: PluginOption[],
): Promise<Ran> {
  await build({
    ...configFor(plugins),
    ssr: { noExternal: true, external: ["llmops-observability"] },
    build: { ssr: `src/${framework}.main.ts`, outDir: `dist/${name}`, sourcemap: true },
  });
  return await ranIn(directory, name, `dist/${name}/${framework}.main.js`);
}

const WITHOUT_PLACE = (html: string): string => html.replace(/App\.\w+:\d+:\d+\)?/, "");

/** Where `what` stands in a component, counted from 1. */
function lineOf(file: string, what: string): number {
  return (FILES[file] ?? "").split(what, 1)[0]?.split("\n").length ?? 0;
}

/** What a build's map says that the component's file holds. */
function contentsIn(name: string, framework: Framework): readonly (string | null | undefined)[] {
  const text = readFileSync(join(directory, `dist/${name}/${framework}.main.js.map`), "utf8");
  const { sources, sourcesContent } = JSON.parse(text) as SourceMapObject;
  return sources.flatMap((source, at) =>
    source?.endsWith(`App.${framework}`) === true ? [sourcesContent?.[at]] : [],
  );
}

function recordedLines(file: string): Record<string, number> {
  const text = readFileSync(join(directory, ".llmops/manifest.json"), "utf8");
  const { files } = JSON.parse(text) as {
    files: Record<string, { sites: { name: string; line: number }[] }>;
  };
  return Object.fromEntries(files[file]?.sites.map(({ name, line }) => [name, line]) ?? []);
}

const SPANS: Readonly<Record<Framework, readonly string[]>> = {
  vue: [
    ' > double [[4],{}] {"output":8}',
    ' > label [[2],{"twice":4}] {"output":"vue 4 2"}',
    " > place",
    'label > outside [[1],{}] {"output":2}',
  ],
  svelte: [
    ' > label [[0],{"twice":0}] {"output":"svelte 0 3 12"}',
    " > place",
    'label > Counter.doubled [[],{"plain":1}] {"output":12}',
    'label > outside [[2],{}] {"output":3}',
  ],
};

// Svelte's plugin for Vite 7 is another one, which loads the Vite that lies beside it.
describe.skipIf(!existsSync(OTHERS)).each([
  ["vue", 8],
  ["vue", 7],
  ["svelte", 8],
] as const)("%s, Vite %i", (framework, major) => {
  const file = `src/App.${framework}`;

  test("built for a server, with the plugins in either order", async () => {
    const vite = await viteOf(major);
    const bare = [await pluginOf(framework)];
    const without = await builtAndRun(vite, framework, `${framework}${major}-bare`, bare);
    for (const order of ["before", "behind"]) {
      const plugins = [llmops(), await pluginOf(framework)];
      const name = `${framework}${major}-${order}`;
      const ran = await builtAndRun(
        vite,
        framework,
        name,
        order === "before" ? plugins : plugins.toReversed(),
      );
      expect(WITHOUT_PLACE(ran.stdout)).toBe(WITHOUT_PLACE(without.stdout));
      expect(/App\.\w+:\d+/.exec(ran.stdout)?.[0]).toBe(
        `App.${framework}:${lineOf(file, "new Error")}`,
      );
      expect(new Set(contentsIn(name, framework))).toEqual(new Set([FILES[file]]));
      const spans = ran.spans.map((span) => (/^.* > place/.exec(span)?.[0] ?? span).trimEnd());
      expect(spans).toEqual(SPANS[framework]);
    }
    expect(recordedLines(file)).toEqual({
      label: lineOf(file, "function label"),
      outside: lineOf(file, "export function outside"),
      place: lineOf(file, "(): string | undefined"),
    });
  });

  test("served: for the browser, and rendered", async () => {
    const { createServer } = await viteOf(major);
    const server = await createServer({
      ...configFor([llmops(), await pluginOf(framework)]),
      server: { middlewareMode: true, ws: false },
      appType: "custom",
      optimizeDeps: { noDiscovery: true },
    });
    const sent = await server.environments.client.transformRequest(`/src/App.${framework}`);
    expect(sent?.code).toMatch(/\.enter\(\d+, \[value\]/);
    const { page } = (await server.ssrLoadModule(`/src/${framework}.ts`)) as {
      page: () => string | Promise<string>;
    };
    expect(await page()).toContain(framework === "vue" ? "vue 4 2" : "svelte 0 3 12");
    await server.close();
  });
});
