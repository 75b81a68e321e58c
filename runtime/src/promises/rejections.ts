// How this process deals with unhandled rejections → whether the program would notice that one was marked as handled.
// Invariant: says yes where it cannot know.

const { NODE_OPTIONS = "" } = process.env;
const otherMode = [...process.execArgv, NODE_OPTIONS].some((flags) =>
  flags.includes("--unhandled-rejections"),
);

/** Bound once: looking them up by name each time takes a fifth of following a promise (bench W2). */
const listenerCount = process.listenerCount.bind(process);
const isCaptured = process.hasUncaughtExceptionCaptureCallback.bind(process);

/** Looked at once a turn. */
let domainLoaded = false;

/** Whether the process outlives an unhandled rejection, or tells of its late handling. */
export function rejectionsObserved(): boolean {
  return (
    otherMode ||
    domainLoaded ||
    listenerCount("unhandledRejection") > 0 ||
    listenerCount("rejectionHandled") > 0 ||
    listenerCount("uncaughtException") > 0 ||
    isCaptured()
  );
}

/** Once `node:domain` is loaded, a domain may catch it. It makes an accessor of `process.domain`, which is null before. */
export function lookForDomains(): void {
  domainLoaded ||= Object.getOwnPropertyDescriptor(process, "domain")?.get !== undefined;
}
