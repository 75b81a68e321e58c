// The manifests' functions and the store's calls → which were hit, and what was captured of them.
// Invariant: every function of a manifest is there once; those left untouched count for nothing.
import type { FunctionCalls, Site } from "../model.ts";
import type { CaptureCounts, CoveredFunction, Coverage } from "../views.ts";

/** As source/ reads it; a manifest's own shape. */
export interface CoverageManifest {
  readonly path: string;
  readonly root: string;
  readonly built_at: number;
  readonly adapter: string;
  readonly files: ReadonlyMap<string, readonly Site[]>;
}

interface Place {
  readonly manifest: CoverageManifest;
  readonly file: string;
  readonly site: Site;
}

export function coverageOf(
  manifests: readonly CoverageManifest[],
  calls: readonly FunctionCalls[],
): Coverage {
  const places = manifests.flatMap((manifest) =>
    [...manifest.files].flatMap(([file, sites]) =>
      sites.map((site): Place => ({ manifest, file, site })),
    ),
  );
  const callsOf = new Map<Place, FunctionCalls[]>(places.map((place) => [place, []]));
  const byId = grouped(places, ({ site }) => site.id);
  const byName = grouped(places, ({ file, site }) => nameOf(file, site.function));
  const unknown: Coverage["unknown"][number][] = [];
  for (const call of calls) {
    const { site, function: name, file, hits } = call;
    const found =
      bySite(call, site === null ? undefined : byId.get(site)) ??
      alone(file === null ? undefined : byName.get(nameOf(file, name)));
    if (found === undefined) unknown.push({ function: name, file, hits });
    else callsOf.get(found)?.push(call);
  }
  const functions = Array.from(callsOf, ([{ file, site }, own]) => covered(file, site, own));
  return {
    manifests: manifests.map(({ path, root, built_at, adapter, files }) => ({
      path,
      root,
      built_at,
      adapter,
      sites: sum([...files.values()], (sites) => sites.length),
    })),
    functions,
    unknown,
    totals: totalsOf(functions),
  };
}

const nameOf = (file: string, name: string): string => JSON.stringify([file, name]);

/** Projects beside each other may have a function of the same id: the text tells them apart. */
function bySite({ hashes }: FunctionCalls, named: readonly Place[] = []): Place | undefined {
  return named.length === 1 ? named[0] : named.find(({ site }) => hashes.includes(site.hash));
}

/** The first of those that one manifest alone has. */
function alone(named: readonly Place[] = []): Place | undefined {
  return new Set(named.map(({ manifest }) => manifest)).size === 1 ? named[0] : undefined;
}

function grouped<T>(
  list: readonly T[],
  keyOf: (one: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const one of list) {
    const known = found.get(keyOf(one));
    if (known === undefined) found.set(keyOf(one), [one]);
    else known.push(one);
  }
  return found;
}

function covered(file: string, site: Site, calls: readonly FunctionCalls[]): CoveredFunction {
  const hits = sum(calls, ({ hits: one }) => one);
  const hashes = calls.flatMap((call) => call.hashes);
  const busiest = calls.toSorted((a, b) => b.hits - a.hits)[0];
  return {
    site: site.id,
    function: site.function,
    file,
    line: site.line,
    kind: site.kind,
    tag: site.tag ?? null,
    from: site.from,
    state: site.skipped != null ? "skipped" : hits > 0 ? "hit" : "never",
    stale: hits > 0 && hashes.length > 0 && !hashes.includes(site.hash),
    hits,
    errors: sum(calls, ({ errors }) => errors),
    last_seen: calls.reduce<number | null>((at, call) => Math.max(at ?? 0, call.last_seen), null),
    p50_ms: busiest?.p50_ms ?? null,
    p95_ms: busiest?.p95_ms ?? null,
    captures: capturesOf(site, calls, hits),
    skipped: site.skipped ?? null,
  };
}

/** Those that the site names, also where no span has them; and what spans had beside. */
function capturesOf(
  site: Site,
  calls: readonly FunctionCalls[],
  hits: number,
): readonly CaptureCounts[] {
  const counts = new Map<string, CaptureCounts>();
  for (const { name } of site.locals)
    counts.set(name, { name, seen: 0, unset: 0, truncated: 0, redacted: 0 });
  for (const { captures } of calls) {
    for (const one of captures) {
      const before = counts.get(one.name);
      counts.set(one.name, {
        name: one.name,
        seen: one.seen + (before?.seen ?? 0),
        unset: one.unset + (before?.unset ?? 0),
        truncated: one.truncated + (before?.truncated ?? 0),
        redacted: one.redacted + (before?.redacted ?? 0),
      });
    }
  }
  const named = new Set(site.locals.map(({ name }) => name));
  // A local that was never assigned is not among a span's.
  for (const one of counts.values()) {
    if (named.has(one.name))
      counts.set(one.name, { ...one, unset: Math.max(one.unset, hits - one.seen) });
  }
  return [...counts.values()];
}

function totalsOf(functions: readonly CoveredFunction[]): Coverage["totals"] {
  const count = (state: CoveredFunction["state"]): number =>
    functions.filter((one) => one.state === state).length;
  const [hit, never] = [count("hit"), count("never")];
  const captures = functions.flatMap((one) => one.captures);
  return {
    functions: functions.length,
    hit,
    never,
    skipped: count("skipped"),
    truncated: sum(captures, ({ truncated }) => truncated),
    redacted: sum(captures, ({ redacted }) => redacted),
    percent: hit + never === 0 ? null : Math.round((hit / (hit + never)) * 1000) / 10,
  };
}

function sum<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((total, one) => total + of(one), 0);
}
