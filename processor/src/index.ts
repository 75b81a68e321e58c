// The public names of llmops-processor.
export type { ProcessorOptions } from "./config/settings.ts";
export type { ProcessorStats } from "./deliver/stats.ts";
export { ConfigError, type Failure, type FailureCode } from "./failure.ts";
export { createHandler, type Handler, type SQSBatchResponse, type SQSEvent } from "./handler.ts";
export { consume, type ConsumeOptions } from "./queue/consume.ts";
export { render, type RenderOptions } from "./render/render.ts";
export type { Entry, Outcome, Pace, SendOptions, Sink } from "./sink.ts";
export type { Store } from "./store.ts";
export { fileStore } from "./stores/file.ts";
export { memoryStore, type MemoryStoreOptions } from "./stores/memory.ts";
export { decode, WireError, type WireSpan, type WireTrace } from "llmops-observability/wire";
