// A model call → its messages as they were said.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { ChatMessage, ChatPart, ChatView } from "../../src/views.ts";
import * as format from "../parts/format.ts";
import { JsonTree, Text } from "../parts/json-tree.tsx";
import { Failure, Said, Skeleton } from "../parts/states.tsx";
import { seenLine } from "../parts/text.ts";
import { useAnswer } from "../state/answer.ts";

export function Chat({
  api,
  version,
}: {
  readonly api: string;
  readonly version: string;
}): JSX.Element {
  const answer = useAnswer<ChatView>(`${api}/chat?at=${version}`);
  const chat = answer.value;
  if (answer.failure !== undefined)
    return <Failure failure={answer.failure} again={answer.again} />;
  if (chat === undefined) return <Skeleton rows={8} />;
  return (
    <div class="chat" data-testid="chat-view">
      <p class="chat-usage muted" data-testid="chat-usage">
        {factsOf(chat).join(" · ")}
      </p>
      {chat.messages.length === 0 && <Said title="No messages were recorded." />}
      {chat.messages.map((message, index) => (
        <Message key={index} message={message} />
      ))}
    </div>
  );
}

function Message({ message }: { readonly message: ChatMessage }): JSX.Element {
  return (
    <article
      class={`message is-${message.role}`}
      data-testid="chat-message"
      data-role={message.role}
    >
      <h3>{message.role}</h3>
      {message.parts.map((part, index) => (
        <Part key={index} part={part} />
      ))}
    </article>
  );
}

function Part({ part }: { readonly part: ChatPart }): JSX.Element {
  switch (part.type) {
    case "text":
      return <Prose text={part.text} />;
    case "reasoning":
      return (
        <details>
          <summary>Reasoning</summary>
          <Prose text={part.text} />
        </details>
      );
    case "tool_call":
      return (
        <div class="tool" data-testid="chat-tool-call">
          <p>
            <span class="muted">calls</span> <b>{seenLine(part.name)}</b>
          </p>
          <JsonTree value={part.arguments} label={`Arguments of ${seenLine(part.name)}`} />
        </div>
      );
    case "tool_result":
      return (
        <div class="tool">
          <p class="muted">result {part.id === null ? "" : seenLine(part.id)}</p>
          <Prose text={part.text} />
        </div>
      );
    default:
      return (
        <p class="muted">
          image {seenLine(part.media_type ?? "")}
          {part.bytes !== null && ` · ${format.bytes(part.bytes)}`}
        </p>
      );
  }
}

function Prose({ text }: { readonly text: string }): JSX.Element {
  const asked = useSignal(0);
  return (
    <div class="prose">
      <Text text={text} asked={asked.value} more={() => (asked.value += 1)} />
    </div>
  );
}

function factsOf(chat: ChatView): readonly string[] {
  const usage = tokensOf(chat.usage);
  const cost = costOf(chat.cost);
  return [
    ...(chat.model === null ? [] : [seenLine(chat.model)]),
    ...usage,
    ...(cost === undefined ? [] : [format.cost(cost)]),
    ...(chat.finish_reason === null ? [] : [`finished: ${seenLine(chat.finish_reason)}`]),
    ...(chat.source === "prompt" ? ["from the recorded texts"] : []),
  ];
}

/** Numbers of the usage under whatever names it has them. */
function tokensOf(usage: unknown): readonly string[] {
  if (typeof usage !== "object" || usage === null) return ["no usage"];
  return Object.entries(usage)
    .filter(([, value]) => typeof value === "number" && value > 0)
    .map(
      ([name, value]) => `${format.count(Number(value))} ${seenLine(name.replaceAll("_", " "))}`,
    );
}

function costOf(cost: unknown): number | undefined {
  if (typeof cost !== "object" || cost === null || !("total_cost" in cost)) return undefined;
  return typeof cost.total_cost === "number" ? cost.total_cost : undefined;
}
