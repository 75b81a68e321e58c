// How the process deals with unhandled rejections → whether it would notice that we handle one.
// Invariant: the answer is no only where Node ends the process at the first, and calls no listener.
import { process } from "../platform/node.ts";

/** Bound once: looking them up by name takes a fifth of following a promise (bench W2). */
interface Settings {
  /** Set by a flag, or by `NODE_OPTIONS`. */
  readonly otherMode: boolean;
  listenerCount(event: string): number;
  isCaptured(): boolean;
}

let found: Settings | undefined;
/** Looked at once a turn. */
let domainLoaded = false;

/** Whether the process outlives an unhandled rejection, or tells of its late handling. */
export function rejectionsObserved(): boolean {
  const { otherMode, listenerCount, isCaptured } = (found ??= find());
  return (
    otherMode ||
    domainLoaded ||
    listenerCount("unhandledRejection") > 0 ||
    listenerCount("rejectionHandled") > 0 ||
    listenerCount("uncaughtException") > 0 ||
    isCaptured()
  );
}

function find(): Settings {
  const { NODE_OPTIONS = "" } = process.env;
  return {
    otherMode: [...process.execArgv, NODE_OPTIONS].some((flags) =>
      flags.includes("--unhandled-rejections"),
    ),
    listenerCount: process.listenerCount.bind(process),
    isCaptured: process.hasUncaughtExceptionCaptureCallback.bind(process),
  };
}

/** A domain may catch rejections. Loading `node:domain` makes `process.domain` an accessor. */
export function lookForDomains(): void {
  domainLoaded ||= Object.getOwnPropertyDescriptor(process, "domain")?.get !== undefined;
}
