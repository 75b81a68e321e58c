// Parses its own source and the others that it is handed, whole and cut off → the trees' hash and the errors' messages.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { parse, tokenizer } from "acorn";

export default function (...files) {
  const lines = [];
  for (const file of files) {
    const text = readFileSync(file, "utf8");
    const hash = createHash("sha256");
    const options = { ecmaVersion: "latest", allowHashBang: true, locations: true };
    const tree = parse(text, {
      ...options,
      sourceType: file.endsWith(".mjs") ? "module" : "script",
      onComment: (_block, comment) => hash.update(comment),
    });
    hash.update(
      JSON.stringify(tree, (_key, value) => (typeof value === "bigint" ? `${value}n` : value)),
    );
    let tokens = 0;
    for (const { type } of tokenizer(text, { ...options, sourceType: "module" }))
      tokens += type.label.length;
    lines.push(`${text.length} ${tokens} ${hash.digest("hex")}`);
    for (let at = 1; at <= 10; at++) {
      const cut = text.slice(0, Math.floor((Math.min(text.length, 10_000) * at) / 11));
      try {
        parse(cut, { ...options, sourceType: "module" });
        lines.push(`${cut.length} parses`);
      } catch (error) {
        lines.push(`${error.name}: ${error.message} ${JSON.stringify(error.loc)}`);
      }
    }
  }
  return lines.join("\n");
}
