// The public names of `llmops-transformer`. The default export is the ts-patch plugin.
export type { RawConfig, RawEntry, RawOptions } from "./config/schema.ts";
export type { Diagnostic, Severity } from "./diagnostics.ts";
export type { TransformerOptions } from "./hosts/transformer.ts";
export type { PluginOptions } from "./hosts/ts-patch.ts";
export type {
  Format,
  Instrumented,
  InstrumentOptions,
  SourceMapObject,
} from "./hosts/instrument.ts";
export { instrument } from "./hosts/instrument.ts";
export { createTransformer } from "./hosts/transformer.ts";
export { default } from "./hosts/ts-patch.ts";
