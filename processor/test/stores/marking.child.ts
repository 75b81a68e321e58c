// Marks what it is told, says so, and waits to be killed.
import { fileStore } from "llmops-processor";

const [, , path = ""] = process.argv;
const store = fileStore(path);
await store.begin("s3/done/0/d", 60_000);
await store.finish("s3/done/0/d");
await store.begin("s3/held/0/d", 600_000);
await store.keep("t", "a", "kept");
process.send?.("ready");
setInterval(() => undefined, 1000);
