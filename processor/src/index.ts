// The public names of llmops-processor.
export { consume, type ConsumeOptions } from "./consume.ts";
export { render, type RenderOptions } from "./render.ts";
export { decode, WireError, type WireSpan, type WireTrace } from "llmops-observability/wire";
