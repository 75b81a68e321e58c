// The door `llmops-processor/otlp`: the runtime's own way to any OTLP backend, which works behind
// the queue as well.
export * from "llmops-observability/otlp";
