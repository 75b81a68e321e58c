const runtime = require("llmops-observability");
const instrument = require("llmops-observability/instrument");
const testing = require("llmops-observability/testing");
const { run } = require("./program.mjs");

void run(runtime, testing, instrument);
