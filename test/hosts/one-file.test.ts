// The runtime in a bundle of one file, as Lambda functions are → what its start loads of Node.
import { build } from "esbuild";
import { expect, test } from "vitest";

test("what only sending needs is not imported at the top of a bundle of one file", async () => {
  const { metafile } = await build({
    entryPoints: ["runtime/src/index.ts"],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    external: ["@aws-sdk/*"],
    outfile: "bundle.mjs",
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const atTheTop = imports.filter(({ kind }) => kind === "import-statement");
  const paths = (found: typeof imports): string[] => found.map(({ path }) => path);
  expect(paths(imports)).toEqual(expect.arrayContaining(["node:http", "node:https"]));
  expect(paths(atTheTop)).not.toContain("node:http");
  expect(paths(atTheTop)).not.toContain("node:https");
});
