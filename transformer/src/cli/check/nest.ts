// nest-cli.json and the scripts that call `nest` → whether what it compiles has us in it.
// Invariant: `nest build` takes TypeScript's plugins only where ts-patch has patched TypeScript.
import { join } from "node:path";
import { readText } from "../project/json-file.ts";
import { pluginsPlace } from "../project/tsconfig.ts";
import type { Evidence } from "./evidence.ts";
import { fault, fine, type Verdict } from "./faults.ts";
import { nestBuild } from "./nest-build.ts";
import { isRegistered } from "./running.ts";

const HOST = "nest";

const PATCH = 'Run the script "prepare" once: it patches TypeScript.';

const SWC = "Run what it makes by `node --import llmops-transformer/register`";

/** What it patches begins with a record of it. */
const PATCHED = "/// tsp-module:";

/** npm runs `prepare` when all is installed, not when one more package is. */
function isUnpatched(evidence: Evidence): boolean {
  const typescript = evidence.installed("typescript");
  if (typescript === undefined) return false;
  const text = readText(join(typescript.directory, "lib/typescript.js"));
  return text !== undefined && !text.startsWith(PATCHED);
}

export function nestVerdicts(evidence: Evidence): Verdict[] {
  const { commands, directory, tsconfigs } = evidence.package;
  const found = nestBuild(evidence);
  if (found === undefined) return [];
  const { place, cli, builder } = found;
  if (builder === "webpack" || builder === "rspack") {
    const config = join(
      directory,
      cli?.string(["compilerOptions", "builder", "options", "configPath"]) ??
        (builder === "webpack"
          ? cli?.string(["compilerOptions", "webpackConfigPath"])
          : undefined) ??
        `${builder}.config.js`,
    );
    if (evidence.flowOf(config).doors.size > 0)
      return [fine(HOST, `${evidence.show(config)} has the plugin.`, place)];
    const how = `Add the plugin to ${evidence.show(config)}: import llmops from "llmops-transformer/${builder}"`;
    return [fault(HOST, "LLMOPS1316", place, builder, how)];
  }
  if (builder !== "tsc") {
    if (builder === "swc" && commands.some((command) => isRegistered(evidence, command)))
      return [fine(HOST, "Node instruments what SWC has made, as it loads it.", place)];
    const how = `${builder === "swc" ? SWC : 'Build with "tsc" in nest-cli.json'}, or compile by \`tspc -p tsconfig.build.json\`.`;
    return [
      fault(
        HOST,
        "LLMOPS1316",
        cli?.placeOf(["compilerOptions", "builder"]) ?? place,
        builder,
        how,
      ),
    ];
  }
  const [main] = tsconfigs;
  if (main !== undefined && main.entry === undefined)
    return [fault(HOST, "LLMOPS1301", pluginsPlace(main), evidence.show(main.path), "nest build")];
  const patched = commands.some(({ tool, args }) => tool === "ts-patch" && args[0] === "install");
  if (patched && isUnpatched(evidence))
    return [fault(HOST, "LLMOPS1316", place, "an unpatched tsc", PATCH)];
  if (patched)
    return [fine(HOST, "nest compiles with the TypeScript that ts-patch patched.", place)];
  const how =
    'Add the script "prepare": "ts-patch install" and run it, or compile by `tspc -p tsconfig.build.json`.';
  return [fault(HOST, "LLMOPS1316", place, "an unpatched tsc", how)];
}
