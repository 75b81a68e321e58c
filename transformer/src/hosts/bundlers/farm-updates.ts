// The files that changed while Farm watches → the modules that it is to build anew.
// Invariant: a module whose configuration is another by now is built with the next edit of any.

/** Farm's hook. */
interface UpdateHook {
  executor(changed: {
    readonly paths: readonly (readonly [file: string, how: string])[];
  }): string[];
}

/** Of a build, what tells whether a module would be built otherwise now. */
interface Configured {
  refresh(): void;
  hashFor(filename: string): string;
}

/**
 * Farm takes each file that a plugin watches for a module: with an edit of a configuration its
 * output loses modules of the program (1.7.11). So none is watched, and all are looked at here.
 */
export class FarmUpdates {
  readonly #build: Configured;
  readonly #hashes = new Map<string, string>();

  constructor(build: Configured) {
    this.#build = build;
  }

  built(id: string): void {
    this.#hashes.set(id, this.#build.hashFor(id));
  }

  get hook(): UpdateHook {
    return {
      executor: ({ paths }) => {
        this.#build.refresh();
        const stale = [...this.#hashes].filter(([id, hash]) => this.#build.hashFor(id) !== hash);
        return [...new Set([...paths.map(([file]) => file), ...stale.map(([id]) => id)])];
      },
    };
  }
}
