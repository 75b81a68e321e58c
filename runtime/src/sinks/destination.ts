// Options → the destinations that they name, each with its sink.
// Invariant: a program's own sinks replace all others.
import type { Options } from "../config/options.ts";
import type { Destinations } from "../sink.ts";
import { sqsSink } from "./sqs/sqs.ts";

export function destinationsOf(options: Pick<Options, "sinks" | "sqs">): Destinations {
  const { sinks, sqs } = options;
  if (sinks.length > 0) return { sinks, key: `sinks ${sinks.map(({ name }) => name).join(" ")}` };
  if (sqs.url === undefined) return { sinks: [], key: undefined };
  return { sinks: [sqsSink(sqs.url, sqs)], key: sqs.url };
}
