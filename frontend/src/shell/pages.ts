import { IconActivity, IconBoxModel2, IconBulb, IconCoins, IconKey, IconLayoutDashboard, IconMessages, IconPlugConnected, IconRoute, IconSettings, IconStethoscope } from "@tabler/icons-react";

/** The pages, in the order of the navigation; the number key of each opens it. */
export const pages = [
  { path: "/", name: "Overview", icon: IconLayoutDashboard },
  { path: "/accounts", name: "Accounts", icon: IconKey },
  { path: "/models", name: "Models", icon: IconBoxModel2 },
  { path: "/routing", name: "Routing", icon: IconRoute },
  { path: "/tools", name: "Tools", icon: IconPlugConnected },
  { path: "/requests", name: "Requests", icon: IconActivity },
  { path: "/explain", name: "Explain", icon: IconBulb },
  { path: "/playground", name: "Playground", icon: IconMessages },
  { path: "/costs", name: "Costs", icon: IconCoins },
  { path: "/settings", name: "Settings", icon: IconSettings },
  { path: "/doctor", name: "Doctor", icon: IconStethoscope },
] as const;
