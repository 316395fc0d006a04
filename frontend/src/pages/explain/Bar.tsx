import { Box, Text } from "@mantine/core";

/** A figure with a bar under it, to be compared with those of the other rows. What is not known has none. */
export function Bar({ text, part, whole, best, note }: { text: string; part: number | undefined; whole: number; best?: boolean; note?: string }) {
  return (
    <Box miw={84}>
      <Text size="sm" className="nowrap" fw={best ? 650 : undefined}>
        {text}
      </Text>
      {part !== undefined && whole > 0 && (
        <Box aria-hidden h={5} mt={2} style={{ borderRadius: 3, background: "var(--mantine-color-default-border)", overflow: "hidden" }}>
          <Box h="100%" w={`${Math.max(2, (100 * part) / whole)}%`} bg={best ? "teal.6" : "gray.6"} style={{ borderRadius: 3 }} />
        </Box>
      )}
      {note !== undefined && (
        <Text size="xs" c="dimmed" className="nowrap">
          {note}
        </Text>
      )}
    </Box>
  );
}
