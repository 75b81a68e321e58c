// The file that Lambda runs: messages of a queue → the sinks that the environment names.
// Invariant: importing it reads nothing and loads no SDK. A mistake in the environment fails the
// invocation, and loses no message.
import { createHandler, type Handler, type SQSBatchResponse, type SQSEvent } from "./handler.ts";

let made: Handler | undefined;

export async function handler(
  event: SQSEvent,
  context?: { getRemainingTimeInMillis?(): number },
): Promise<SQSBatchResponse> {
  made ??= createHandler();
  return made(event, context);
}
