// The door `llmops-observability/wire`: a trace ↔ messages, for readers and writers of the queue.
export * from "./wire/message.ts";
