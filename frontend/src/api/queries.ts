import { keepPreviousData, QueryClient, useInfiniteQuery, useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { asProblem, data, DELETE, GET, PATCH, POST, PUT, type Schemas } from "./client";
import { download } from "./download";
import { inWindow } from "./session";
import { Lately, type List, tooLong, withRow } from "./rows";
import { hear, resume } from "./play";
import { type Event, type Link, subscribe } from "./subscribe";

export type Account = Schemas["Account"];
export type Standing = Schemas["AccountStanding"];
export type Model = Schemas["Model"];
export type ModelPrice = Schemas["ModelPrice"];
export type Row = Schemas["Row"];
export type Status = Schemas["Status"];
export type Settings = Schemas["Settings"];
export type Client = Schemas["Client"];
export type AccountHealth = Schemas["AccountHealth"];
export type Vitals = Omit<AccountHealth, "id" | "slug" | "cooling">;
export type DeploymentHealth = Schemas["DeploymentHealth"];
export type Figures = Schemas["Figures"];
export type Group = Schemas["Group"];
export type Budget = Schemas["BudgetStanding"];
export type Receipt = Schemas["Receipt"];
export type Notice = Schemas["Notice"];
type Page = Schemas["Requests"];

// Metapi is on this machine: it answers where there is no network, and the browser says that it is offline.
export const queryClient = new QueryClient({
  defaultOptions: {
    mutations: { networkMode: "always" },
    queries: { networkMode: "always", retry: false, staleTime: 60_000, refetchOnWindowFocus: false, placeholderData: keepPreviousData },
  },
});

/** What each topic of an event is shown by. */
const shownBy: Record<NonNullable<Event["topics"]>[number], string[]> = {
  status: ["status", "mode", "health", "budgets", "records", "routing"],
  accounts: ["accounts", "routing"],
  models: ["models", "routing"],
  clients: ["clients", "capture"],
  settings: ["settings", "desktop", "usage", "receipt", "records"],
  doctor: ["doctor"],
  routing: ["routing"],
};

/** Keeps everything that is shown up to date, and tells whether the connection stands. */
export function useLive(told: (notice: Notice) => void): Link {
  const client = useQueryClient();
  const [link, setLink] = useState<Link>("open");
  useEffect(() => {
    // Requests come in bursts: what they change elsewhere is read again once a second at most.
    let due: ReturnType<typeof setTimeout> | undefined;
    const settleSoon = () => {
      due ??= setTimeout(() => {
        due = undefined;
        for (const key of ["status", "usage", "health", "budgets"]) void client.invalidateQueries({ queryKey: [key] });
        void client.invalidateQueries({ queryKey: ["requests"], predicate: (q) => !plain(q.queryKey[1]) });
      }, 1000);
    };
    // The log follows at once, though not faster than anybody can read. Rows come before they are counted, so that none is counted and not there.
    let read: ReturnType<typeof setTimeout> | undefined;
    const logSoon = () => {
      read ??= setTimeout(() => {
        read = undefined;
        void client.invalidateQueries({ queryKey: ["log", "rows"] }).then(() => client.invalidateQueries({ queryKey: ["log"], predicate: (q) => q.queryKey[1] !== "rows" }));
      }, 300);
    };
    const off = subscribe((event) => {
      switch (event.type) {
        case "resync":
          void client.invalidateQueries();
          resume();
          break;
        case "changed":
          for (const topic of event.topics ?? []) {
            for (const key of shownBy[topic]) void client.invalidateQueries({ queryKey: [key] });
          }
          break;
        case "request":
          if (event.request !== undefined) put(client, event.request);
          settleSoon();
          logSoon();
          break;
        case "played":
          if (event.played !== undefined) hear(event.played);
          break;
        case "notice":
          if (event.notice !== undefined) told(event.notice);
          break;
      }
    }, setLink);
    return () => {
      off();
      clearTimeout(due);
      clearTimeout(read);
    };
  }, [client, told]);
  return link;
}

const lately = new Lately();

/** Puts a row that has just come into the list of all requests, and into the detail of that request where it is shown. */
function put(client: QueryClient, row: Row): void {
  lately.add(row);
  const lists = { queryKey: ["requests"], predicate: (q: { queryKey: readonly unknown[] }) => plain(q.queryKey[1]) };
  client.setQueriesData<List>({ ...lists, type: "active" }, (list) => list && withRow(list, row));
  void client.invalidateQueries({ ...lists, type: "inactive", refetchType: "none" });
  for (const query of client.getQueryCache().findAll({ ...lists, type: "active", fetchStatus: "idle" })) {
    if (tooLong(query.state.data as List | undefined)) void client.invalidateQueries({ queryKey: query.queryKey, exact: true });
  }
  client.setQueriesData<Row[]>({ queryKey: ["log", "rows"], type: "active" }, (rows) => (rows?.some((r) => r.id === row.id) ? rows.map((r) => (r.id === row.id && row.state !== "running" ? row : r)) : rows));
  void client.invalidateQueries({ queryKey: ["request", row.id] });
}

/** What requests have in common, as the API asks for it. */
export interface Choice {
  client?: string;
  account?: string;
  model?: string;
  state?: "running" | "ok" | "failed" | "cancelled" | "interrupted";
  since?: string;
  until?: string;
}

function plain(filter: unknown): boolean {
  return Object.values((filter ?? {}) as Choice).every((v) => v === undefined);
}

export const useStatus = () => useQuery({ queryKey: ["status"], queryFn: () => data(GET("/api/status")), refetchInterval: 10_000 });
export const useMode = () => useQuery({ queryKey: ["mode"], queryFn: () => data(GET("/api/mode")) });
export const useAccounts = () => useQuery({ queryKey: ["accounts"], queryFn: async () => (await data(GET("/api/accounts"))) ?? [], refetchInterval: 60_000 });
export const useHealth = () => useQuery({ queryKey: ["health"], queryFn: () => data(GET("/api/health")), refetchInterval: 60_000 });
export const useProviders = () => useQuery({ queryKey: ["providers"], queryFn: async () => (await data(GET("/api/providers"))) ?? [], staleTime: Infinity });
export const useModels = () => useQuery({ queryKey: ["models"], queryFn: async () => (await data(GET("/api/models"))) ?? [] });
/** Which list of prices is in force. It changes with the models. */
export const usePrices = () => useQuery({ queryKey: ["models", "list of prices"], queryFn: () => data(GET("/api/prices")) });
/** What a model costs, at each account that offers it. */
export const usePrice = (name: string) => useQuery({ queryKey: ["models", "price", name], queryFn: async () => (await data(GET("/api/price", { params: { query: { name } } }))) ?? [], placeholderData: undefined });
export const scoresOf = (name: string) => ({ queryKey: ["models", "scores", name], queryFn: () => data(GET("/api/scores", { params: { query: { name } } })) });
export const useEnvironment = () => useQuery({ queryKey: ["environment"], queryFn: async () => (await data(GET("/api/environment"))) ?? [], staleTime: 0 });
export const useClients = () => useQuery({ queryKey: ["clients"], queryFn: async () => (await data(GET("/api/clients"))) ?? [] });
export const useSettings = () => useQuery({ queryKey: ["settings"], queryFn: () => data(GET("/api/settings")) });
export const useDoctor = () =>
  useQuery({ queryKey: ["doctor"], queryFn: () => data(GET("/api/doctor")), refetchInterval: (q) => (q.state.data?.running ? 2000 : false) });

/** How each account is reached, read when it is asked for. What was read under other settings is no longer true, and not shown. */
export const useNetwork = ({ proxy, ca_file }: Settings) => useQuery({ queryKey: ["network", proxy, ca_file], queryFn: () => data(GET("/api/network")), enabled: false, gcTime: 0, placeholderData: undefined });
export const useDesktop = () => useQuery({ queryKey: ["desktop"], queryFn: () => data(GET("/api/desktop")), refetchInterval: 10_000 });

/** The start of the local day, as the API wants it. */
export function startOfDay(now: number): string {
  return new Date(new Date(now).setHours(0, 0, 0, 0)).toISOString();
}

/** What today came to. The day moves on while the page stays open. */
export function useUsageToday(by: "hour" | "account" | "client") {
  const since = startOfDay(useNow(false));
  return useQuery({
    queryKey: ["usage", since, by],
    queryFn: () => data(GET("/api/usage", { params: { query: { since, by, limit: 1 } } })),
    refetchInterval: 60_000,
  });
}

export type By = "model" | "account" | "client" | "session" | "day" | "hour" | "day-account" | "day-model";

/** What a time came to: from since, "" for all of it, until a moment, "" for now. */
export const useUsage = (since: string, by: By, until = "") =>
  useQuery({
    queryKey: ["usage", since, by, until],
    queryFn: () => data(GET("/api/usage", { params: { query: { since: since || undefined, until: until || undefined, by, limit: 1 } } })),
    refetchInterval: 60_000,
  });
export const useReceipt = (id: string) => useQuery({ queryKey: ["receipt", id], queryFn: () => data(GET("/api/requests/{id}/receipt", { params: { path: { id } } })) });
export const useBudgets = () => useQuery({ queryKey: ["budgets"], queryFn: async () => (await data(GET("/api/budgets"))) ?? [], refetchInterval: 60_000 });
export const useRecords = () => useQuery({ queryKey: ["records"], queryFn: () => data(GET("/api/storage")) });

/** How many requests there are, by the hour that they began in, oldest first. A time that moves on with the clock is no other choice. */
export const useTimeline = (choice: Choice) => {
  const same = JSON.stringify({ ...choice, since: undefined });
  return useQuery({
    queryKey: ["log", "hours", choice, same],
    queryFn: async ({ signal }) => (await data(GET("/api/requests/hours", { params: { query: choice }, signal }))).hours ?? [],
    placeholderData: (before, query) => (query?.queryKey[3] === same ? before : undefined),
  });
};

/** Parts of the log, each from a place on, oldest first. Whoever drags a scroll bar passes many: nobody waits for those. */
export const useStretches = (choice: Choice, places: { since: string; skip: number }[]) =>
  useQueries({
    queries: places.map(({ since, skip }) => ({
      queryKey: ["log", "rows", choice, since, skip],
      queryFn: async ({ signal }: { signal: AbortSignal }) =>
        (await data(GET("/api/requests", { params: { query: { ...choice, since, skip, oldest: true, limit: stretch } }, signal }))).rows ?? [],
      gcTime: 30_000,
      placeholderData: undefined,
    })),
  });

/** How many rows of the log are read together. */
export const stretch = 100;

/** The newest request of a client that is still kept. */
export const useNewestOf = (client: string) =>
  useQuery({
    queryKey: ["log", "newest", client],
    queryFn: async () => (await data(GET("/api/requests", { params: { query: { client, limit: 1 } } }))).rows?.[0] ?? null,
  });

/** The request before or behind one, in the order of time. */
export const useBeside = (choice: Choice, id: string, newer: boolean) =>
  useQuery({
    queryKey: ["log", "beside", choice, id, newer],
    queryFn: async () => (await data(GET("/api/requests", { params: { query: { ...choice, after: id, oldest: newer, limit: 1 } } }))).rows?.[0]?.id ?? null,
    enabled: id !== "",
    placeholderData: undefined,
  });

export const useRequests = (filter: Choice) =>
  useInfiniteQuery({
    queryKey: ["requests", filter],
    queryFn: async ({ pageParam }) => {
      const asked = Date.now();
      const page = await data(GET("/api/requests", { params: { query: { ...filter, limit: 100, cursor: pageParam } } }));
      return pageParam === undefined && plain(filter) ? lately.after(page, asked) : page;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: Page) => last.next,
  });

/** The newest requests, read anew each time that they are wanted. */
export const useNewest = (limit: number, wanted: boolean) =>
  useQuery({ queryKey: ["newest", limit], queryFn: async () => (await data(GET("/api/requests", { params: { query: { limit } } }))).rows ?? [], enabled: wanted, staleTime: 0 });

export const useRequest = (id: string) =>
  useQuery({ queryKey: ["request", id], queryFn: () => data(GET("/api/requests/{id}", { params: { path: { id } } })), enabled: id !== "" });

/** A change, after which what it concerns is read again without waiting for the event that tells so. */
function useChange<I, O>(change: (input: I) => Promise<O>, ...shown: string[]) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (input: I) => {
      try {
        return await change(input);
      } catch (error) {
        throw asProblem(error);
      }
    },
    onSettled: () => {
      for (const key of shown) void client.invalidateQueries({ queryKey: [key] });
    },
  });
}

export type SetBudget = Schemas["SetBudgetInputBody"];

const at = (id: string) => ({ params: { path: { id } } });

export const useSetMode = () => useChange((mode: string) => data(PUT("/api/mode", { body: { mode } })), "status", "mode");
export const useSetPaused = () => useChange((paused: boolean) => data(paused ? POST("/api/pause") : POST("/api/resume")), "status");
export const useAddAccount = () => useChange((body: Schemas["AddAccount"]) => data(POST("/api/accounts", { body })), "accounts", "models", "status");
export const useNearbyPorts = () => useQuery({ queryKey: ["nearby"], queryFn: () => data(GET("/api/nearby")), staleTime: 0 });
export const useNearby = () => useChange((ports: number[]) => data(POST("/api/nearby", { body: { ports } })));
export const useTestAccount = () => useChange((id: string) => data(POST("/api/accounts/{id}/test", at(id))), "accounts", "models", "status");
export const useEditAccount = () =>
  useChange(({ id, ...body }: Schemas["EditAccount"] & { id: string }) => data(PATCH("/api/accounts/{id}", { ...at(id), body })), "accounts", "status");
export const useClearCooldown = () => useChange((id: string) => data(POST("/api/accounts/{id}/clear-cooldown", at(id))), "status", "health");
export const useReplaceKey = () =>
  useChange(({ id, key }: { id: string; key: string }) => data(PUT("/api/accounts/{id}/key", { ...at(id), body: { key } })), "accounts", "models", "status");
export const useRemoveAccount = () => useChange((id: string) => data(DELETE("/api/accounts/{id}", at(id))), "accounts", "models", "status");
export const useRestoreAccount = () => useChange((id: string) => data(POST("/api/accounts/{id}/restore", at(id))), "accounts", "models", "status");
export const useAddClient = () => useChange((name: string) => data(POST("/api/clients", { body: { name } })), "clients", "status");
export const useEditClient = () =>
  useChange(({ id, ...body }: Schemas["EditClient"] & { id: string }) => data(PATCH("/api/clients/{id}", { ...at(id), body })), "clients");
export const useSetThumb = () =>
  useChange(({ id, thumb }: { id: string; thumb: Schemas["Request"]["thumb"] }) => data(POST("/api/requests/{id}/thumb", { ...at(id), body: { thumb } })), "request");
export const useRevokeClient = () => useChange((id: string) => data(DELETE("/api/clients/{id}", at(id))), "clients", "status");
export const useCapture = () => useQuery({ queryKey: ["capture"], queryFn: () => data(GET("/api/capture")), refetchInterval: 3000 });
export const useCaptureClient = () =>
  useChange(({ id, on }: { id: string; on: boolean }) => data(PUT("/api/capture/clients/{id}", { ...at(id), body: { on } })), "capture", "clients", "status");
export const useLimitCapture = () => useChange((body: { days?: number; megabytes?: number }) => data(PATCH("/api/capture", { body })), "capture");
export const useEmptyCapture = () => useChange(() => data(DELETE("/api/capture")), "capture", "captured");
/** What was said in a request; null where that was not captured. Nobody is asked where nothing is. */
export const useCaptured = (id: string) => {
  const { data: all } = useCapture();
  return useQuery({
    queryKey: ["captured", id],
    enabled: all !== undefined && all.holding.requests + (all.clients?.length ?? 0) > 0,
    queryFn: async () => {
      try {
        return await data(GET("/api/requests/{id}/captured", at(id)));
      } catch (error) {
        if (asProblem(error).status === 404) return null;
        throw error;
      }
    },
    placeholderData: undefined,
    gcTime: 0,
  });
};
export const useSetBudget = () =>
  useChange(({ name, ...body }: { name: string } & SetBudget) => data(PUT("/api/budgets/{name}", { params: { path: { name } }, body })), "budgets");
export const useRemoveBudget = () => useChange((name: string) => data(DELETE("/api/budgets/{name}", { params: { path: { name } } })), "budgets");
export const useCompact = () => useChange(() => data(POST("/api/storage/compact")), "records");
export const useSaveExport = () => useChange((body: Choice & { format: "csv" | "jsonl" }) => data(POST("/api/usage/export/save", { body })));
/** Makes a backup: a download in a browser, a file among the downloads in the window. Returns what it is called. */
export const useBackup = () =>
  useChange(async (body: Schemas["MakeBackup"]) => {
    if (inWindow()) return (await data(POST("/api/backup/save", { body }))).path;
    const { name, file } = await data(POST("/api/backup", { body }));
    download(new Blob([Uint8Array.from(atob(file), (c) => c.charCodeAt(0))], { type: "application/zip" }), name);
    return name;
  });
/** Restores a backup, or only says what that would change. */
export function useRestore(check: boolean) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ file, passphrase }: { file: File; passphrase: string }) => {
      try {
        return await data(POST("/api/restore", { body: { file: await base64(file), check, ...(passphrase !== "" && { passphrase }) } }));
      } catch (error) {
        throw asProblem(error);
      }
    },
    onSettled: () => (check ? undefined : client.invalidateQueries()),
  });
}

const base64 = (file: File): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve((reader.result as string).split(",")[1] ?? "");
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
export const useEditDesktop = () => useChange((body: Schemas["EditDesktop"]) => data(PATCH("/api/desktop", { body })), "desktop");
export const useExamine = () => useChange(() => data(POST("/api/doctor")), "doctor");
export const useStopDoctor = () => useChange(() => data(DELETE("/api/doctor")), "doctor");
export const useDecide = () => useChange((body: Schemas["DecideInputBody"]) => data(POST("/api/decide", { body })));
export const useReplayed = () =>
  useQuery({ queryKey: ["replay"], queryFn: () => data(GET("/api/replay")), staleTime: 0, refetchInterval: (q) => (q.state.data?.running ? 500 : false) });
export const useReplay = () => useChange((body: Schemas["ReplayInputBody"]) => data(POST("/api/replay", { body })), "replay");
export const useStopReplay = () => useChange(() => data(DELETE("/api/replay")), "replay");
export const useBundle = () => useChange(() => data(POST("/api/doctor/bundle")));
export const useSaveBundle = () => useChange((id: string) => data(POST("/api/doctor/bundle/save", { body: { id } })));
export const useQuit = () => useChange(() => data(POST("/api/desktop/quit")));
export const useUnlock = () => useChange((passphrase: string) => data(POST("/api/unlock", { body: { passphrase } })), "status", "accounts");
export const clientKey = (id: string) => data(GET("/api/clients/{id}/key", at(id)));
export const recognise = (key: string, signal: AbortSignal) => data(POST("/api/recognise", { body: { key }, signal }));

/** Changes settings; what is shown has them at once, and again what holds where the change is refused. */
/** Fetches the list of prices now, or goes back to the one that came with this version. */
export function useRefreshPrices() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (what: "fetch" | "built-in") => data(what === "fetch" ? POST("/api/prices/refresh") : DELETE("/api/prices")),
    onSettled: () => client.invalidateQueries({ queryKey: ["models"] }),
  });
}

export function useEditSettings() {
  const client = useQueryClient();
  return useMutation({
    scope: { id: "settings" },
    mutationFn: (body: Schemas["EditSettings"]) => data(PATCH("/api/settings", { body })),
    onMutate: (body) => {
      const refusable = ["port", "proxy", "ca_file"]; // these are shown once they hold
      const shown = Object.fromEntries(Object.entries(body).filter(([key]) => !refusable.includes(key)));
      client.setQueryData<Settings>(["settings"], (now) => now && { ...now, ...shown });
    },
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: ["settings"] }), client.invalidateQueries({ queryKey: ["status"] }), client.invalidateQueries({ queryKey: ["models", "list of prices"] })]),
  });
}

/** Has accounts share a place in the order, under a name; "": not any more. */
export const usePoolAccounts = () => useChange((body: { name: string; ids: string[] }) => data(PUT("/api/accounts/pool", { body })), "accounts", "status");

/** Puts the accounts into an order; what is shown has it at once. */
export function useOrderAccounts() {
  const client = useQueryClient();
  return useMutation({
    mutationKey: ["order"],
    scope: { id: "order" }, // one after the other: the last is what the user wants
    mutationFn: (list: Account[]) => data(PUT("/api/accounts/order", { body: { ids: list.map((a) => a.id) } })),
    onMutate: (list) => client.setQueryData<Account[]>(["accounts"], list),
    // Only after the last: what holds between two moves is not what the user looks at.
    onSettled: () => (client.isMutating({ mutationKey: ["order"] }) > 1 ? undefined : client.invalidateQueries({ queryKey: ["accounts"] })),
  });
}

/** The time. It moves on each second where something counts it, else often enough for words like "5 minutes ago". */
export function useNow(counting: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), counting ? 1000 : 20_000);
    return () => clearInterval(timer);
  }, [counting]);
  return now;
}
