// Changes of the store and the pipeline → `GET /api/events`, a stream of server-sent events.
// Invariant: a client that comes back sees each change it missed, or `reset`; one that does not
// read is cut.
import type { ServerResponse } from "node:http";
import type { Events } from "../views.ts";

export interface EventLimits {
  readonly streams: number;
  /** Events that a client may have missed and still resume. */
  readonly kept: number;
  /** A client may leave so much unread. */
  readonly pendingBytes: number;
}

const LIMITS: EventLimits = { streams: 32, kept: 10_000, pendingBytes: 1024 * 1024 };
/** At most ten writes a second to a client: a burst of changes is one of them. */
const WRITE_EVERY_MS = 100;
/** Proxies and browsers give up on streams that say nothing. */
const COMMENT_EVERY_MS = 15_000;

type Name = keyof Events;

interface Kept {
  readonly id: number;
  readonly name: Name;
  /** Of two events with one key, a client needs the later one alone. */
  readonly key: string;
  readonly json: string;
}

interface Client {
  readonly response: ServerResponse;
  /** Of the last event that it was sent. */
  at: number;
}

export class EventStreams {
  readonly #limits: EventLimits;
  readonly #clients = new Set<Client>();
  readonly #listeners = new Set<(name: Name, data: Events[Name]) => void>();
  /** The last ones, oldest first. */
  #kept: Kept[] = [];
  /** After a restart ids go on from the clock, so that older ones are known to be older. */
  #last: number = Date.now() * 1000;
  #writing: NodeJS.Timeout | undefined;
  readonly #commenting: NodeJS.Timeout;

  constructor(limits: Partial<EventLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
    this.#commenting = setInterval(() => this.#write(": \n\n"), COMMENT_EVERY_MS).unref();
  }

  get isFull(): boolean {
    return this.#clients.size >= this.#limits.streams;
  }

  get count(): number {
    return this.#clients.size;
  }

  publish<N extends Name>(name: N, data: Events[N]): void {
    for (const listener of this.#listeners) listener(name, data);
    const id = ++this.#last;
    const { kept } = this.#limits;
    const key =
      "trace" in data ? `trace ${data.trace.trace_id}` : name === "pipeline" ? name : String(id);
    this.#kept.push({ id, name, key, json: JSON.stringify(data) });
    if (this.#kept.length >= kept * 1.1) this.#kept = this.#kept.slice(-kept);
    if (this.#clients.size > 0) this.#writing ??= setTimeout(() => this.#flush(), WRITE_EVERY_MS);
  }

  /** @returns how to stop it */
  listen(listener: (name: Name, data: Events[Name]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sends events until the client goes away. @param lastId the last that it saw, where it says so */
  attach(response: ServerResponse, hello: Events["hello"], lastId: string | undefined): void {
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
    });
    const resumed = lastId === undefined ? undefined : this.#placeOf(lastId);
    const at = resumed ?? this.#last;
    const client: Client = { response, at };
    // `hello` carries the id that a client resumes from that has seen no other event.
    response.write(`retry: 1000\n\n${eventText(at, "hello", JSON.stringify(hello))}`);
    if (lastId !== undefined && resumed === undefined) response.write(eventText(at, "reset", "{}"));
    this.#clients.add(client);
    response.once("close", () => this.#clients.delete(client));
    response.on("error", () => this.#clients.delete(client));
    this.#send(client);
  }

  close(): void {
    clearInterval(this.#commenting);
    clearTimeout(this.#writing);
    for (const { response } of this.#clients) response.end();
    this.#clients.clear();
  }

  /** Undefined where something after it is not kept. */
  #placeOf(lastId: string): number | undefined {
    const id = /^\d{1,16}$/.test(lastId) ? Number(lastId) : Number.NaN;
    return id <= this.#last && id >= this.#oldest - 1 ? id : undefined;
  }

  get #oldest(): number {
    return this.#last - Math.min(this.#kept.length, this.#limits.kept) + 1;
  }

  #flush(): void {
    this.#writing = undefined;
    for (const client of this.#clients) this.#send(client);
  }

  #send(client: Client): void {
    if (client.at === this.#last) return;
    if (client.at < this.#oldest - 1) {
      client.at = this.#last;
      this.#push(client, eventText(client.at, "reset", "{}"));
      return;
    }
    const missed = this.#kept.slice(this.#kept.length - (this.#last - client.at));
    client.at = this.#last;
    const latest = new Map(missed.map(({ key, id }) => [key, id]));
    const texts = missed
      .filter(({ key, id }) => latest.get(key) === id)
      .map(({ id, name, json }) => eventText(id, name, json));
    this.#push(client, texts.join(""));
  }

  #write(text: string): void {
    for (const client of this.#clients) this.#push(client, text);
  }

  #push(client: Client, text: string): void {
    const { response } = client;
    response.write(text);
    if (response.writableLength <= this.#limits.pendingBytes) return;
    this.#clients.delete(client);
    response.destroy();
  }
}

/** JSON has no line breaks of its own: an event is one line of data. */
function eventText(id: number, name: Name, json: string): string {
  return `id: ${id}\nevent: ${name}\ndata: ${json}\n\n`;
}
