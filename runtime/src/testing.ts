// `llmops-observability/testing`: what users' own tests need.

export { memorySink, type MemorySink } from "./sinks/memory.ts";
