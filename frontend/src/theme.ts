import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

import { t } from "./words";

// In functions, since the words change with the language.
const closable = () => ({ closeButtonProps: { "aria-label": t("Close") } });

// The colour of the mark. Shade 7 carries white text, and shade 4 stands on dark, each with a contrast above 4.5.
const metapi: MantineColorsTuple = ["#f0f0ff", "#e2e1fd", "#c5c3f9", "#a6a3f5", "#8c88f2", "#7771ef", "#645dee", "#5850ec", "#463fd0", "#3a34ae"];

export const theme = createTheme({
  primaryColor: "metapi",
  primaryShade: { light: 7, dark: 7 },
  colors: { metapi },
  fontFamily: "Inter, system-ui, -apple-system, 'Segoe UI', 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Code', 'DejaVu Sans Mono', monospace",
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Anchor: { defaultProps: { underline: "hover" } },
    Drawer: { defaultProps: closable },
    Notification: {
      defaultProps: closable,
      styles: { description: { color: "var(--mantine-color-dimmed)" } },
    },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true, multiline: true, maw: 320 } },
    Modal: { defaultProps: () => ({ ...closable(), centered: true, overlayProps: { backgroundOpacity: 0.45, blur: 2 } }) },
    PasswordInput: { defaultProps: () => ({ visibilityToggleButtonProps: { "aria-label": t("Show or hide it") } }) },
    Table: { defaultProps: { verticalSpacing: "xs", highlightOnHover: true } },
  },
});

/** Mantine's dimmed text and its red of what is wrong miss the contrast of WCAG AA (4.5) on the grounds it stands on here. */
export const variables: CSSVariablesResolver = (theme) => ({
  variables: {},
  light: { "--mantine-color-dimmed": theme.colors.gray[7], "--mantine-color-error": "#b42318" },
  dark: { "--mantine-color-anchor": metapi[3], "--mantine-color-dimmed": theme.colors.dark[1], "--mantine-color-error": theme.colors.red[3], "--mantine-color-placeholder": theme.colors.dark[2] },
});
