// The packages' declarations, as built → the API reference in pages/api, from their doc comments.
import { existsSync, readFileSync } from "node:fs";

const ROOT = new URL("../", import.meta.url);
const read = (path) => JSON.parse(readFileSync(new URL(path, ROOT), "utf8"));

/** `../runtime/dist/http.d.ts` → `llmops-observability/http` */
const doors = new Map(
  read("package.json").workspaces.flatMap((folder) => {
    const { name, exports } = read(`${folder}/package.json`);
    return Object.entries(exports).flatMap(([door, target]) => {
      const types = target.types ?? target.import?.types;
      if (types === undefined || !existsSync(new URL(`${folder}/${types}`, ROOT))) return [];
      return [[`../${folder}/${types.replace("./", "")}`, name + door.slice(1)]];
    });
  }),
);

/** TypeDoc calls a module after its file; a program imports it by its door. */
function nameDoors(app) {
  app.converter.on("resolveBegin", ({ project }) => {
    for (const module of project.children ?? []) {
      const paths = ["/index.d.ts", ".d.ts", ".d.mts"].map((end) => `../${module.name}${end}`);
      module.name = paths.map((path) => doors.get(path)).find(Boolean) ?? module.name;
    }
  });
}

export default {
  name: "API",
  plugin: ["typedoc-plugin-markdown", nameDoors],
  entryPoints: [...doors.keys()],
  out: "pages/api",
  readme: "none",
  entryFileName: "index",
  excludeExternals: true,
  disableSources: true,
  hidePageHeader: true,
  githubPages: false,
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  outputFileStrategy: "modules",
  // Types that are not exported by name have no page; the reports in docs/api have them.
  validation: { notExported: false },
  logLevel: "Warn",
};
