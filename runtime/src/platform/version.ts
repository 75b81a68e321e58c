// The names by which this package calls itself on the wire. SDK_VERSION equals the version
// in package.json (tested).

export const SDK_NAME = "llmops-observability";
export const SDK_VERSION = "0.1.0";
