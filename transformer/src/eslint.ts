// `llmops-transformer/eslint` → a flat config with which `jsdoc/check-tag-names` knows our tags.
// Invariant: it names no plugin, so that it may stand in any config.

/** An entry of ESLint's flat configuration. */
export interface EslintConfig {
  readonly name: string;
  readonly settings: {
    readonly jsdoc: { readonly structuredTags: Readonly<Record<string, object>> };
  };
}

const config: EslintConfig[] = [
  {
    name: "llmops/tags",
    settings: { jsdoc: { structuredTags: { track: {}, trackLlm: {}, noTrack: {} } } },
  },
];

export default config;
