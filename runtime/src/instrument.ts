// What compiled code imports, and nothing else: `llmops-observability/instrument`.
import { shared } from "./api/registry.ts";
import type { loadModule } from "./api/module.ts";

export type { Handle, SiteFacts, SpanAbi } from "./abi.ts";
export { ABI } from "./abi.ts";

/** Called once by every compiled module; the handle's `enter` begins a span. */
export const module: typeof loadModule = shared.module;

/** What Rollup's CommonJS plugin makes of a `require` of a module that stays outside. */
const all: { readonly module: typeof loadModule } = { module };
export default all;
