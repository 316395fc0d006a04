import { Alert, Button, Grid, Text } from "@mantine/core";
import { IconArrowBackUp } from "@tabler/icons-react";

import { useRouting, useUndoRouting } from "../api/routing";
import { ModeSwitch } from "../ui/ModeSwitch";
import { refused, tell } from "../ui/notify";
import { Loaded, Page, Section } from "../ui/Parts";
import { Names } from "./routing/Names";
import { Ready } from "./routing/Ready";
import { Rules } from "./routing/Rules";
import { RoutingText } from "./routing/Text";
import { Uses } from "./routing/Uses";

/** Who serves which request: the mode, the rules as forms and as text, names of the user's own, and how much of each account may be used. */
export function Routing() {
  const routing = useRouting();
  const undo = useUndoRouting();
  const { data } = routing;
  const undoable = (what: string) => tell(what + " Undo is at the top of the page.");
  return (
    <Page
      title="Routing"
      about="Rules come first: they say who may serve. The mode ranks who is left."
      actions={
        data?.undo && (
          <Button
            variant="default"
            leftSection={<IconArrowBackUp size={16} />}
            loading={undo.isPending}
            onClick={() => undo.mutate(data.version, { onError: refused, onSuccess: () => tell("The last change is undone.") })}
          >
            Undo the last change
          </Button>
        )
      }
    >
      <Loaded of={routing}>
        {(r) => (
          <>
            {r.lacks?.length ? (
              <Alert color="yellow" mb="md" title="Some of it names what nobody offers">
                {r.lacks.map((l) => (
                  <Text size="sm" key={l}>
                    {l}
                  </Text>
                ))}
              </Alert>
            ) : null}
            <Grid>
              <Grid.Col span={{ base: 12, md: 7 }}>
                <Section title="Mode in force">
                  <ModeSwitch />
                </Section>
                <div style={{ height: "var(--mantine-spacing-md)" }} />
                <Rules routing={r} undoable={undoable} />
              </Grid.Col>
              <Grid.Col span={{ base: 12, md: 5 }}>
                <RoutingText routing={r} />
              </Grid.Col>
            </Grid>
            <Ready routing={r} undoable={undoable} />
            <Names routing={r} undoable={undoable} />
            <Uses routing={r} />
          </>
        )}
      </Loaded>
    </Page>
  );
}
