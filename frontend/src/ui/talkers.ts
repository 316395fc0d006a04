import type { Model } from "../api/queries";
import { talks } from "./protocols";

/** Names that say what a model is for, where it is nothing that can be talked with in words. */
const silent = /embed|whisper|tts|audio|realtime|image|moderation|transcribe|rerank|dall-e|sora|imagen|veo|lyria/i;

/** The models that can be talked to, by name, with the accounts that offer each. */
export function talkers(models: Model[]): Map<string, Model[]> {
  const by = new Map<string, Model[]>();
  for (const m of models) if (m.gone === undefined && talks(m.protocols) && !silent.test(m.name)) by.set(m.name, [...(by.get(m.name) ?? []), m]);
  return by;
}

/** One that costs little, to try things with: the cheapest that may well be good, else the first. */
export function cheapest(models: Model[]): Model | undefined {
  const able = [...talkers(models).values()].flat();
  const price = (m: Model) => (m.input_usd === undefined || m.output_usd === undefined ? Infinity : m.input_usd + m.output_usd);
  return able.reduce<Model | undefined>((best, m) => (best === undefined || price(m) < price(best) ? m : best), undefined);
}
