// The plugin for bundlers, as a bundler runs it: which parts of which files it takes, and for what language.
import { llmops } from "llmops-transformer/rolldown";
import { type Plugin, rolldown } from "rolldown";
import { expect, test } from "vitest";

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
