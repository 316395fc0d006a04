import type { BarChartProps } from "@mantine/charts";
import { Box } from "@mantine/core";
import { lazy, Suspense } from "react";

// Charts are a quarter of all the code: a page is there before they are.
const Chart = lazy(() => import("@mantine/charts").then((m) => ({ default: m.BarChart })));

/** A chart of bars. Its place is kept while it comes. */
export function Bars(props: BarChartProps & { h: number }) {
  return (
    <Suspense fallback={<Box h={props.h} />}>
      <Chart {...props} />
    </Suspense>
  );
}
