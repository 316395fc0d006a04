import { Box, Button, Code, Group, Stack, Text, Title } from "@mantine/core";
import { Component, type ReactNode } from "react";

import { CopyButton } from "../ui/Copy";
import { t } from "../words";

/** Stands where a page fell over: a fault of ours, which must not leave an empty window behind. */
export class Broken extends Component<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {};

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    const words = `${error.name}: ${error.message}`;
    return (
      <Box component="main" p="xl">
        <Stack maw={520} gap="sm" role="alert">
          <Title order={1} size="h2">
            {t("This page has a fault")}
          </Title>
          <Text>{t("Requests are served all the same. Load the page again; if that does not help, this tells us what went wrong:")}</Text>
          <Code block>{words}</Code>
          <Group gap="xs">
            <Button onClick={() => location.reload()}>{t("Load again")}</Button>
            <CopyButton text={`${words}\n${error.stack ?? ""}`}>{t("Copy it")}</CopyButton>
          </Group>
        </Stack>
      </Box>
    );
  }
}
