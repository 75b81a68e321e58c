// The port to a destination → the runtime's own: a sink that works there works here.
// Invariant: an entry's trace is decoded; for a `whole` sink it is all that came of it so far.
export type { Entry, Outcome, Pace, SendOptions, Sink } from "llmops-observability";
