// A thread of the store: calls in, answers out. One of them writes, another reads.
// Invariant: each call is answered once, also where it fails.
import { parentPort, workerData } from "node:worker_threads";
import { openForReading } from "./database/open.ts";
import { readsOf } from "./read/reads.ts";
import { type Call, messagesOf, type SentError, type Setup, type Told } from "./worker-calls.ts";
import { bytesOf } from "./write/cap.ts";
import { Writer } from "./write/writer.ts";

const { path, maxBytes, role } = workerData as Setup;
const methods = methodsOf();

parentPort?.on("message", ({ id, method, args }: Call) => {
  try {
    const answered = methods[method]?.(...args);
    if (!(answered instanceof Promise)) return answer(id, method, answered);
    answered.then(
      (result) => answer(id, method, result),
      (error: unknown) => parentPort?.postMessage({ id, error: sent(error) }),
    );
  } catch (error) {
    parentPort?.postMessage({ id, error: sent(error) });
  }
});
parentPort?.postMessage({ id: 0, result: undefined });

function answer(id: number, method: string, answered: unknown): void {
  for (const [message, given] of messagesOf(id, answered)) parentPort?.postMessage(message, given);
  if (method === "close") parentPort?.close();
}

type Methods = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

function methodsOf(): Methods {
  if (role === "write") {
    const writer = new Writer({
      path,
      maxBytes,
      tell: (told: Told) => parentPort?.postMessage(told),
    });
    return writer.methods() as unknown as Methods;
  }
  const database = openForReading(path);
  return {
    ...readsOf(database, { path, maxBytes, bytes: () => bytesOf(path) }),
    close: () => database.close(),
  } as unknown as Methods;
}

function sent(error: unknown): SentError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, code, position, hint } = error as Error & Partial<SentError>;
  return { name, message, code, position, hint };
}
