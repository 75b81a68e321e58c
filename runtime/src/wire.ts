// The door `llmops-observability/wire`: a trace ↔ messages, for readers and writers of the queue.
export * from "./wire/message.ts";
// Delivery imports the former as a whole, and programs in one file would have these with it.
export { envelopeSchema, traceSchema } from "./wire/schema.ts";
