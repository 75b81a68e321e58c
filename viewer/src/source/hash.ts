// A text → the hash that manifests and spans carry of it.
import { createHash } from "node:crypto";

/** First 16 hex digits of SHA-256 of its UTF-8, its line ends taken as `\n`. */
export function sourceHash(text: string): string {
  const unix = text.replaceAll("\r\n", "\n");
  return createHash("sha256").update(unix).digest("hex").slice(0, 16);
}
