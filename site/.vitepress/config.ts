// The Markdown files of the repository → a static site, page by page as they lie there.
// Invariant: the menu is the README's table of pages; a link that leads nowhere fails the build.
import { cpSync, readFileSync, rmSync } from "node:fs";
import { defineConfig, type DefaultTheme, type UserConfig } from "vitepress";

const ROOT = new URL("../../", import.meta.url);
const README = readFileSync(new URL("README.md", ROOT), "utf8");

/** `| begin | [Get started](docs/get-started.md) · … |` → a part of the menu. */
function menu(): DefaultTheme.SidebarItem[] {
  const rows = README.matchAll(/^\| (\w[\w ]*) \| (.*\(docs\/.*) \|$/gm);
  return [...rows].map(([, text = "", cells = ""]) => ({
    text: text.replace(/^./, (first) => first.toUpperCase()),
    items: [...cells.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)].map(([, name = "", path = ""]) => ({
      text: name.replaceAll("`", "").replace(/^./, (first) => first.toUpperCase()),
      link: `/${path.replace(/README\.md$/, "").replace(/\.md$/, "")}`,
    })),
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

copyPages();

const config: UserConfig<DefaultTheme.Config> = defineConfig({
  title: "llmops-observability",
  description: "LLM observability that is compiled in",
  srcDir: "pages",
  // Reports that the review of a change compares.
  srcExclude: ["docs/api/**"],
  outDir: "../.llmops/site",
  rewrites: (path) => path.replace(/README\.md$/, "index.md"),
  cleanUrls: true,
  markdown: {
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
