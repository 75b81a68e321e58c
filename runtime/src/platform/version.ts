// This package's name and version → as they stand on the wire.
// Invariant: `SDK_VERSION` is the version in package.json.

export const SDK_NAME = "llmops-observability";
export const SDK_VERSION = "0.1.0";
