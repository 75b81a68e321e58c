// Text from anywhere → text that shows what is in it: controls and direction marks as `\u202e`.
// Invariant: what is shown reads in the order in which it is stored.

/** All but tab and line feed; direction marks; what has no width. */
const UNSEEN =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

export function seen(text: string): string {
  return text.replace(UNSEEN, escaped);
}

/** In one line. */
export function seenLine(text: string): string {
  return seen(text).replaceAll("\n", "\\n").replaceAll("\t", " ");
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** A base64 text of this length and more is folded. */
const FOLDED = 256;

/** Bytes in it, where it is base64 and long. */
export function base64Bytes(text: string): number | undefined {
  const at = /^data:[\w.+-]+\/[\w.+-]+;base64,/.exec(text)?.[0].length ?? 0;
  const length = text.length - at;
  if (length < FOLDED) return undefined;
  // Long text is looked at where it begins and where it ends: a match of it all takes as long as it is.
  const body = text.slice(at, at + 4096);
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(body) || !/[A-Z]/.test(body) || !/[0-9+/_-]/.test(body))
    return undefined;
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text.slice(-64))) return undefined;
  return Math.floor((length * 3) / 4);
}
