import { Alert, Anchor, Box, Grid, Text } from "@mantine/core";
import { Link } from "wouter";

import { useRouting } from "../api/routing";
import { ModeSwitch } from "../ui/ModeSwitch";
import { tell } from "../ui/notify";
import { Loaded, Page, Section } from "../ui/Parts";
import { say, t } from "../words";
import { Flow } from "./routing/Flow";
import { Names } from "./routing/Names";
import { Ready } from "./routing/Ready";
import { Rules } from "./routing/Rules";
import { RoutingText } from "./routing/Text";
import { Undo } from "./routing/Undo";
import { Uses } from "./routing/Uses";

/** Who serves which request: the mode, the rules as forms and as text, names of the user's own, and how much of each account may be used. */
export function Routing() {
  const routing = useRouting();
  const undoable = (what: string) => tell(t("{{done}} You can undo it at the top of the page.", { done: what }));
  return (
    <Page title={t("Routing")} about={t("What decides where a request goes. A change holds for the next request.")} actions={routing.data?.undo && <Undo routing={routing.data} />}>
      <Loaded of={routing}>
        {(r) => (
          <>
            {r.lacks?.length ? (
              <Alert color="yellow" mb="md" title={t("Some of it names what nobody offers")}>
                {r.lacks.map((l) => (
                  <Text size="sm" key={l}>
                    {say(l)}
                  </Text>
                ))}
              </Alert>
            ) : null}
            <Flow routing={r} />
            <Grid>
              <Grid.Col span={{ base: 12, md: 7 }}>
                <Box id="mode" mb="md">
                  <Section
                    title={t("Mode in force")}
                    actions={
                      <Anchor component={Link} href="/explain/replay" size="sm">
                        {t("Compare the modes")}
                      </Anchor>
                    }
                  >
                    <ModeSwitch />
                  </Section>
                </Box>
                <div id="rules">
                  <Rules routing={r} undoable={undoable} />
                </div>
              </Grid.Col>
              <Grid.Col span={{ base: 12, md: 5 }}>
                <RoutingText routing={r} />
              </Grid.Col>
            </Grid>
            <Ready routing={r} undoable={undoable} />
            <div id="names">
              <Names routing={r} undoable={undoable} />
            </div>
            <div id="uses">
              <Uses routing={r} />
            </div>
          </>
        )}
      </Loaded>
    </Page>
  );
}
