// The port to a destination: the runtime's, so that a sink which works there works here.
// Invariant: here an entry's trace is decoded already; for a `whole` sink it is all that came of the trace so far.
export type { Entry, Outcome, Pace, SendOptions, Sink } from "llmops-observability";
