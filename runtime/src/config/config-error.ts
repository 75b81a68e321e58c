// Apart from the options, which browsers do without.

/** A mistake in the arguments of `configure()`. The sentence names the option and what to do. */
export class ConfigError extends Error {
  override readonly name: string = "ConfigError";
}
