// How each tool is pointed at Metapi by hand. Facts: the tools' own documentation.

export interface Recipe {
  id: string;
  name: string;
  /** What to do with the text, in a sentence. */
  how: string;
  text: (at: string, key: string) => string;
}

const codex = (at: string, key: string) => `# ~/.codex/config.toml
model_provider = "metapi"

[model_providers.metapi]
name = "Metapi"
base_url = "http://${at}/v1"
env_key = "METAPI_KEY"
wire_api = "responses"

# and in the environment of the shell that starts it:
export METAPI_KEY=${key}`;

const openCode = (at: string, key: string) =>
  JSON.stringify(
    {
      $schema: "https://opencode.ai/config.json",
      provider: {
        metapi: {
          npm: "@ai-sdk/openai-compatible",
          name: "Metapi",
          options: { baseURL: `http://${at}/v1`, apiKey: key },
          models: { "MODEL-NAME": {} },
        },
      },
    },
    null,
    2,
  );

export const recipes: Recipe[] = [
  {
    id: "claude-code",
    name: "Claude Code",
    how: "Set these in the shell that starts it.",
    text: (at, key) => `export ANTHROPIC_BASE_URL=http://${at}\nexport ANTHROPIC_AUTH_TOKEN=${key}`,
  },
  { id: "codex", name: "Codex", how: "Add this to its configuration, and the key to the environment.", text: codex },
  {
    id: "gemini-cli",
    name: "Gemini CLI",
    how: "Set these in the shell that starts it.",
    text: (at, key) => `export GOOGLE_GEMINI_BASE_URL=http://${at}\nexport GEMINI_API_KEY=${key}`,
  },
  { id: "opencode", name: "OpenCode", how: "Add this to opencode.json, with the models you want.", text: openCode },
  {
    id: "openai",
    name: "OpenAI SDKs, scripts",
    how: "Set these in the environment of the program.",
    text: (at, key) => `export OPENAI_BASE_URL=http://${at}/v1\nexport OPENAI_API_KEY=${key}`,
  },
  {
    id: "curl",
    name: "Something else",
    how: "Any tool that takes a base URL and a key will do. To try it:",
    text: (at, key) =>
      `curl http://${at}/v1/chat/completions \\\n  -H "Authorization: Bearer ${key}" \\\n  -H "Content-Type: application/json" \\\n  -d '{"model": "MODEL-NAME", "messages": [{"role": "user", "content": "Hello"}]}'`,
  },
];
