// `module(abi, file, sites)` of compiled code → a handle whose `enter` begins a span.
// Invariant: code compiled for another ABI runs as written, and is not recorded.
import { monotonicNow } from "../platform/clock.ts";
import { inert, passThrough } from "./noop.ts";
import { count, report } from "../platform/report.ts";
import { ABI, createSite, type Handle, type SiteFacts, type SpanAbi } from "../abi.ts";
import { recording } from "../tracing/settings.ts";
import { enterSpan } from "../tracing/tracer.ts";

/** Nothing is ever written to it. */
const NO_VALUES: unknown[] = [];

/** Called once by every compiled module. */
export function loadModule(abi: number, file: string, facts: readonly SiteFacts[]): Handle {
  if (abi !== ABI) {
    report(
      "abi",
      `${file} was compiled for another version of llmops-observability (ABI ${abi}, here ${ABI}): it runs, but is not recorded. Update both packages.`,
    );
    return passThrough;
  }
  recording.modules++;
  const sites = facts.map((site) => createSite(site, file));
  const begin = (
    index: number,
    values: unknown[],
    self: unknown,
    leaf: boolean,
    started?: number,
  ): SpanAbi => {
    try {
      const site = sites[index];
      if (site === undefined) return inert;
      return enterSpan(site, values, self, leaf, started) ?? inert;
    } catch {
      count("internal_error");
      return inert;
    }
  };
  return {
    enter: (index, values = NO_VALUES, self) => begin(index, values, self, false),
    enterLeaf: (index, values = NO_VALUES, self) => begin(index, values, self, true),
    beforeSuper() {
      // What runs inside of `super(…)` belongs to the caller's span: only the time is taken here.
      const started = monotonicNow();
      return {
        ...inert,
        enterAfterSuper: (index, values = NO_VALUES, self) =>
          begin(index, values, self, false, started),
      };
    },
  };
}
