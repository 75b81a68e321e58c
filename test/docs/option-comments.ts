// The source of `ConfigureOptions` → its options by path, and the same source with other comments.
import ts from "typescript";

interface Option {
  /** `projectId`, `sqs.url`, … */
  readonly path: string;
  /** Where its comment begins, or would. */
  readonly from: number;
  /** Where it is declared. */
  readonly to: number;
}

/** Groups, and `sink`, which is short for another one, have comments of their own. */
export function optionsIn(source: string): Option[] {
  const file = ts.createSourceFile("options.ts", source, ts.ScriptTarget.Latest, true);
  const options = file.statements.find(
    (statement): statement is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(statement) && statement.name.text === "ConfigureOptions",
  );
  return (options?.members ?? []).flatMap((member) => within(member, file, ""));
}

function within(member: ts.TypeElement, file: ts.SourceFile, group: string): Option[] {
  if (!ts.isPropertySignature(member)) return [];
  const name = member.name.getText(file);
  if (name === "sink") return [];
  const types: readonly ts.TypeNode[] =
    member.type !== undefined && ts.isUnionTypeNode(member.type) ? member.type.types : [];
  const inner = types.find(ts.isTypeLiteralNode);
  if (inner !== undefined) {
    return inner.members.flatMap((each) => within(each, file, `${name}.`));
  }
  const to = member.getStart(file);
  const comment = ts.getLeadingCommentRanges(file.text, member.getFullStart())?.at(-1);
  return [{ path: group + name, from: comment?.pos ?? to, to }];
}

/** The source with these comments; each paragraph is broken into lines. */
export function edited(
  source: string,
  options: readonly Option[],
  comments: ReadonlyMap<string, readonly string[]>,
  width: number,
): string {
  let text = source;
  for (const { path, from, to } of options.toReversed()) {
    const indent = " ".repeat(from - source.lastIndexOf("\n", from) - 1);
    const comment = commentOf(comments.get(path) ?? [], indent, width);
    text = text.slice(0, from) + comment + text.slice(to);
  }
  return text;
}

function commentOf(paragraphs: readonly string[], indent: string, width: number): string {
  const start = `${indent} * `;
  const lines = paragraphs.flatMap((paragraph, at) => [
    ...(at > 0 && !paragraph.startsWith("@") ? [""] : []),
    ...broken(paragraph, width - start.length),
  ]);
  return `/**\n${lines.map((line) => (start + line).trimEnd()).join("\n")}\n${indent} */\n${indent}`;
}

function broken(paragraph: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of paragraph.split(" ")) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
