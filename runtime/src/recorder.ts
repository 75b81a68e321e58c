// The settings that the hot path reads → one mutable record, filled by the tracer.
// Invariant: always usable; before `configure` and the first trace it holds the defaults.
import { createEncoder, type Encoder } from "./encode.ts";
import type { Options } from "./option-table.ts";

interface Recorder {
  /** Undefined until the options were read. */
  enabled: boolean | undefined;
  encoder: Encoder;
  limits: Pick<Options["limits"], "spanIo" | "promptResponse" | "spansPerTrace">;
  /** Instrumented modules that have run so far. */
  modules: number;
}

export const recorder: Recorder = {
  modules: 0,
  enabled: undefined,
  encoder: createEncoder(),
  limits: { spanIo: 20_000, promptResponse: 10_000, spansPerTrace: 50_000 },
};
