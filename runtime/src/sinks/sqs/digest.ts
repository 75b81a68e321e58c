// Content → its digest in hexadecimal.
import { crypto } from "../../platform/node.ts";

/** In one go, which takes half of the time, where Node can do so (since 20.12). */
export function digest(algorithm: "sha256" | "md5", content: string | Buffer): string {
  const { hash, createHash } = crypto();
  if (typeof hash === "function") return hash(algorithm, content);
  return createHash(algorithm).update(content).digest("hex");
}
