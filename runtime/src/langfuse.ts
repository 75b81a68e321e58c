// The door `llmops-observability/langfuse`: traces as Langfuse takes them.
export { langfuseSink, type LangfuseSinkOptions } from "./sinks/otlp/langfuse.ts";
export { langfuseRequest, type LangfuseScore, langfuseScores } from "./otlp/langfuse.ts";
