import * as runtime from "llmops-observability";
import * as instrument from "llmops-observability/instrument";
import * as testing from "llmops-observability/testing";
import { run } from "./program.mjs";

await run(runtime, testing, instrument);
