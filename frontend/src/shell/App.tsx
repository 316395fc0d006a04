import { AppShell, useMantineColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import { Redirect, Route, Router, Switch, useLocation } from "wouter";
import { useHashLocation } from "wouter/use-hash-location";

import { useLive, useSettings, useStatus } from "../api/queries";
import { Accounts } from "../pages/Accounts";
import { Costs } from "../pages/Costs";
import { Doctor } from "../pages/Doctor";
import { Explain } from "../pages/Explain";
import { Models } from "../pages/Models";
import { Overview } from "../pages/Overview";
import { Playground } from "../pages/Playground";
import { Requests } from "../pages/Requests";
import { Routing } from "../pages/Routing";
import { Settings } from "../pages/Settings";
import { Tools } from "../pages/Tools";
import { showIn } from "../format";
import { t, useSpeech } from "../words";
import { showNotice } from "./Notices";
import { Banners } from "./Banners";
import { Broken } from "./Broken";
import { Door } from "./Door";
import { Nav } from "./Nav";
import { Palette } from "./Palette";
import { Shortcuts } from "./Shortcuts";

export function App() {
  return (
    <Router hook={useHashLocation}>
      <Shell />
    </Router>
  );
}

function Shell() {
  useTop();
  const link = useLive(showNotice);
  const words = `${useCurrency()} ${useSpeech(useSettings().data?.language)}`;
  const status = useStatus();
  const page = usePage();
  useTheme();
  useWindow();
  if (asCode(status.error) === "unauthorised") return <Door refused={t("This page was let in by an instance of Metapi that has ended.")} />;
  return (
    <AppShell key={words} layout="alt" navbar={{ width: { base: 72, md: 216 }, breakpoint: 0 }} padding={0}>
      <a
        className="skip"
        href="#content"
        onClick={(e) => {
          e.preventDefault(); // the hash is the page
          toHeading();
        }}
      >
        {t("Skip to the content")}
      </a>
      <Palette />
      <Shortcuts />
      <AppShell.Navbar component="nav" aria-label={t("Pages")}>
        <Nav />
      </AppShell.Navbar>
      <AppShell.Main component="div">
        <Banners lost={link === "lost"} />
        <Broken key={page}>
          <Switch>
            <Route path="/" component={Overview} />
            <Route path="/accounts/:what?" component={Accounts} />
            <Route path="/models/*?">{({ "*": query }) => <Models key={query} asked={query} />}</Route>
            <Route path="/routing" component={Routing} />
            <Route path="/tools/:what?" component={Tools} />
            <Route path="/requests/*?">{({ "*": asked }) => <Requests asked={asked ?? ""} />}</Route>
            <Route path="/explain/:what?" component={Explain} />
            <Route path={/^\/playground(\?.*)?$/} component={Playground} />
            <Route path="/costs" component={Costs} />
            <Route path="/settings/:what?" component={Settings} />
            <Route path="/doctor/:what?" component={Doctor} />
            <Route>
              <Redirect to="/" />
            </Route>
          </Switch>
        </Broken>
      </AppShell.Main>
    </AppShell>
  );
}

/** Has money shown in the user's currency; the name of it changes when all that is shown must be drawn anew. */
function useCurrency(): string {
  const { data } = useSettings();
  const [currency, rate] = [data?.currency ?? "", data?.rate ?? 0];
  showIn(currency, rate);
  return `${currency} ${rate}`;
}

/** The page that is shown, without what is shown of it. */
function usePage(): string {
  const [here] = useLocation();
  return here.split(/[/?]/)[1] ?? "";
}

/** Puts the focus on the title of the page: a screen reader says it, and Tab goes on from there. */
function toHeading() {
  const title = document.querySelector("h1");
  title?.setAttribute("tabindex", "-1");
  title?.focus({ preventScroll: true });
}

/** Another page begins at its top, wherever the one before was scrolled to; who has opened a window of it is left there. */
function useTop() {
  const page = usePage();
  const first = useRef(true);
  useEffect(() => {
    window.scrollTo(0, 0);
    if (!first.current && document.querySelector("[role=dialog]") === null) toHeading();
    first.current = false;
  }, [page]);
}

function asCode(error: unknown): string | undefined {
  return (error as { code?: string } | null)?.code;
}

/** The theme is the user's setting, kept by Metapi and not by this page. */
function useTheme() {
  const { data } = useSettings();
  const { setColorScheme } = useMantineColorScheme();
  const theme = data?.theme;
  useEffect(() => {
    if (theme !== undefined) setColorScheme(theme === "system" ? "auto" : theme);
  }, [theme, setColorScheme]);
}

/** The tray, or a notification, may ask for a page: also before there was anyone to ask, so the window is told that there is now. */
function useWindow() {
  const [, go] = useLocation();
  useEffect(() => {
    const off = window.runtime?.EventsOn("metapi:open", (page: string) => go(page));
    window.runtime?.EventsEmit("metapi:here");
    return off;
  }, [go]);
}
