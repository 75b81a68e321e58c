// Messages that could not be read → a list of them, to send again or to delete.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { DeadMessage } from "../../src/views.ts";
import { write } from "../api.ts";
import { Dialog } from "../parts/dialog.tsx";
import * as format from "../parts/format.ts";
import { seenLine } from "../parts/text.ts";
import { toast } from "../shell/toast.tsx";
import { useAnswer } from "../state/answer.ts";

export function Dead({ count }: { readonly count: number }): JSX.Element | null {
  const answer = useAnswer<{ messages: readonly DeadMessage[] }>(
    count === 0 ? undefined : `/api/pipeline/dead?limit=50&at=${count}`,
    true,
  );
  const sure = useSignal(false);
  if (count === 0) return null;
  const act = async (method: "POST" | "DELETE", path: string, done: string): Promise<void> => {
    try {
      await write(method, path, {});
      toast(done);
    } catch (failure) {
      toast(failure instanceof Error ? failure.message : String(failure));
    }
    answer.again();
  };
  return (
    <section class="dead" aria-label="Dead letters">
      <header>
        <h2>
          <span class="is-warn">⚠</span> {format.count(count)} dead{" "}
          {count === 1 ? "letter" : "letters"}
        </h2>
        <button
          type="button"
          onClick={() => void act("POST", "/api/pipeline/dead/redrive", "Sent again.")}
        >
          Send again
        </button>
        <button type="button" onClick={() => (sure.value = true)}>
          Delete
        </button>
      </header>
      <ul>
        {answer.value?.messages.map((message) => (
          <li key={message.id}>
            <span class="is-error">{seenLine(message.reason)}</span>{" "}
            <span class="muted">
              {format.time(message.received_at)} · {format.bytes(message.bytes)}
            </span>
            <code>{seenLine(message.preview)}</code>
          </li>
        ))}
      </ul>
      {sure.value && (
        <Dialog label="Delete dead letters" testid="dead-dialog" close={() => (sure.value = false)}>
          <p>Delete {format.count(count)}? They are in no other place.</p>
          <p class="dialog-tools">
            <button
              type="button"
              onClick={() => {
                sure.value = false;
                void act("DELETE", "/api/pipeline/dead", "Deleted.");
              }}
            >
              Delete
            </button>
            <button type="button" onClick={() => (sure.value = false)}>
              Keep
            </button>
          </p>
        </Dialog>
      )}
    </section>
  );
}
