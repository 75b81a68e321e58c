// A key → its screen: the four entries of the navigation.
export const SCREENS = [
  { name: "traces", title: "Traces", path: "/", key: "g t" },
  { name: "charts", title: "Charts", path: "/charts", key: "g c" },
  { name: "coverage", title: "Coverage", path: "/coverage", key: "g v" },
  { name: "pipeline", title: "Pipeline", path: "/pipeline", key: "g p" },
] as const;
