// What routing.yaml says, and the changes of it. Each change gives the whole back, which is shown at once.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { data, DELETE, GET, PATCH, POST, PUT, type Schemas } from "./client";

export type Routing = Schemas["Routing"];
export type Rule = Schemas["RoutingRule"];
export type Plan = Schemas["RoutingPlan"];
export type Alias = Schemas["Alias"];
export type Choice = Schemas["Choice"];
export type Fault = Schemas["RoutingFault"];
export type Use = Schemas["Use"];
export type Edit = Schemas["RoutingEdit"];

export const useRouting = () => useQuery({ queryKey: ["routing"], queryFn: () => data(GET("/api/routing")), refetchInterval: 15_000 });

function useRewrite<I>(change: (input: I) => Promise<Routing>) {
  const client = useQueryClient();
  return useMutation({
    scope: { id: "routing" }, // one after the other: each is of the version that the one before made
    mutationFn: change,
    onSuccess: (routing) => client.setQueryData(["routing"], routing),
    onError: () => client.invalidateQueries({ queryKey: ["routing"] }),
  });
}

export const useEditRouting = () => useRewrite((body: Edit) => data(PATCH("/api/routing", { body })));
export const useSaveRouting = () => useRewrite((body: { version: string; text: string }) => data(PUT("/api/routing/text", { body })));
export const useUndoRouting = () => useRewrite((version: string) => data(POST("/api/routing/undo", { body: { version } })));
export const useSwitchReady = () =>
  useRewrite(({ name, on }: { name: string; on: boolean }) => data((on ? PUT : DELETE)("/api/routing/ready/{name}", { params: { path: { name } } })));

export const check = (body: { text?: string; when?: string }, signal: AbortSignal) => data(POST("/api/routing/check", { body, signal }));
