import { Alert, Box, Button, Code, Group, Modal, Stack, Text } from "@mantine/core";
import { IconCircleCheck, IconInfoCircle } from "@tabler/icons-react";
import { useEffect } from "react";

import { useBundle, useSaveBundle } from "../../api/queries";
import { CopyIcon } from "../../ui/Copy";
import { Fault, Loaded } from "../../ui/Parts";
import { plural, say, t } from "../../words";

/** Shows what is in the bundle for others, and saves it once that has been seen. */
export function Diagnostics({ opened, close }: { opened: boolean; close: () => void }) {
  return (
    <Modal opened={opened} onClose={close} title={t("Save diagnostics")} size="lg">
      <Content close={close} />
    </Modal>
  );
}

function Content({ close }: { close: () => void }) {
  const { mutate: gather, ...bundle } = useBundle();
  const save = useSaveBundle();
  useEffect(() => gather(), [gather]);
  return (
    <Stack>
      <Text size="sm">
        {t(
          "For who helps you: what the doctor has found, settings, the last failed requests and the log. No key is in it, and nothing that tools have asked or were answered. This is all of it; look before you give it away.",
        )}
      </Text>
      <Loaded of={bundle}>
        {(b) => (
          <>
            <Stack component="ul" gap={6} p={0} m={0} style={{ listStyle: "none" }}>
              {(b.files ?? []).map((f) => (
                <li key={f.name}>
                  <details>
                    <summary>
                      <Text span size="sm" fw={600}>
                        {f.name}
                      </Text>{" "}
                      <Text span size="sm" c="dimmed">
                        {plural(f.text.length, "{{what}} ({{count}} character)", "{{what}} ({{count}} characters)", { what: say(f.what) })}
                      </Text>
                    </summary>
                    <Box mah={260} style={{ overflow: "auto" }} tabIndex={0} role="region" aria-label={f.name}>
                      <Code block>{f.text}</Code>
                    </Box>
                  </details>
                </li>
              ))}
            </Stack>
            {(b.left_out ?? []).map((sentence) => (
              <Alert key={sentence} color="gray" icon={<IconInfoCircle />}>
                {say(sentence)}
              </Alert>
            ))}
            {save.error && <Fault error={save.error} />}
            {save.data ? (
              <Alert color="teal" icon={<IconCircleCheck />} title={t("Saved to a file")} role="alert">
                <Group gap={4} wrap="nowrap">
                  <Code style={{ overflowWrap: "anywhere" }}>{save.data.path}</Code>
                  <CopyIcon text={save.data.path} label={t("the path")} />
                </Group>
              </Alert>
            ) : (
              <Group justify="flex-end">
                <Button variant="default" onClick={close}>
                  {t("Cancel")}
                </Button>
                <Button onClick={() => save.mutate(b.id)} loading={save.isPending}>
                  {t("Save")}
                </Button>
              </Group>
            )}
          </>
        )}
      </Loaded>
    </Stack>
  );
}
