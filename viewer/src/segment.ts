// An id ↔ a segment of a path, for server and page.
// Invariant: any text is a legal id, and each has a segment of its own.

/** URLs lose these segments, written as `%2e%2e` too: they go with a tilde before them. */
const LOST = /^~*\.{1,2}$/;

export function segmentOf(id: string): string {
  return encodeURIComponent(LOST.test(id) ? `~${id}` : id);
}

/** @param segment decoded */
export function idOf(segment: string): string {
  return segment.startsWith("~") && LOST.test(segment) ? segment.slice(1) : segment;
}
