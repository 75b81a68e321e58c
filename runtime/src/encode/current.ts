// How values are encoded at present → one mutable record, filled from the options.
// Invariant: always usable; before `configure` and the first trace it holds the defaults.
import type { Options } from "../config/options.ts";
import { createEncoder, type Encoder } from "./encoder.ts";

interface Encoding {
  encoder: Encoder;
  limits: Pick<Options["limits"], "spanIo" | "traceIo" | "promptResponse" | "field">;
}

export const encoding: Encoding = {
  encoder: createEncoder(),
  limits: { spanIo: 20_000, traceIo: 50_000, promptResponse: 10_000, field: 204_800 },
};
