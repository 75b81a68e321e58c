// A mistake in the arguments of `configure()` → the error that it throws.
// In a file of its own: the browser build needs the class, but not the options.

/** The sentence names the option and what to do. */
export class ConfigError extends Error {
  /** Also where the program is minified. */
  override readonly name: string = "ConfigError";
}
