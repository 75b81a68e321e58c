// `build.child.ts vite '{"directory": …}'` → one build in a process of its own, which may have been told of Plug'n'Play; JSON of it as stdout's last line.
import type { App } from "./app.ts";
import { bundlers } from "./build.ts";

const [name = "", app = ""] = process.argv.slice(2);
const built = await bundlers[name]?.(JSON.parse(app) as App);
process.stdout.write(`\n${JSON.stringify(built)}`);
