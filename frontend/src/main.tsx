import "@mantine/core/styles.css";
import "@mantine/charts/styles.css";
import "@mantine/notifications/styles.css";
import "@mantine/spotlight/styles.css";
import "./style.css";

import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { queryClient } from "./api/queries";
import { enter, inWindow, token } from "./api/session";
import { App } from "./shell/App";
import { Broken } from "./shell/Broken";
import { Door } from "./shell/Door";
import { theme, variables } from "./theme";
import { speakAsBefore } from "./words";

const [refused] = await Promise.all([enter(), speakAsBefore()]);

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <Notifications position="bottom-center" />
      <QueryClientProvider client={queryClient}>
        <Broken>{inWindow() || token() !== null ? <App /> : <Door refused={refused} />}</Broken>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
