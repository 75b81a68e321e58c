// What compiled code puts in the place of a local that was never assigned.

/** A local that was never reached: its name is left out. One symbol for all copies of this package. */
export const UNSET: unique symbol = Symbol.for("llmops-observability.unset");
