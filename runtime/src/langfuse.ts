// The door `llmops-observability/langfuse`: traces as Langfuse takes them.
export { langfuseRequest, type LangfuseScore, langfuseScores } from "./otlp/langfuse.ts";
