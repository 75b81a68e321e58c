// The templates of SAM and Terraform: their policies against what the code calls, their times
// against each other, and their names.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse as parseYaml, type ScalarTag } from "yaml";

/** HashiCorp's own parser. Its types are a browser's, which would become every file's here. */
const { parse } = createRequire(import.meta.url)("@cdktf/hcl2json") as {
  parse(file: string, text: string): Promise<Readonly<Record<string, unknown>>>;
};

const TEMPLATES = join(import.meta.dirname, "../templates");

/** Commands of the SDK in a package's sources, as the actions that they need. */
function actionsIn(folder: string): readonly string[] {
  const root = join(import.meta.dirname, "../..", folder, "src");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" });
  const actions = files.flatMap((file) => {
    if (!file.endsWith(".ts")) return [];
    const code = readFileSync(join(root, file), "utf8");
    const service = /import\("@aws-sdk\/client-(\w+)"\)/.exec(code)?.[1];
    return [...code.matchAll(/new sdk\.(\w+?)(?:Batch)?Command\(/g)].map(
      ([, name]) => `${service}:${name}`,
    );
  });
  return [...new Set(actions)].toSorted();
}

/**
 * What an encrypted queue asks of its readers and writers, and Lambda's runtime of a function: no
 * code of ours says it.
 */
const OF_THE_PLATFORM = {
  consumer: ["kms:Decrypt", "logs:CreateLogStream", "logs:PutLogEvents"],
  producer: ["kms:GenerateDataKey", "kms:Decrypt"],
};

test("the sources call what the policies are about", () => {
  expect(actionsIn("runtime")).toEqual(["sqs:SendMessage"]);
  expect(actionsIn("processor")).toEqual([
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
    "s3:PutObject",
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
  ]);
});

interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly unknown[];
}

function expectLeastPrivilege(policy: readonly Statement[], needed: readonly string[]): void {
  expect(policy.flatMap(({ actions }) => actions).toSorted()).toEqual(needed.toSorted());
  for (const { actions, resources } of policy) {
    for (const action of actions) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z]+$/);
    expect(resources.length).toBeGreaterThan(0);
    for (const resource of resources) expect(resource).not.toBe("*");
  }
}

const needed = {
  consumer: [...actionsIn("processor"), ...OF_THE_PLATFORM.consumer],
  producer: [...actionsIn("runtime"), ...OF_THE_PLATFORM.producer],
};

type Tree = { readonly [key: string]: Tree };

describe("SAM", () => {
  const text = readFileSync(join(TEMPLATES, "sam.yaml"), "utf8");
  const tag = (name: string, key: string): ScalarTag => ({
    tag: `!${name}`,
    resolve: (value: string) => ({ [key]: value }),
  });
  const list = (name: string): object => ({
    tag: `!${name}`,
    collection: "seq",
    resolve: (seq: { toJSON(): unknown }) => ({ [`Fn::${name}`]: seq.toJSON() }),
  });
  const template = parseYaml(text, {
    customTags: [
      tag("Ref", "Ref"),
      tag("GetAtt", "Fn::GetAtt"),
      tag("Sub", "Fn::Sub"),
      ...(["If", "Not", "Equals"].map(list) as ScalarTag[]),
    ],
  }) as Tree;
  const resources = template["Resources"] ?? {};
  const properties = (name: string): Tree => resources[name]?.["Properties"] ?? {};
  const statementsOf = (name: string): Statement[] => {
    const document = properties(name)["PolicyDocument"] as unknown as { Statement: unknown[] };
    return document.Statement.map((statement) => {
      const branch = (statement as { "Fn::If"?: unknown[] })["Fn::If"]?.[1] ?? statement;
      const { Action, Resource, Effect } = branch as Readonly<Record<string, unknown>>;
      expect(Effect).toBe("Allow");
      return { actions: [Action].flat() as string[], resources: [Resource].flat() };
    });
  };

  test("each end may do what its code does, and nothing else", () => {
    expectLeastPrivilege(statementsOf("ConsumerPolicy"), needed.consumer);
    expectLeastPrivilege(statementsOf("ProducerPolicy"), needed.producer);
  });

  test("times and counts fit each other", () => {
    const [queue, dead, own] = ["Queue", "DeadLetterQueue", "Function"].map(properties);
    expect(Number(queue?.["VisibilityTimeout"])).toBeGreaterThanOrEqual(
      6 * Number(own?.["Timeout"]),
    );
    expect(Number(queue?.["RedrivePolicy"]?.["maxReceiveCount"])).toBeGreaterThanOrEqual(5);
    expect(dead?.["MessageRetentionPeriod"]).toBe(14 * 86_400);
    expect(Number(queue?.["MessageRetentionPeriod"])).toBeLessThan(14 * 86_400);
    const mapping = own?.["Events"]?.["Messages"]?.["Properties"];
    expect(mapping?.["FunctionResponseTypes"]).toEqual(["ReportBatchItemFailures"]);
    expect(properties("Table")["TimeToLiveSpecification"]).toEqual({
      AttributeName: "expires_at",
      Enabled: true,
    });
    expect(properties("Key")["EnableKeyRotation"]).toBe(true);
    expect([own?.["Runtime"], own?.["Architectures"]]).toEqual(["nodejs24.x", ["arm64"]]);
  });

  test("queues take TLS alone, and secrets are no plain text", () => {
    for (const name of ["QueuePolicy", "DeadLetterQueuePolicy"]) {
      expect(properties(name)["PolicyDocument"]?.["Statement"]).toMatchObject([
        { Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } },
      ]);
    }
    for (const [name, parameter] of Object.entries(template["Parameters"] ?? {})) {
      if (!name.endsWith("Key")) continue;
      expect(parameter["NoEcho"], name).toBe(true);
      expect(parameter["Default"], name).toBe("");
    }
  });

  test("every name that it refers to is there", () => {
    const known = new Set([
      ...Object.keys(resources),
      ...Object.keys(template["Parameters"] ?? {}),
      "AWS::NoValue",
      "AWS::Partition",
    ]);
    const unknown: string[] = [];
    const visit = (node: unknown): void => {
      if (typeof node !== "object" || node === null) return;
      const { Ref: ref, "Fn::GetAtt": attribute, "Fn::Sub": sub } = node as Record<string, unknown>;
      const names = [
        ...(typeof ref === "string" ? [ref] : []),
        ...(typeof attribute === "string" ? [attribute.split(".")[0] ?? ""] : []),
        ...(typeof sub === "string"
          ? Array.from(sub.matchAll(/\$\{([\w:]+)/g), ([, name = ""]) => name)
          : []),
      ];
      unknown.push(...names.filter((name) => !known.has(name)));
      for (const one of Object.values(node)) visit(one);
    };
    visit(template);
    expect(unknown).toEqual([]);
    expect(text.match(/!(?:Ref|GetAtt|Sub)/g)?.length).toBeGreaterThan(30);
  });

  test("the environment names variables that the code reads", () => {
    const variables = Object.keys(properties("Function")["Environment"]?.["Variables"] ?? {});
    expect(variables.filter((name) => !isRead(name))).toEqual([]);
    expect(variables.length).toBeGreaterThan(8);
  });
});

const CODE = ["processor/src/config/environment.ts", "runtime/src/config/table.ts"]
  .map((file) => readFileSync(join(import.meta.dirname, "../..", file), "utf8"))
  .join("\n");

function isRead(variable: string): boolean {
  return CODE.includes(variable);
}

/**
 * Blocks as `hcl2json` writes them: each is a list, of one where nothing else stands in the file.
 */
type Block = Readonly<Record<string, unknown>>;
type Blocks = Readonly<Record<string, Readonly<Record<string, readonly Block[]>>>>;

describe("Terraform", async () => {
  const file = "main.tf";
  const text = readFileSync(join(TEMPLATES, "terraform", file), "utf8");
  const module = await parse(file, text);
  const data = module["data"] as Blocks;
  const resource = module["resource"] as Blocks;
  const one = (blocks: Blocks, type: string, name: string): Block =>
    blocks[type]?.[name]?.[0] ?? {};

  function statementsOf(name: string): Statement[] {
    const policy = one(data, "aws_iam_policy_document", name);
    const fixed = (policy["statement"] ?? []) as readonly Block[];
    const dynamic = (policy["dynamic"] ?? {}) as Readonly<Record<string, readonly Block[]>>;
    const optional = Object.values(dynamic).flatMap((blocks) =>
      blocks.flatMap(({ content }) => content as readonly Block[]),
    );
    return [...fixed, ...optional].map((statement) => ({
      actions: statement["actions"] as string[],
      resources: statement["resources"] as string[],
    }));
  }

  test("each end may do what its code does, and nothing else", () => {
    expectLeastPrivilege(statementsOf("consumer"), needed.consumer);
    expectLeastPrivilege(statementsOf("producer"), needed.producer);
  });

  test("times and counts fit each other", () => {
    const queue = one(resource, "aws_sqs_queue", "queue");
    const own = one(resource, "aws_lambda_function", "function");
    expect(Number(queue["visibility_timeout_seconds"])).toBeGreaterThanOrEqual(
      6 * Number(own["timeout"]),
    );
    expect(Number(/maxReceiveCount\s*=\s*(\d+)/.exec(text)?.[1])).toBeGreaterThanOrEqual(5);
    const dead = one(resource, "aws_sqs_queue", "dead_letter");
    expect(dead["message_retention_seconds"]).toBe(14 * 86_400);
    expect(Number(queue["message_retention_seconds"])).toBeLessThan(14 * 86_400);
    const mapping = one(resource, "aws_lambda_event_source_mapping", "queue");
    expect(mapping["function_response_types"]).toEqual(["ReportBatchItemFailures"]);
    expect(one(resource, "aws_dynamodb_table", "marks")["ttl"]).toEqual([
      { attribute_name: "expires_at", enabled: true },
    ]);
    expect(one(resource, "aws_kms_key", "queue")["enable_key_rotation"]).toBe(true);
  });

  test("queues take TLS alone, and secrets are no plain text", () => {
    const [statement] = one(data, "aws_iam_policy_document", "tls_only")["statement"] as Block[];
    expect(statement).toMatchObject({
      effect: "Deny",
      condition: [{ variable: "aws:SecureTransport", values: ["false"] }],
    });
    const variables = module["variable"] as Readonly<Record<string, readonly Block[]>>;
    for (const [name, [variable]] of Object.entries(variables))
      if (name.endsWith("_key"))
        expect(variable, name).toMatchObject({ sensitive: true, default: "" });
  });

  test("every name that it refers to is there", () => {
    const known = new Set([
      ...Object.entries(resource).flatMap(([type, all]) =>
        Object.keys(all).map((n) => `${type}.${n}`),
      ),
      ...Object.entries(data).flatMap(([type, all]) =>
        Object.keys(all).map((n) => `data.${type}.${n}`),
      ),
      ...Object.keys(module["variable"] as object).map((name) => `var.${name}`),
    ]);
    const code = text.replaceAll(/^\s*#.*$/gm, "");
    const references = code.match(/\b(?:var\.\w+|data\.\w+\.\w+|(?<!data\.|")aws_\w+\.\w+)/g) ?? [];
    expect(references.length).toBeGreaterThan(40);
    expect(references.filter((name) => !known.has(name))).toEqual([]);
  });

  test("the environment names variables that the code reads", () => {
    const own = one(resource, "aws_lambda_function", "function");
    const [environment] = own["environment"] as Block[];
    const variables = Object.keys(environment?.["variables"] as object);
    expect(variables.filter((name) => !isRead(name))).toEqual([]);
    expect(variables.length).toBeGreaterThan(8);
  });
});
