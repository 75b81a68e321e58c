// The door `llmops-processor/langfuse`: the runtime's own way to Langfuse, which works behind the
// queue as well.
export * from "llmops-observability/langfuse";
