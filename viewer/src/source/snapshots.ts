// Functions whose spans came in → their files' texts, kept by the functions' hashes.
// Invariant: a text is kept only where it holds the function as it ran.
import type { Snapshot, Store } from "../store.ts";
import { findByHash } from "./function-text.ts";
import type { FoundSite } from "./manifests.ts";
import { locate, textOf } from "./paths.ts";

const LARGEST_BYTES = 1024 * 1024;

export async function keepSnapshots(
  store: Pick<Store, "keepSnapshots">,
  sites: readonly FoundSite[],
  roots: readonly string[],
): Promise<void> {
  const snapshots = new Map<string, Snapshot>();
  for (const { manifest, file, site } of sites) {
    if (snapshots.has(site.hash)) continue;
    const located = locate(file, [manifest.root]);
    if (located.state !== "found" || locate(located.path, roots).state !== "found") continue;
    const text = textOf(located.path);
    if (text === undefined || Buffer.byteLength(text) > LARGEST_BYTES) continue;
    const range = findByHash(text, site.hash, site);
    if (range === undefined) continue;
    snapshots.set(site.hash, { hash: site.hash, file, text, site: moved(site, text, range.start) });
  }
  if (snapshots.size > 0) await store.keepSnapshots([...snapshots.values()]);
}

/** The site as it stands in this text. */
function moved(site: FoundSite["site"], text: string, start: number): FoundSite["site"] {
  const by = start - site.start;
  if (by === 0) return site;
  const down = text.slice(0, start).split("\n").length - site.line;
  return {
    ...site,
    start,
    end: site.end + by,
    line: site.line + down,
    end_line: site.end_line + down,
    params: site.params.map(({ name, line }) => ({ name, line: line + down })),
    locals: site.locals.map(({ name, lines }) => ({
      name,
      lines: lines.map((line) => line + down),
    })),
  };
}
