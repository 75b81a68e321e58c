#!/usr/bin/env node
// The bin `llmops-viewer`. In a clone, npm links it before the first build makes what it runs.
await import("../dist/bin.js");
