// The Markdown files of the repository → their code blocks, headings and links.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const ROOT: string = join(import.meta.dirname, "../..");

export interface Block {
  /** `docs/http.md:7` */
  readonly place: string;
  readonly language: string;
  readonly text: string;
  /** What a comment right above says: `<!-- given: declare const app: App; -->` */
  readonly note: string;
  /** The heading above it. */
  readonly section: string;
  /** The file that the text before names: "`tsconfig.json`:". */
  readonly file: string | undefined;
}

export interface Page {
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** As GitHub makes them, and the site by `slugify`. */
  readonly anchors: ReadonlySet<string>;
  readonly links: readonly string[];
}

const FENCE = /^( *)```(\w*)[^\n]*\n([^]*?)^\1```$/gm;
const BEFORE = /(?:<!-- ((?:(?!-->)[^])*) -->)?\s*$/;
const NAMED = /`([\w./-]+)`[^`\n]*:\s*(?:<!--(?:(?!-->)[^])*-->)?\s*$/;

export function pages(): Page[] {
  const docs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md") && !path.startsWith("api"))
    .map((path) => join("docs", path));
  const papers = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md"];
  // What npm shows.
  const ofPackages = readdirSync(ROOT)
    .map((folder) => join(folder, "README.md"))
    .filter(
      (path) =>
        existsSync(join(ROOT, dirname(path), "package.json")) && existsSync(join(ROOT, path)),
    );
  return [...papers, ...ofPackages, ...docs.toSorted()].map(pageOf);
}

function pageOf(path: string): Page {
  const text = readFileSync(join(ROOT, path), "utf8");
  const blocks = [...text.matchAll(FENCE)].map((match): Block => {
    const [, indent = "", language = "", body = ""] = match;
    const before = text.slice(0, match.index);
    return {
      place: `${path}:${before.split("\n").length}`,
      language,
      text: body.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
      note: BEFORE.exec(before)?.[1] ?? "",
      section: [...before.matchAll(/^###? (.+)$/gm)].at(-1)?.[1] ?? "",
      file: NAMED.exec(before)?.[1],
    };
  });
  const prose = text.replaceAll(FENCE, "");
  const headings = [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  const links = [...prose.replaceAll(/`[^`\n]*`/g, "").matchAll(/\]\(([^)\s]+)\)/g)];
  return {
    path,
    text,
    blocks,
    anchors: new Set(headings.map(slug)),
    links: links.map(([, target = ""]) => target),
  };
}

/** A heading → its anchor, as GitHub makes it. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-");
}
