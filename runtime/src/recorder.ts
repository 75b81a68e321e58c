// The settings that the hot path reads → one mutable record, filled by the tracer.
// Invariant: always usable; before `configure` and the first trace it holds the defaults.
import { createEncoder, type Encoder } from "./encode.ts";

interface Limits {
  /** Bytes of UTF-8 for a span's input, and for its output. */
  spanIo: number;
  /** Bytes of UTF-8 for prompt and response. */
  promptResponse: number;
}

interface Recorder {
  encoder: Encoder;
  limits: Limits;
  /** Instrumented modules that have run so far. */
  modules: number;
}

export const recorder: Recorder = {
  modules: 0,
  encoder: createEncoder(),
  limits: { spanIo: 20_000, promptResponse: 10_000 },
};
