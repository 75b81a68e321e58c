// Changes of the parts → the `pipeline` event, at most one a second.
// Invariant: what did not change is not told.
import type { Parts } from "./parts.ts";
import { pipelineOf } from "./routes/pipeline.ts";

const EVERY_MS = 1000;

/** @returns how to stop it */
export function announcePipeline(parts: Parts): () => void {
  let told = "";
  let busy = false;
  const look = async (): Promise<void> => {
    if (busy || parts.events.count === 0) return;
    busy = true;
    try {
      const pipeline = await pipelineOf(parts);
      const text = JSON.stringify(pipeline);
      if (text !== told) parts.events.publish("pipeline", pipeline);
      told = text;
    } finally {
      busy = false;
    }
  };
  // The queue's numbers change without a word: they are looked at.
  const timer = setInterval(() => void look().catch(parts.onError), EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
