// The public names of `llmops-transformer`. The default export is the ts-patch plugin.
export type { RawConfig, RawEntry, RawOptions } from "./config.ts";
export type { Diagnostic, Severity } from "./diagnostics.ts";
export type { TransformerOptions } from "./transform.ts";
export type { PluginOptions } from "./ts-patch.ts";
export type { Format, Instrumented, InstrumentOptions, SourceMapObject } from "./instrument.ts";
export { instrument } from "./instrument.ts";
export { createTransformer } from "./transform.ts";
export { default } from "./ts-patch.ts";
