// The door `llmops-processor/dynamodb`: marks and kept messages → one DynamoDB table, for all
// functions at a queue.
// Invariant: every question and its answer are one conditional write, or a consistent read.
// Format: `pk` and `sk` are texts, `expires_at` is the table's time-to-live, in Unix seconds.
import { createHash, randomUUID } from "node:crypto";
import type {
  AttributeValue,
  DynamoDBClient,
  DynamoDBClientConfig,
  QueryCommandOutput,
  UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { identityFor } from "../from-runtime.ts";
import type { Store } from "../store.ts";

/** A table, and how long marks stay in it. */
export interface DynamoStoreOptions {
  /** Its keys are the texts `pk` and `sk`, its time to live `expires_at`. */
  readonly tableName: string;
  /** Of the table. @default AWS_REGION, else "us-east-1" */
  readonly region?: string | undefined;
  /** Of a server that speaks DynamoDB, in place of Amazon's. */
  readonly endpoint?: string | undefined;
  /** A client of your own: `region` and `endpoint` are not used then. */
  readonly client?: Pick<DynamoDBClient, "send"> | undefined;
  /**
   * How long a trace is remembered: a redrive may come 14 days after the first sending. @default 14
   */
  readonly ttlDays?: number | undefined;
}

type Sdk = typeof import("@aws-sdk/client-dynamodb");
type Item = Record<string, AttributeValue>;

const DAY_SECONDS = 86_400;
/**
 * An item has at most 400 KB with its names; a partition key at most 2,048 bytes (AWS, DynamoDB
 * quotas, 2026).
 */
const BODY_BYTES = 300_000;
const KEY_LENGTH = 1000;
const MARK = "mark";

/** Keeps marks in a DynamoDB table: for several processes, and for Lambda. */
export function dynamoStore(options: DynamoStoreOptions): Store {
  return new DynamoStore(options);
}

interface Table {
  readonly sdk: Sdk;
  readonly client: Pick<DynamoDBClient, "send">;
}

class DynamoStore implements Store {
  readonly #options: DynamoStoreOptions;
  #loading: Promise<Table> | undefined;
  /**
   * Which lease of a key is ours: one that ran out, and was given to another one, is not ours to
   * give back.
   */
  readonly #held = new Map<string, string>();

  constructor(options: DynamoStoreOptions) {
    this.#options = options;
  }

  async begin(key: string, leaseMs: number): Promise<"mine" | "done" | "busy"> {
    const nowMs = Date.now();
    const holder = randomUUID();
    const isMine = await this.#update(key, {
      UpdateExpression: "SET lease_until = :until, holder = :holder, expires_at = :expiry",
      ConditionExpression:
        "attribute_not_exists(pk) OR (attribute_not_exists(done) AND lease_until <= :now)",
      ExpressionAttributeValues: {
        ":until": { N: String(nowMs + leaseMs) },
        ":holder": { S: holder },
        ":now": { N: String(nowMs) },
        ":expiry": this.#expiry(),
      },
    });
    if (isMine) {
      this.#held.set(key, holder);
      return "mine";
    }
    const { sdk, client } = await this.#table();
    const { tableName: TableName } = this.#options;
    const { Item: mark } = await client.send(
      new sdk.GetItemCommand({ TableName, Key: markOf(key), ConsistentRead: true }),
    );
    return mark?.["done"] === undefined ? "busy" : "done";
  }

  async finish(key: string): Promise<void> {
    this.#held.delete(key);
    await this.#update(key, {
      UpdateExpression: "SET done = :done, expires_at = :expiry",
      ExpressionAttributeValues: { ":done": { BOOL: true }, ":expiry": this.#expiry() },
    });
  }

  async abandon(key: string): Promise<void> {
    const holder = this.#held.get(key);
    if (holder === undefined) return;
    this.#held.delete(key);
    await this.#update(key, {
      UpdateExpression: "SET lease_until = :none",
      ConditionExpression: "holder = :holder AND attribute_not_exists(done)",
      ExpressionAttributeValues: { ":none": { N: "0" }, ":holder": { S: holder } },
    });
  }

  async keep(traceId: string, digest: string, body: string): Promise<readonly string[]> {
    const { sdk, client } = await this.#table();
    const { tableName: TableName } = this.#options;
    const pk = `trace/${short(traceId)}`;
    const pieces = piecesOf(body);
    for (const [at, piece] of pieces.entries()) {
      const item: Item = {
        pk: { S: pk },
        sk: { S: `${digest}/${at}` },
        pieces: { N: String(pieces.length) },
        body: { S: piece },
        expires_at: this.#expiry(),
      };
      await client.send(new sdk.PutItemCommand({ TableName, Item: item }));
    }
    const items: Item[] = [];
    let from: Item | undefined;
    do {
      const page: QueryCommandOutput = await client.send(
        new sdk.QueryCommand({
          TableName,
          KeyConditionExpression: "pk = :pk",
          ExpressionAttributeValues: { ":pk": { S: pk } },
          ConsistentRead: true,
          ...(from !== undefined && { ExclusiveStartKey: from }),
        }),
      );
      items.push(...(page.Items ?? []));
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
    return bodiesIn(items);
  }

  /** @returns false where the condition did not hold */
  async #update(
    key: string,
    update: Omit<UpdateItemCommandInput, "TableName" | "Key">,
  ): Promise<boolean> {
    const { sdk, client } = await this.#table();
    const { tableName: TableName } = this.#options;
    try {
      await client.send(new sdk.UpdateItemCommand({ TableName, Key: markOf(key), ...update }));
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === "ConditionalCheckFailedException") return false;
      throw error;
    }
  }

  #table(): Promise<Table> {
    const { client } = this.#options;
    this.#loading ??= import("@aws-sdk/client-dynamodb").then(
      (sdk) => ({ sdk, client: client ?? new sdk.DynamoDBClient(configOf(this.#options)) }),
      (error: unknown) => {
        this.#loading = undefined;
        throw error;
      },
    );
    return this.#loading;
  }

  #expiry(): AttributeValue {
    const { ttlDays = 14 } = this.#options;
    return { N: String(Math.ceil(Date.now() / 1000) + ttlDays * DAY_SECONDS) };
  }
}

function configOf({ region, endpoint }: DynamoStoreOptions): DynamoDBClientConfig {
  return {
    region: region ?? process.env["AWS_REGION"] ?? "us-east-1",
    ...(endpoint !== undefined && {
      endpoint,
      ...identityFor(endpoint, undefined, process.env),
    }),
  };
}

function markOf(key: string): Item {
  return { pk: { S: short(key) }, sk: { S: MARK } };
}

/** Ids of other writers may be of any length. */
function short(text: string): string {
  if (text.length <= KEY_LENGTH) return text;
  return createHash("sha256").update(text).digest("hex");
}

/** A message is ASCII where it is ours; one of another writer may take three bytes a character. */
function piecesOf(body: string): readonly string[] {
  // Three bytes a character at most.
  if (body.length * 3 <= BODY_BYTES || Buffer.byteLength(body) <= BODY_BYTES) return [body];
  const pieces: string[] = [];
  let start = 0;
  let bytes = 0;
  let at = 0;
  for (const character of body) {
    const size = Buffer.byteLength(character);
    if (bytes + size > BODY_BYTES) {
      pieces.push(body.slice(start, at));
      [start, bytes] = [at, 0];
    }
    bytes += size;
    at += character.length;
  }
  pieces.push(body.slice(start));
  return pieces;
}

/**
 * A message of which a piece is missing was never kept: whoever wrote it died, and it comes again.
 */
function bodiesIn(items: readonly Item[]): readonly string[] {
  const byDigest = new Map<string, string[]>();
  const wanted = new Map<string, number>();
  for (const { sk, pieces, body } of items) {
    const [digest = "", at] = (sk?.S ?? "").split("/");
    const some = byDigest.get(digest) ?? [];
    some[Number(at)] = body?.S ?? "";
    byDigest.set(digest, some);
    wanted.set(digest, Number(pieces?.N ?? 1));
  }
  return [...byDigest].flatMap(([digest, some]) =>
    Object.keys(some).length === wanted.get(digest) ? [some.join("")] : [],
  );
}
