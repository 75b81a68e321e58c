// The Markdown files of the repository → a static site, page by page as they lie there.
// Invariant: the menu is the README's table of pages; a link that leads nowhere fails the build.
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { defineConfig, type DefaultTheme, type UserConfig } from "vitepress";

const ROOT = new URL("../../", import.meta.url);
const README = readFileSync(new URL("README.md", ROOT), "utf8");

/** `| begin | [Get started](docs/get-started.md) · … |` → a part of the menu. */
function menu(): DefaultTheme.SidebarItem[] {
  const rows = README.matchAll(/^\| (\w[\w ]*) \| (.*\(docs\/.*) \|$/gm);
  return [...rows].map(([, text = "", cells = ""]) => ({
    text: text.replace(/^./, (first) => first.toUpperCase()),
    items: [...cells.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(([, name = "", path = ""]) =>
      itemOf(name, path),
    ),
  }));
}

function itemOf(name: string, path: string): DefaultTheme.SidebarItem {
  const text = name.replaceAll("`", "").replace(/^./, (first) => first.toUpperCase());
  const link = `/${path.replace(/README\.md$/, "").replace(/\.md$/, "")}`;
  return path.endsWith("/README.md")
    ? { text, link, collapsed: true, items: below(path) }
    : { text, link };
}

/** A page that lists others has them below it: `[Vite](vite.md)`, `| [001](001-tooling.md) | tooling |`. */
function below(path: string): DefaultTheme.SidebarItem[] {
  const folder = path.replace(/README\.md$/, "");
  const text = readFileSync(new URL(path, ROOT), "utf8");
  const listed = text.matchAll(/\[([^\]]+)\]\(([\w-]+)\.md\)(?:(?<=\d.*) \| (.*) \|$)?/gm);
  return [...listed].map(([, name = "", file = "", title = ""]) => ({
    text: `${name} ${title}`
      .trim()
      .replaceAll("`", "")
      .replace(/^./, (first) => first.toUpperCase()),
    link: `/${folder}${file}`,
  }));
}

/** As GitHub makes an anchor of a heading, so that links hold in both places. */
function slugify(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-");
}

/**
 * Vite looks for packages from the pages upwards: they are copied to where it finds those of the
 * site.
 */
function copyPages(): void {
  const pages = new URL("../pages/", import.meta.url);
  for (const name of ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs", "examples"]) {
    rmSync(new URL(name, pages), { recursive: true, force: true });
    cpSync(new URL(name, ROOT), new URL(name, pages), { recursive: true });
  }
}

/** A source that a page leads to is a page: `examples/rag/src/main.ts`. */
function showSources(): void {
  const pages = new URL("../pages/", import.meta.url);
  const text = readFileSync(new URL("examples/README.md", ROOT), "utf8");
  for (const [, path = "", language = ""] of text.matchAll(/\]\(([\w/.-]+\.(ts|mjs))\)/g)) {
    const source = readFileSync(new URL(`examples/${path}`, ROOT), "utf8");
    const page = `# ${path}\n\n\`\`\`${language}\n${source}\`\`\`\n`;
    writeFileSync(new URL(`examples/${path}.md`, pages), page);
  }
}

copyPages();
showSources();

/** The label of a block is paler than texts may be. */
const STYLE = `.vp-doc [class*="language-"] > span.lang { color: var(--vp-c-text-2); }`;

const config: UserConfig<DefaultTheme.Config> = defineConfig({
  title: "llmops-observability",
  description: "LLM observability that is compiled in",
  srcDir: "pages",
  head: [["style", {}, STYLE]],
  // Reports that the review of a change compares.
  srcExclude: ["docs/api/**"],
  outDir: "../.llmops/site",
  rewrites: (path) => path.replace(/README\.md$/, "index.md"),
  cleanUrls: true,
  markdown: {
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    anchor: { slugify },
    config(md) {
      md.core.ruler.after("inline", "readme-is-index", ({ tokens }) => {
        for (const { children } of tokens)
          for (const token of children ?? []) {
            const href = token.attrGet("href");
            if (href !== null) token.attrSet("href", href.replace(/README\.md(?=#|$)/, "index.md"));
          }
      });
    },
  },
  // Pages lie outside of the folder that has the packages.
  themeConfig: {
    search: { provider: "local" },
    sidebar: [...menu(), { text: "Reference", items: [{ text: "API", link: "/api/" }] }],
    outline: [2, 3],
  },
});

export default config;
