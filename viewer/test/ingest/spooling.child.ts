// A program without a destination, whose traces wait in the directory that it is given.
import { configure, withTrace } from "llmops-observability";

const [spoolDir = ""] = process.argv.slice(2);
configure({ spoolDir });
for (const name of ["first", "second"]) await withTrace(name, () => Promise.resolve(name));
process.stdin.resume();
