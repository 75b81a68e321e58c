// The settings that the hot path reads → one mutable record, filled by the tracer.
// Invariant: always usable; before `configure` and the first trace it holds the defaults.
import { createEncoder, type Encoder } from "./encoder.ts";
import type { Options } from "../config/table.ts";

interface Recorder {
  /** Undefined until the options were read. */
  enabled: boolean | undefined;
  keepErrors: boolean;
  encoder: Encoder;
  limits: Pick<
    Options["limits"],
    "spanIo" | "traceIo" | "promptResponse" | "field" | "spansPerTrace" | "openTraces"
  >;
  /** Instrumented modules that have run so far, and functions that `track` wraps. */
  modules: number;
}

export const recorder: Recorder = {
  modules: 0,
  enabled: undefined,
  keepErrors: false,
  encoder: createEncoder(),
  limits: {
    spanIo: 20_000,
    traceIo: 50_000,
    promptResponse: 10_000,
    field: 204_800,
    spansPerTrace: 50_000,
    openTraces: 64 * 1024 * 1024,
  },
};
