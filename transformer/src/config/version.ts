// Equals the version in package.json (tested): what another version has compiled is compiled again.
export const VERSION = "0.1.0";
