// What compiled code imports, and nothing else: `llmops-observability/instrument`.
import { shared } from "./shared.ts";
import type { loadModule } from "./module.ts";

export type { Handle } from "./inert.ts";
export type { SiteFacts } from "./site.ts";
export type { SpanAbi } from "./span.ts";
export { ABI } from "./site.ts";

/** Called once by every compiled module; the handle's `enter` begins a span. */
export const module: typeof loadModule = shared.module;
