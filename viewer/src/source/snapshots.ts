// Functions whose spans came in → their files' texts, kept by the functions' hashes.
// Invariant: a text is kept only where it holds the function as it ran.
import type { Snapshot, Store } from "../store.ts";
import { findByHash, linesOf, type Range } from "./function-text.ts";
import type { FoundSite } from "./manifests.ts";
import { located, textOf } from "./paths.ts";

const LARGEST_BYTES = 1024 * 1024;
/** Kept at a time: each brings its file's text along. */
const AT_ONCE = 50;

export async function keepSnapshots(
  store: Pick<Store, "keepSnapshots">,
  sites: readonly FoundSite[],
  roots: readonly string[],
): Promise<void> {
  const kept = new Set<string>();
  const texts = new Map<string, string | undefined>();
  let snapshots: Snapshot[] = [];
  for (const { manifest, file, site } of sites) {
    if (kept.has(site.hash)) continue;
    const place = located(file, [manifest.root], { roots, largest: LARGEST_BYTES });
    if (place.state !== "found") continue;
    if (!texts.has(place.path)) texts.set(place.path, textOf(place.path));
    const text = texts.get(place.path);
    const range = text === undefined ? undefined : findByHash(text, site.hash, site);
    if (text === undefined || range === undefined) continue;
    kept.add(site.hash);
    snapshots.push({ hash: site.hash, file, text, site: moved(site, text, range) });
    if (snapshots.length < AT_ONCE) continue;
    await store.keepSnapshots(snapshots);
    texts.clear();
    snapshots = [];
  }
  if (snapshots.length > 0) await store.keepSnapshots(snapshots);
}

/** The site as it stands in this text. */
function moved(site: FoundSite["site"], text: string, range: Range): FoundSite["site"] {
  const { first, last } = linesOf(text, range);
  const down = first - site.line;
  return {
    ...site,
    ...range,
    line: first,
    end_line: last,
    params: site.params.map(({ name, line }) => ({ name, line: line + down })),
    locals: site.locals.map(({ name, lines }) => ({
      name,
      lines: lines.map((line) => line + down),
    })),
  };
}
