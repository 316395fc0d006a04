const names: Record<string, string> = {
  "openai-chat": "OpenAI Chat",
  "openai-responses": "OpenAI Responses",
  "openai-completions": "OpenAI Completions",
  "openai-embeddings": "OpenAI Embeddings",
  "openai-images": "OpenAI Images",
  "openai-audio": "OpenAI Audio",
  "openai-moderations": "OpenAI Moderations",
  rerank: "Rerank",
  "openai-files": "OpenAI Files",
  "openai-batches": "OpenAI Batches",
  anthropic: "Anthropic",
  gemini: "Gemini",
  "gemini-embeddings": "Gemini Embeddings",
};

/** The protocols in which a model can be talked to. */
const spoken = new Set(["openai-chat", "openai-responses", "anthropic", "gemini"]);

/** Whether a model that is reached over these can be talked to. */
export function talks(protocols: string[] | null | undefined): boolean {
  return protocols?.some((p) => spoken.has(p)) ?? false;
}

export function protocolName(protocol: string): string {
  return names[protocol] ?? protocol;
}
