const names: Record<string, string> = {
  "openai-chat": "OpenAI Chat",
  "openai-responses": "OpenAI Responses",
  "openai-embeddings": "OpenAI Embeddings",
  anthropic: "Anthropic",
  gemini: "Gemini",
};

export function protocolName(protocol: string): string {
  return names[protocol] ?? protocol;
}
