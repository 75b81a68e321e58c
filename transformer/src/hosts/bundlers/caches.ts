// A bundler's cache on disk, and a hash of all that decides what is tracked → a cache of its own.
// Invariant: no module comes out of a cache as another configuration, or version of ours, made it.

/** Of webpack and Rspack; Rspack 1 has its cache among the experiments. */
export interface Compiler {
  readonly context: string;
  readonly options: { readonly cache?: unknown; readonly experiments?: object };
}

export function nameCaches({ options }: Compiler, hash: string): void {
  const { cache, experiments = {} } = options;
  for (const found of [cache, "cache" in experiments ? experiments.cache : undefined]) {
    if (typeof found !== "object" || found === null || !("type" in found)) continue;
    if (found.type !== "filesystem" && found.type !== "persistent") continue;
    const version = "version" in found && typeof found.version === "string" ? found.version : "";
    Object.assign(found, { version: `${version} llmops:${hash}` });
  }
}

/** What a user of Farm has configured. */
export interface FarmConfig {
  readonly root?: string;
  readonly compilation?: {
    readonly persistentCache?: boolean | { readonly envs?: Readonly<Record<string, string>> };
  };
}

export function withNamedCache(config: FarmConfig, hash: string): FarmConfig {
  const { persistentCache: cache } = config.compilation ?? {};
  if (cache === false) return config;
  const given = typeof cache === "object" ? cache : {};
  const persistentCache = { ...given, envs: { ...given.envs, "llmops-transformer": hash } };
  return { ...config, compilation: { ...config.compilation, persistentCache } };
}
