// The walk through a file: what it knows before, and where it stands → what it has found.
// Invariant: a write counts for the function of the variable, whichever function writes.
import type { Edit, Range, Site, Write } from "../plan.ts";
import type { Compiler, ts } from "../syntax.ts";
import type { Places } from "./places.ts";
import { resolve, type Scope, type Scopes } from "./scopes.ts";

/** A function that becomes a site: names that are inserted in it. */
export interface OpenSite {
  /** Variable of its span. */
  readonly span: string;
  /** Shadow variables, by the offset of the captured variable's declaration. */
  readonly shadows: ReadonlyMap<number, string>;
  /** Offsets of the writes to each captured variable, by the offset of its declaration. */
  readonly writes: ReadonlyMap<number, number[]>;
  /** Its number in the Plan. */
  readonly index: number;
  readonly superCall: Site["superCall"];
  /** An LLM call: see the edit `receiver`. */
  readonly llm: boolean;
}

/** The function that runs where the walk stands. */
export interface Running {
  /** Undefined where it is not tracked. */
  readonly site: OpenSite | undefined;
  readonly async: boolean;
  readonly generator: boolean;
}

/** Outside of functions, in parameter lists, in static blocks: no `return` or `await` of a site. */
export const NONE_RUNNING: Running = { site: undefined, async: false, generator: false };

/** What a walk knows of its file. */
export interface Known {
  readonly ts: Compiler;
  readonly file: ts.SourceFile;
  readonly scopes: Scopes;
  /** Where sites are. */
  readonly places: Places;
}

export class Walk implements Known {
  readonly ts: Compiler;
  readonly file: ts.SourceFile;
  readonly scopes: Scopes;
  readonly places: Places;
  readonly sites: ReadonlyMap<ts.Node, OpenSite>;
  readonly edits: Edit[] = [];
  /** Sites with a `try` of their own: see `Site.mayOverrideReturn`. */
  readonly withTry: Set<OpenSite> = new Set();
  /** Where statements end that got a semicolon. */
  readonly semicolons: Set<number> = new Set();
  /** From below the file down to the parent of the node that is visited. */
  readonly ancestors: ts.Node[] = [];
  /** `with` statements around: what a name in them means is not known. */
  withStatements = 0;
  readonly #shadowOf = new Map<number, string>();
  readonly #spanOf = new Map<string, string>();
  readonly #offsetsOf = new Map<number, number[]>();
  /** Shadows that are not in scope: those of functions whose parameter list is being walked. */
  readonly #hidden = new Set<string>();

  constructor({ ts, file, scopes, places }: Known, sites: ReadonlyMap<ts.Node, OpenSite>) {
    this.ts = ts;
    this.file = file;
    this.scopes = scopes;
    this.places = places;
    this.sites = sites;
    for (const { span, shadows, writes } of sites.values()) {
      for (const [at, offsets] of writes) this.#offsetsOf.set(at, offsets);
      for (const [at, shadow] of shadows) {
        this.#shadowOf.set(at, shadow);
        this.#spanOf.set(shadow, span);
      }
    }
  }

  range(node: ts.Node): Range {
    return { start: node.getStart(this.file), end: node.end };
  }

  /** The shadows that have to follow, when these variables are written to. */
  writesTo(variables: readonly ts.Identifier[], scope: Scope): Write[] {
    const writes: Write[] = [];
    if (this.withStatements > 0) return writes;
    for (const variable of variables) {
      const { text } = variable;
      const binding = resolve(scope, text);
      if (binding === undefined) continue;
      this.#offsetsOf.get(binding.at)?.push(variable.getStart(this.file));
      const shadow = this.#shadowOf.get(binding.at);
      if (shadow === undefined || this.#hidden.has(shadow)) continue;
      if (!writes.some((write) => write.shadow === shadow)) writes.push({ shadow, variable: text });
    }
    return writes;
  }

  /** The span of the function that a shadow belongs to: visible wherever the shadow is. */
  spanOf({ shadow }: Write): string {
    return this.#spanOf.get(shadow) ?? "";
  }

  /** Runs `visit` where the shadows of a site do not exist yet. */
  withoutShadows(site: OpenSite | undefined, visit: () => void): void {
    for (const shadow of site?.shadows.values() ?? []) this.#hidden.add(shadow);
    visit();
    for (const shadow of site?.shadows.values() ?? []) this.#hidden.delete(shadow);
  }
}
