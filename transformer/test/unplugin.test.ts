// The plugin for bundlers, as a bundler runs it: which parts of which files it takes, and for what language.
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { llmops } from "llmops-transformer/rolldown";
import { llmops as inVite } from "llmops-transformer/vite";
import { type Plugin, rolldown } from "rolldown";
import { build } from "vite";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { write } from "../../test/packages/setup.ts";

/** In a file of another kind, the cast would begin an element. */
const SCRIPT = "export function f(a: unknown): number { return <number>a; }";

test.each(["src/app.ts", "src/app.ts?v=1", "src/App.vue?vue&type=script&setup=true&lang.ts"])(
  "%s is TypeScript",
  async (id) => {
    const logs: string[] = [];
    const files: Plugin = {
      name: "files",
      resolveId: (source) =>
        source.startsWith("llmops-") ? { id: source, external: true } : source,
      load: () => ({ code: SCRIPT, moduleType: "ts" }),
    };
    const bundle = await rolldown({
      input: id,
      plugins: [files, llmops({ config: { track: [{ functions: "**" }] } })],
      onLog: (_level, { message }) => logs.push(message),
    });
    const { output } = await bundle.generate();
    await bundle.close();
    expect(logs).toEqual([]);
    expect(output[0].code).toContain("$s.exit()");
  },
);

describe("a build that runs once asks only for files that may hold a site", () => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "llmops-asked (a) [b]-"));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    write(directory, {
      "app/package.json": '{ "name": "app", "type": "module" }',
      "app/src/main.ts":
        'import "./plain.ts"; import "./tagged.ts"; import "./deep/named.ts"; import "../../beside/other.ts"; console.log(1);',
      "app/src/plain.ts": "export function plain() {} console.log(plain());",
      "app/src/tagged.ts": "/** @track */ function tagged() {} console.log(tagged());",
      "app/src/deep/named.ts": "export function named() {} console.log(named());",
      "beside/other.ts": "export function other() {} console.log(other());",
    });
  });
  const external = [/^llmops-/];

  const pluginOf = (bundler: string, options: object = {}): ReturnType<typeof inVite> | Plugin =>
    bundler === "vite" ? inVite(options) : llmops(options);

  /** Which files the plugin was asked for, and the names of functions that are tracked. */
  async function asked(
    bundler: string,
    plugin: Plugin | ReturnType<typeof inVite> = pluginOf(bundler),
    root = "app",
  ): Promise<string[][]> {
    const files: string[] = [];
    const { transform } = plugin;
    if (typeof transform !== "object") throw new Error("no hook");
    const { handler } = transform as { handler: (code: string, id: string) => unknown };
    Object.assign(transform, {
      handler(this: unknown, code: string, id: string) {
        files.push(basename(id));
        return handler.call(this, code, id);
      },
    });
    const [cwd, input] = [join(directory, root), join(directory, root, "src/main.ts")];
    const code = await (bundler === "vite"
      ? byVite(cwd, input, plugin as ReturnType<typeof inVite>)
      : byRolldown(cwd, input, plugin as Plugin));
    const tracked = [...code.matchAll(/"?fn"?:\s*["'`]([^"'`]*)/g)].map(([, name = ""]) => name);
    return [files.toSorted(), tracked.toSorted()];
  }

  async function byRolldown(cwd: string, input: string, plugin: Plugin): Promise<string> {
    const bundle = await rolldown({ cwd, input, plugins: [plugin], external });
    const { output } = await bundle.generate();
    await bundle.close();
    return output[0].code;
  }

  async function byVite(
    root: string,
    input: string,
    plugin: ReturnType<typeof inVite>,
  ): Promise<string> {
    const built = await build({
      root,
      configFile: false,
      logLevel: "silent",
      plugins: [plugin],
      build: { ssr: input, write: false, minify: false, rollupOptions: { external } },
    });
    if (!("output" in built)) throw new Error("no output");
    return built.output[0].code;
  }

  const ALL = ["main.ts", "named.ts", "other.ts", "plain.ts", "tagged.ts"];
  const NAMED = '{ "track": [{ "functions": "named" }] }';

  describe.each(["vite", "rolldown"])("%s", (bundler) => {
    test("tags alone mark: those of the root that have one, and all outside of it", async () => {
      expect(await asked(bundler)).toEqual([["other.ts", "tagged.ts"], ["tagged"]]);
    });

    test("through a link to the root", async () => {
      symlinkSync(join(directory, "app"), join(directory, "link"));
      const [files, tracked] = await asked(bundler, undefined, "link");
      expect([files, tracked]).toEqual([["other.ts", "tagged.ts"], ["tagged"]]);
    });

    test.each([
      ["the root's configuration", "app/llmops.config.json", {}],
      ["one of a folder below", "app/src/deep/llmops.config.json", {}],
      ["one around the root", "llmops.config.json", {}],
      ["one in the options", "", { config: { track: [{ functions: "named" }] } }],
    ])("%s names functions: all", async (_, file, options) => {
      if (file !== "") write(directory, { [file]: NAMED });
      expect(await asked(bundler, pluginOf(bundler, options))).toEqual([ALL, ["named", "tagged"]]);
    });

    test("one behind a link, whose name is kept, names functions: all", async () => {
      write(directory, { "beside/llmops.config.json": '{ "track": [{ "functions": "other" }] }' });
      symlinkSync(join(directory, "beside"), join(directory, "app/src/link"));
      expect((await asked(bundler))[0]).toEqual(ALL);
    });

    test("a plugin that is used again asks for what the configuration names by then", async () => {
      const plugin = pluginOf(bundler);
      const again = async (): Promise<string[] | undefined> => (await asked(bundler, plugin))[1];
      expect(await again()).toEqual(["tagged"]);
      write(directory, { "app/llmops.config.json": NAMED });
      expect(await again()).toEqual(["named", "tagged"]);
    });

    test("a configuration outside of the root names functions there", async () => {
      write(directory, { "beside/llmops.config.json": '{ "track": [{ "functions": "other" }] }' });
      expect(await asked(bundler)).toEqual([
        ["other.ts", "tagged.ts"],
        ["other", "tagged"],
      ]);
    });

    test("a configuration that is wrong is told all the same", async () => {
      write(directory, {
        "app/llmops.config.json": '{ "trak": [] }',
        "app/src/tagged.ts": "console.log(1);",
      });
      await expect(asked(bundler)).rejects.toThrow("LLMOPS1101");
    });

    test("a manifest loses the functions of files that lost their tags", async () => {
      await asked(bundler);
      const manifest = join(directory, "app/.llmops/manifest.json");
      expect(readFileSync(manifest, "utf8")).toContain("src/tagged.ts");
      write(directory, { "app/src/tagged.ts": "console.log(1);" });
      await asked(bundler);
      expect(readFileSync(manifest, "utf8")).not.toContain("src/tagged.ts");
    });
  });
});
