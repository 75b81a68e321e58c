// The door `llmops-observability/wire`: a trace's JSON text ↔ message bodies, for every reader and writer of the queue.
export * from "./wire/message.ts";
