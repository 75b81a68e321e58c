// `llmops-transformer/eslint` → a flat config with which `jsdoc/check-tag-names` knows our tags.
// Invariant: it names no plugin, so that it may stand in any config.

/** An entry of ESLint's flat configuration. */
export interface EslintConfig {
  /** As ESLint shows it. */
  readonly name: string;
  /** What the plugins read. */
  readonly settings: {
    /** Of `eslint-plugin-jsdoc`. */
    readonly jsdoc: {
      /** Our tags, so that they are known. */
      readonly structuredTags: Readonly<Record<string, object>>;
    };
  };
}

const config: EslintConfig[] = [
  {
    name: "llmops/tags",
    settings: { jsdoc: { structuredTags: { track: {}, trackLlm: {}, noTrack: {} } } },
  },
];

export default config;
