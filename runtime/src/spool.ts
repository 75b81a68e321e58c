// The door `llmops-observability/spool`: what waits on disk, to be read and never changed.
import { spoolDirectory } from "./delivery/spool/directory.ts";

export { readSpool, type SpooledTrace } from "./delivery/spool/read.ts";

/** Where traces lie of programs that name no destination and no `LLMOPS_SPOOL_DIR`. */
export function defaultSpoolDirectory(): string {
  return spoolDirectory({ spoolDir: undefined }, undefined);
}
