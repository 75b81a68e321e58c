// The bundle in a process of its own, as Lambda runs it: takes one event, and may be killed
// meanwhile.
import { handler } from "../../dist-lambda/lambda.mjs";

process.on("message", async ({ batch, remainingMs }) => {
  const ends = Date.now() + remainingMs;
  const answer = await handler(batch, { getRemainingTimeInMillis: () => ends - Date.now() });
  process.send?.(answer);
});
