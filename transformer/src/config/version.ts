// This package's version → part of caches' keys: what another version compiled is compiled again.
// Invariant: it is the version in package.json.
export const VERSION = "0.1.0";
