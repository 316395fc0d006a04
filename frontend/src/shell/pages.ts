import { IconActivity, IconBoxModel2, IconBulb, IconCoins, IconKey, IconLayoutDashboard, IconMessages, IconPlugConnected, IconRoute, IconSettings, IconStethoscope } from "@tabler/icons-react";

import { w } from "../words";

/** The pages, in the order of the navigation; the number key of each opens it. */
export const pages = [
  { path: "/", name: w("Overview"), icon: IconLayoutDashboard },
  { path: "/accounts", name: w("Accounts"), icon: IconKey },
  { path: "/models", name: w("Models"), icon: IconBoxModel2 },
  { path: "/routing", name: w("Routing"), icon: IconRoute },
  { path: "/tools", name: w("Tools"), icon: IconPlugConnected },
  { path: "/requests", name: w("Requests"), icon: IconActivity },
  { path: "/explain", name: w("Explain"), icon: IconBulb },
  { path: "/playground", name: w("Playground"), icon: IconMessages },
  { path: "/costs", name: w("Costs"), icon: IconCoins },
  { path: "/settings", name: w("Settings"), icon: IconSettings },
  { path: "/doctor", name: w("Doctor"), icon: IconStethoscope },
] as const;
