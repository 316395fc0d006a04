import type { BarChartProps } from "@mantine/charts";
import { Box } from "@mantine/core";
import { lazy, Suspense } from "react";

// Charts are a quarter of all the code: a page is there before they are.
const Chart = lazy(() => import("@mantine/charts").then((m) => ({ default: m.BarChart })));

/** A chart of bars. Its place is kept while it comes. What it says must stand in a table, too, for who cannot see it. */
export function Bars({ most, ...props }: BarChartProps & { h: number; most: number }) {
  return (
    <Box aria-hidden>
      <Suspense fallback={<Box h={props.h} />}>
        <Chart {...props} barProps={{ maxBarSize: most, isAnimationActive: false }} tickLine="none" gridAxis="x" barChartProps={{ accessibilityLayer: false }} />
      </Suspense>
    </Box>
  );
}
