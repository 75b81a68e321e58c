// The file that Lambda runs: messages of a queue → the sinks that the environment names.
// Invariant: importing it reads nothing and loads no SDK. A mistake in the environment fails the
// invocation, and loses no message.
import { createHandler, type Handler, type SQSBatchResponse, type SQSEvent } from "./handler.ts";

let made: Handler | undefined;

/** The function that the templates deploy: sinks and store come from the environment. */
export async function handler(
  event: SQSEvent,
  context?: { getRemainingTimeInMillis?(): number },
): Promise<SQSBatchResponse> {
  made ??= createHandler();
  return made(event, context);
}
