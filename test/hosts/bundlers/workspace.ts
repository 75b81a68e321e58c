// A workspace, installed by a package manager → `app` lists the runtime, `inner` lies below a package which does; `lib`, which
// they and `without` import, and `without` itself do not.
// Invariant: outside of the repository, whose node_modules would be found from everywhere in it; no network.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");
const OTHERS = join(import.meta.dirname, "../others/node_modules");

type Manager = "pnpm" | "yarn";

const RUNTIME = "file:../../runtime.tgz";
const LIB = { lib: "workspace:*", factor: "workspace:*" };
const FILES: Readonly<Record<string, string>> = {
  "pnpm-workspace.yaml": 'packages: ["packages/*", "packages/group/*"]\n',
  ".yarnrc.yml":
    "enableGlobalCache: false\nenableNetwork: false\nenableTelemetry: false\nnodeLinker: pnp\n",
  "yarn.lock": "",
  "package.json":
    '{ "name": "workspace", "private": true, "workspaces": ["packages/*", "packages/group/*"] }',
  "packages/factor/package.json":
    '{ "name": "factor", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
  "packages/factor/index.js": "export const factor = 2;\n",
  // Yarn gives each importer of a package with peers another path to it: `.yarn/__virtual__/…`.
  "packages/lib/package.json": JSON.stringify({
    name: "lib",
    version: "1.0.0",
    type: "module",
    exports: "./src/index.ts",
    peerDependencies: { factor: "workspace:*" },
  }),
  "packages/lib/src/index.ts": `
    import { factor } from "factor";
    /** @track */ export function priced(a: number): number { return a * factor; }
  `,
  "packages/app/package.json": JSON.stringify({
    name: "app",
    type: "module",
    dependencies: { ...LIB, "llmops-observability": RUNTIME },
  }),
  "packages/app/src/main.ts": `
    import { priced } from "lib";
    import { stats, withTrace } from "llmops-observability";
    /** @track */ function pay(a: number): number { return priced(a) + 1; }
    console.log(await withTrace("t", async () => pay(20)), typeof stats().accepted);
  `,
  "packages/group/package.json": JSON.stringify({
    name: "group",
    dependencies: { "llmops-observability": RUNTIME },
  }),
  "packages/group/inner/package.json": JSON.stringify({
    name: "inner",
    type: "module",
    dependencies: LIB,
  }),
  "packages/group/inner/src/main.ts": `
    import { priced } from "lib";
    /** @track */ function pay(a: number): number { return priced(a) + 1; }
    console.log(pay(20), "number");
  `,
  "packages/without/package.json": JSON.stringify({
    name: "without",
    type: "module",
    dependencies: LIB,
  }),
  "packages/without/src/main.ts": 'import { priced } from "lib"; console.log(priced(1));',
};

/** Remove it at the end. */
export function installWorkspace(manager: Manager): string {
  const workspace = mkdtempSync(join(tmpdir(), `llmops-${manager}-`));
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(workspace, name)), { recursive: true });
    writeFileSync(join(workspace, name), text);
  }
  packRuntime(workspace);
  const args =
    manager === "pnpm"
      ? ["pnpm/bin/pnpm.cjs", "install", "--offline", "--store-dir", join(workspace, "store")]
      : ["@yarnpkg/cli-dist/bin/yarn.js", "install"];
  execFileSync(process.execPath, [join(OTHERS, args[0] ?? ""), ...args.slice(1)], {
    cwd: workspace,
    env: { PATH: dirname(process.execPath), HOME: workspace },
    stdio: ["ignore", "ignore", 2],
  });
  return workspace;
}

/** As it is published, but for the AWS client: that stays outside of what tests build. */
function packRuntime(workspace: string): void {
  const copy = join(workspace, "copy/package");
  for (const part of ["dist", "dist-browser"])
    cpSync(join(ROOT, "runtime", part), join(copy, part), { recursive: true });
  const text = readFileSync(join(ROOT, "runtime/package.json"), "utf8");
  const manifest = JSON.parse(text) as { dependencies?: object };
  delete manifest.dependencies;
  writeFileSync(join(copy, "package.json"), JSON.stringify(manifest));
  execFileSync("tar", ["czf", join(workspace, "runtime.tgz"), "-C", dirname(copy), "package"]);
  rmSync(dirname(copy), { recursive: true });
}
